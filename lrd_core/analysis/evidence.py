"""Which label-free metric goes with which task's score, across models."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lrd_core.analysis.common import common_set
from lrd_core.analysis.correlation import (
    LEAST_MODELS,
    RESAMPLES,
    associate,
    median_of_known,
    resampled_rows,
    resampled_spearman,
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
    if joined.empty:
        return pd.DataFrame()
    x, y = (
        joined.pivot(index=["metric", "task"], columns="model", values=name)
        for name in ("value", "score")
    )
    numbers = x.to_numpy(float), y.to_numpy(float)
    table = pd.DataFrame(associate(*numbers, resamples=resamples), index=x.index)
    if hidden_size is not None:
        width = np.log(x.columns.map(hidden_size).to_numpy(float))
        control = np.broadcast_to(width, x.shape)
        given = pd.DataFrame(associate(*numbers, control, resamples=resamples), index=x.index)
        given = given.add_prefix("partial_").rename(columns={"partial_rho": "partial"})
        table = table.join(given)
    return table.reset_index()


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
    medians = median_of_known(resampled_spearman(x, y, draws).T)
    low, high = wider_interval(rho, medians, len(models))
    positive, negative = int((by_task > 0).sum()), int((by_task < 0).sum())
    return Evidence(
        metric,
        rho,
        float(low),
        float(high),
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
