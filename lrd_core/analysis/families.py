"""Where along depth families of models move most, bend most and settle."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lrd_core.metrics.registry import ranked


@dataclass(frozen=True)
class FamilySummary:
    """What the models of one family show in one series.

    median and spread (lowest to highest) over models; each model is first averaged over its
    tasks, `tasks` being those that all models of the comparison share. low, high: of
    median_interval.
    """

    family: str
    series: str
    median: float
    lowest: float
    highest: float
    models: tuple[str, ...]
    tasks: tuple[str, ...]
    low: float
    high: float


def peak_depths(profiles: pd.DataFrame) -> pd.DataFrame:
    """One row a model, task and series: model, family, task, series, value.

    Of the series that the list "peaks" names. value is the depth l / L of the largest value (of
    equals the first) of a profile, and the stored number of a model-level series. A last layer
    that meets itself is left out. A profile with a gap gives no row: its peak may be in the gap.
    """
    rows = []
    keys = ["model", "family", "task", "series"]
    wanted = {series.name: series for series in ranked("peaks")}
    for key, run in profiles[profiles["series"].isin(wanted)].groupby(keys, sort=False):
        series = wanted[key[3]]
        if series.is_profile:
            value = _peak(run, self_term=series.self_term)
        else:
            value = float(run["value"].iloc[0])
        if not np.isnan(value):
            rows.append(dict(zip(keys, key, strict=True)) | {"value": value})
    return pd.DataFrame(rows, columns=[*keys, "value"])


def family_summaries(peaks: pd.DataFrame) -> list[FamilySummary]:
    """Median and spread of every series by family, over the tasks that all models share."""
    summaries = []
    for series, rows in peaks.groupby("series", sort=False):
        models = rows["model"].nunique()
        by_task = rows.groupby("task")["model"].nunique()
        tasks = tuple(by_task.index[by_task == models])
        shared = rows[rows["task"].isin(tasks)]
        by_model = shared.groupby(["family", "model"])["value"].mean()
        for family, values in by_model.groupby(level="family", sort=True):
            summaries.append(
                FamilySummary(
                    family=str(family),
                    series=str(series),
                    median=float(values.median()),
                    lowest=float(values.min()),
                    highest=float(values.max()),
                    models=tuple(values.index.get_level_values("model")),
                    tasks=tasks,
                    **dict(zip(("low", "high"), median_interval(values), strict=True)),
                )
            )
    return summaries


def median_interval(values: Iterable[float], level: float = 0.95) -> tuple[float, float]:
    """An interval that holds the median of the population with at least this probability.

    Between two of the ordered values, the same number from either end, by the binomial
    distribution: exact for any distribution that the models are drawn from. With fewer than six
    values no interval reaches 95%: both ends are NaN.
    """
    from scipy.stats import binom  # 60 MB and most of a second, which most pages do without

    ordered = np.sort(np.asarray(list(values), dtype=float))
    n = len(ordered)
    cut = int(binom.ppf((1 - level) / 2, n, 0.5)) if n else 0
    if cut < 1:
        return float("nan"), float("nan")
    return float(ordered[cut - 1]), float(ordered[n - cut])


def _peak(run: pd.DataFrame, *, self_term: bool) -> float:
    if self_term:
        run = run[run["position"] < run["num_blocks"]]
    if run.empty or run["value"].isna().any():
        return float("nan")
    ordered = run.sort_values("position")
    top = ordered["value"].to_numpy().argmax()
    return float(ordered["position"].iloc[top] / ordered["num_blocks"].iloc[top])
