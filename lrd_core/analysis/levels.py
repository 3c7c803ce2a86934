"""Model-level numbers: what a run's profile says about the model as a whole."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lrd_core.metrics.registry import all_metrics


@dataclass(frozen=True)
class Level:
    """One number a model: a stored model-level series, or a per-layer series reduced.

    reduce: stored (the series is one number), mean (over layers) or last (at the last layer).
    published: whether the LRD paper compares models by it.
    """

    name: str
    series: str
    reduce: str
    label: str
    published: bool = False


LRD_LEVELS = (
    "d_0L",
    "nrs_mean",
    "nrs_first_last",
    "nrs_trend",
    "gfmi_mean",
    "gfmi_late",
    "gfmi_slope",
)
"""metrics.md names these seven for choosing among models; the order is that of the page."""


def all_levels() -> tuple[Level, ...]:
    """The seven numbers of the LRD paper, other model-level series, then means over layers."""
    series = [entry for metric in all_metrics() for entry in metric.series]
    stored = {entry.name: entry for entry in series if entry.at == "model"}
    levels = [
        Level(name, name, "stored", stored[name].label, published=True) for name in LRD_LEVELS
    ]
    levels += [
        Level(name, name, "stored", entry.label)
        for name, entry in stored.items()
        if name not in LRD_LEVELS
    ]
    for metric in all_metrics():
        for entry in metric.series:
            if entry.at == "layer" and metric.group != "lrd":
                levels.append(
                    Level(
                        f"{entry.name}_mean", entry.name, "mean", f"{entry.label}, mean of layers"
                    )
                )
                levels.append(
                    Level(f"{entry.name}_last", entry.name, "last", f"{entry.label}, last layer")
                )
    return tuple(levels)


def level_label(name: str) -> str:
    """The label of a level; the name itself where this version does not know it."""
    return next((level.label for level in all_levels() if level.name == name), name)


def level_values(profiles: pd.DataFrame) -> pd.DataFrame:
    """One row a model, task and level: model, task, metric (the level's name), value.

    profiles: model, task, series, position (NaN for model-level series), value, num_blocks; one
    run a model and task. A profile with a gap has no mean and gives NaN, never a mean of the rest.
    """
    tables = []
    for level in all_levels():
        rows = profiles[profiles["series"] == level.series]
        if rows.empty:
            continue
        values = rows.groupby(["model", "task"]).apply(_reducer(level), include_groups=False)
        tables.append(values.rename("value").reset_index().assign(metric=level.name))
    if not tables:
        return pd.DataFrame(columns=["model", "task", "metric", "value"])
    return pd.concat(tables, ignore_index=True)[["model", "task", "metric", "value"]]


def _reducer(level: Level) -> Callable[[pd.DataFrame], float]:
    def reduce(rows: pd.DataFrame) -> float:
        if level.reduce == "stored":
            return float(rows["value"].iloc[0])
        if level.reduce == "last":
            last = rows[rows["position"] == rows["num_blocks"]]["value"]
            return float(last.iloc[0]) if len(last) else np.nan
        whole = len(rows) == rows["num_blocks"].max() + 1
        return float(rows["value"].mean(skipna=False)) if whole else np.nan

    return reduce
