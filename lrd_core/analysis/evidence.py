"""Which label-free metric goes with which task's score, across models."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lrd_core.analysis.common import common_set
from lrd_core.analysis.correlation import (
    LEAST_MODELS,
    RESAMPLES,
    associate,
    resampled_rows,
    spearman,
    wider_interval,
)


@dataclass(frozen=True)
class Evidence:
    """One metric over several tasks: the median correlation and how sure it is.

    tasks and models are the common set that the median and its interval stand on; `dropped_*`
    are those that lack a value. positive and negative count the tasks by the sign of rho.
    """

    metric: str
    rho: float
    low: float
    high: float
    positive: int
    negative: int
    models: tuple[str, ...]
    tasks: tuple[str, ...]
    dropped_models: tuple[str, ...] = ()
    dropped_tasks: tuple[str, ...] = ()
    reason: str = ""

    @property
    def direction(self) -> int:
        """1 or -1 where the interval excludes zero, 0 where the sign is open."""
        return int(self.low > 0) - int(self.high < 0)


def association_table(
    values: pd.DataFrame,
    scores: pd.DataFrame,
    hidden_size: pd.Series | None = None,
    *,
    resamples: int = RESAMPLES,
) -> pd.DataFrame:
    """Spearman and partial Spearman of every metric with every task's score.

    values: model, task, metric, value. scores: model, task, score. hidden_size: by model; the
    partial correlation is given its logarithm.
    Returns one row a metric and task: rho, low, high, partial, partial_low, partial_high, n,
    reason (why rho is missing). A model enters a cell where it has both numbers.
    """
    joined = values.merge(scores, on=["model", "task"])
    rows = []
    for (metric, task), cell in joined.groupby(["metric", "task"], sort=True):
        x, y = cell["value"].to_numpy(float), cell["score"].to_numpy(float)
        plain = associate(x, y, resamples=resamples)
        row = {
            "metric": metric,
            "task": task,
            "rho": plain.rho,
            "low": plain.low,
            "high": plain.high,
            "n": plain.n,
            "reason": plain.reason,
        }
        if hidden_size is not None:
            width = np.log(cell["model"].map(hidden_size).to_numpy(float))
            given = associate(x, y, width, resamples=resamples)
            row |= {
                "partial": given.rho,
                "partial_low": given.low,
                "partial_high": given.high,
                "partial_n": given.n,
                "partial_reason": given.reason,
            }
        rows.append(row)
    return pd.DataFrame(rows)


def metric_evidence(
    values: pd.DataFrame, scores: pd.DataFrame, *, resamples: int = RESAMPLES, seed: int = 0
) -> list[Evidence]:
    """The median correlation over tasks for every metric, over its common models and tasks.

    values: model, task, metric, value. scores: model, task, score.
    Models are resampled once for all tasks together: the same models sit behind every task, so
    thirty tasks are no thirty independent findings.
    """
    joined = values.merge(scores, on=["model", "task"])
    return [
        _median_evidence(str(metric), rows, resamples, seed)
        for metric, rows in joined.groupby("metric", sort=True)
    ]


def _median_evidence(metric: str, rows: pd.DataFrame, resamples: int, seed: int) -> Evidence:
    complete = rows.dropna(subset=["value", "score"])
    if complete.empty:
        return _nothing(metric, "no model has both a value and a score")
    common = common_set(complete.pivot(index="model", columns="task", values="value"))
    models, tasks = tuple(common.table.index), tuple(common.table.columns)
    if len(models) < LEAST_MODELS:
        reason = f"{len(models)} models share a task; {LEAST_MODELS} are needed"
        return _nothing(metric, reason, models, tasks)
    x = common.table.to_numpy().T
    y = complete.pivot(index="model", columns="task", values="score").loc[[*models], [*tasks]]
    y = y.to_numpy().T
    by_task = spearman(x, y)
    if np.isnan(by_task).all():
        return _nothing(metric, "the metric is the same for all models", models, tasks)
    rho = float(np.nanmedian(by_task))
    draws = resampled_rows(len(models), resamples, seed)
    drawn = spearman(x[:, draws], y[:, draws])
    drawn = drawn[:, ~np.isnan(drawn).all(axis=0)]
    low, high = wider_interval(rho, np.nanmedian(drawn, axis=0), len(models))
    positive, negative = int((by_task > 0).sum()), int((by_task < 0).sum())
    return Evidence(
        metric,
        rho,
        low,
        high,
        positive,
        negative,
        models,
        tasks,
        dropped_models=common.dropped_rows,
        dropped_tasks=common.dropped_columns,
    )


def _nothing(
    metric: str, reason: str, models: tuple[str, ...] = (), tasks: tuple[str, ...] = ()
) -> Evidence:
    nan = float("nan")
    return Evidence(metric, nan, nan, nan, 0, 0, models, tasks, reason=reason)
