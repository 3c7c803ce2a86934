"""Model-level numbers: what a run's profile says about the model as a whole."""

from dataclasses import dataclass

import pandas as pd

from lrd_core.metrics.registry import all_metrics, all_series, chosen_first, in_order, ranked
from lrd_core.metrics.series import Series


@dataclass(frozen=True)
class Level:
    """One number a model: a stored model-level series, or a per-layer series reduced.

    reduce: stored (the series is one number), mean (over layers) or last (at the last layer).
    short: the name where there is little room.
    published: whether a paper compares models by it.
    """

    name: str
    series: str
    reduce: str
    label: str
    short: str = ""
    published: bool = False


def all_levels() -> tuple[Level, ...]:
    """The numbers that a paper compares models by, other model-level series, then means and last
    values over layers of metrics that have no model-level number of their own."""
    numbers = [series for series in all_series() if series.at == "model"]
    levels = [
        Level(one.name, one.name, "stored", one.label, one.short, published="models" in one.ranks)
        for one in in_order("models", numbers)
    ]
    for metric in all_metrics():
        if any(series.at == "model" for series in metric.series):
            continue
        for series in metric.series:
            if series.at == "layer":
                levels += [
                    _reduced(series, "mean", "mean over layers", "mean"),
                    _reduced(series, "last", "at the last layer", "last"),
                ]
    return tuple(levels)


def default_levels() -> tuple[str, ...]:
    """What models are compared by before anybody chooses: one number of each idea of a paper."""
    return tuple(one.name for one in chosen_first("models"))


def fallback_levels() -> tuple[str, ...]:
    """The same where no such number is stored: means over layers, fixed beforehand and not by
    strength."""
    return tuple(f"{one.name}_mean" for one in ranked("means"))


def level_label(name: str) -> str:
    """The label of a level; the name itself where this version does not know it."""
    return next((level.label for level in all_levels() if level.name == name), name)


def short_label(name: str) -> str:
    """The short name of a level; the name itself where this version does not know it."""
    return next((level.short for level in all_levels() if level.name == name), name)


def level_values(profiles: pd.DataFrame) -> pd.DataFrame:
    """One row a model, task and level: model, task, metric (the level's name), value.

    profiles: model, task, series, position (NaN for model-level series), value, num_blocks; one
    run a model and task. A profile with a gap has no mean and gives NaN, never a mean of the rest.
    """
    keys = ["series", "model", "task"]
    reduced = _reductions(profiles, keys)
    stored = set(reduced.index.get_level_values("series"))
    tables = [
        reduced.loc[level.series, level.reduce]
        .rename("value")
        .reset_index()
        .assign(metric=level.name)
        for level in all_levels()
        if level.series in stored
    ]
    if not tables:
        return pd.DataFrame(columns=["model", "task", "metric", "value"])
    return pd.concat(tables, ignore_index=True)[["model", "task", "metric", "value"]]


def _reduced(series: Series, reduce: str, words: str, short: str) -> Level:
    label = f"{series.label}, {words}" if reduce == "mean" else f"{series.label} {words}"
    return Level(f"{series.name}_{reduce}", series.name, reduce, label, f"{series.label}, {short}")


def _reductions(profiles: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """By series, model and task: stored (the first value), mean (without gaps) and last."""
    groups = profiles.groupby(keys, sort=True)
    whole = groups.size() == groups["num_blocks"].max() + 1
    at_last = profiles[profiles["position"] == profiles["num_blocks"]]
    return pd.DataFrame(
        {
            "stored": profiles.drop_duplicates(keys).set_index(keys)["value"],
            "mean": groups["value"].mean(skipna=False).where(whole),
            "last": at_last.drop_duplicates(keys).set_index(keys)["value"],
        },
        index=whole.index,
    )


def mean_over_shared_tasks(
    values: pd.DataFrame, scores: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]]]:
    """Stand-ins for scored tasks whose texts were never run, such as an imported leaderboard.

    Each model's number is its mean over the tasks that all models with a score on the missing
    task were run on; a model's mean never stands on other tasks than its neighbour's.
    values: model, task, metric, value. scores: model, task, score.
    Returns values with the stand-ins added, and for each such task the tasks averaged.
    """
    added, borrowed = [values], {}
    for task in sorted(set(scores["task"]) - set(values["task"])):
        models = set(scores[scores["task"] == task]["model"]) & set(values["model"])
        known = values[values["model"].isin(models)]
        counts = known.groupby(["metric", "task"])["model"].nunique()
        shared = counts[counts == len(models)].reset_index()[["metric", "task"]]
        if not models or shared.empty:
            continue
        means = known.merge(shared, on=["metric", "task"]).groupby(["model", "metric"])["value"]
        added.append(means.mean().reset_index().assign(task=task))
        borrowed[task] = tuple(sorted(shared["task"].unique()))
    return pd.concat(added, ignore_index=True)[["model", "task", "metric", "value"]], borrowed
