"""Is n enough for metrics of the whole data set: stored curves over subsamples, in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lrd_core.config import Config
from lrd_core.metrics.registry import all_metrics, chosen_first, in_order
from lrd_core.metrics.subsample import MOVING_SHARE, drift
from lrd_core.numbers import percent, short, whole
from lrd_core.runs.request import parse_metrics
from lrd_core.store.connection import connect
from lrd_core.store.metric_id import MetricId
from lrd_core.store.subsamples import read_subsamples
from lrd_core.views import stored
from lrd_core.views.command_text import command
from lrd_core.views.item_words import noun_of_runs
from lrd_core.views.series_names import owners, series_text
from lrd_core.views.view import View
from lrd_core.views.words import where

KEY_DIGITS = 12
"""As many of a key tell two runs of a store apart."""


@dataclass(frozen=True)
class CurveView(View):
    """A metric of the whole data set on fewer texts: `table` is its curve at one place.

    series: its name. warns: whether the sentence is a warning.
    """

    series: str = ""
    label: str = ""
    unit: str = ""
    model: str = ""
    warns: bool = False

    @property
    def drawable(self) -> bool:
        """Whether any subsample has a value."""
        return bool(self.table["value"].notna().any())


@dataclass(frozen=True)
class EnoughView:
    """Curves of one run. missing: metrics that are not stored; payload: what would measure them.

    command: the same on the command line.
    """

    curves: tuple[CurveView, ...]
    missing: tuple[str, ...]
    payload: Mapping[str, Any]
    command: str


def enough(config: Config, run_key: str, series: Sequence[str], layer: int) -> EnoughView:
    """The stored curves of these series at a layer, and what it takes to have the others."""
    runs = stored.runs_of(config, [run_key])
    run = runs.iloc[0]
    asking = command_words(run, stored.runs(config))
    points = read_curves(config, run_key)
    present = set(points["series"])
    missing = owners([name for name in series if name not in present])
    return EnoughView(
        tuple(_curve(points, runs, name, layer, asking) for name in series if name in present),
        tuple(missing),
        {"run_key": run_key, "metrics": missing},
        command("enough", **asking, metric=missing),
    )


def _curve(
    points: pd.DataFrame, runs: pd.DataFrame, series: str, layer: int, asking: Mapping[str, Any]
) -> CurveView:
    run = runs.iloc[0]
    curve = curve_at(points, series, layer)
    sentence, warns = curve_sentence(curve, series, int(run["num_blocks"]), noun_of_runs(runs))
    label, unit = series_text(series)
    return CurveView(
        curve,
        sentence=sentence,
        runs=runs,
        command=command("enough", **asking, metric=owners([series])),
        series=series,
        label=label,
        unit=unit,
        model=str(run["model"]),
        warns=warns,
    )


def command_words(run: "pd.Series[Any]", runs: pd.DataFrame) -> dict[str, Any]:
    """The options that lead to this run of the store's: its key only where the others do not."""
    words = {name: run[name] for name in ("model", "task", "condition")}
    alike = (runs[list(words)] == pd.Series(words)).all(axis=1)
    return words | {"run": run["run_key"][:KEY_DIGITS] if alike.sum() > 1 else None}


def run_name(run: Any) -> str:
    """A run among others: model, task, condition, number of texts."""
    parts = (run.model, run.task, run.condition, f"n = {whole(run.n)}")
    return " · ".join(str(part) for part in parts if part)


def dataset_series() -> list[str]:
    """Series that need all texts at once and only their pooled embeddings, best known first."""
    found = [
        series
        for metric in all_metrics()
        if metric.reads == "pooled"
        for series in metric.series
        if series.is_profile or series.at == "model"
    ]
    return [series.name for series in in_order("enough", found)]


def first_series() -> list[str]:
    """Those of them that are drawn before anybody chooses."""
    return [series.name for series in chosen_first("enough")]


def read_curves(config: Config, run_key: str) -> pd.DataFrame:
    """Points of every curve of a run in exact mode with default parameters; see read_subsamples."""
    plain = [MetricId.of(m.name, m.version, "exact", dict(m.parameters)) for m in all_metrics()]
    with connect(config, read_only=True) as connection:
        return read_subsamples(connection, run_key, plain)


def read_points(config: Config, run_key: str, metrics: Iterable[str]) -> pd.DataFrame:
    """Points of the curves of these metrics, with the metric as asked for in a column."""
    with connect(config, read_only=True) as connection:
        parts = [
            read_subsamples(connection, run_key, [metric.of_all.id]).assign(metric=metric.label)
            for metric in parse_metrics(metrics)
        ]
    return pd.concat(parts, ignore_index=True)


def size_table(points: pd.DataFrame, *, wide: bool) -> pd.DataFrame:
    """Mean, lowest and highest value by size with the verdict; wide: one column of means a size.

    points: as `read_points` gives them.
    """
    curve = ["metric", "series", "position", "capped", "moving", "change"]
    table = (
        points.groupby([*curve, "size"], dropna=False)["value"]
        .agg(mean="mean", low="min", high="max", repeats="count")
        .reset_index()
    )
    drifts = table.groupby(curve, dropna=False).apply(_drift_of, include_groups=False)
    table = table.merge(drifts.rename("drift").reset_index(), on=curve)
    table["verdict"] = [
        verdict_words(r.capped, r.moving, r.change, r.drift) for r in table.itertuples()
    ]
    table = table.drop(columns="drift")
    if not wide:
        return table
    table["position"] = ["model" if pd.isna(at) else short(at) for at in table["position"]]
    key = ["metric", "series", "position"]
    kept = table.drop_duplicates(key)[[*key, "verdict"]]
    means = table.pivot(index=key, columns="size", values="mean")
    means.columns = [f"n={size}" for size in means.columns]
    return kept.merge(means.reset_index(), on=key)[[*key, *means.columns, "verdict"]]


def curve_at(points: pd.DataFrame, series: str, layer: int) -> pd.DataFrame:
    """The curve of a series at a layer, at the step into it or, for one number a model, as it is.

    Empty when nothing is stored.
    """
    found = points[points["series"] == series]
    places = found["position"].dropna()
    if places.empty:
        return found
    at = min(places.unique(), key=lambda place: (abs(place - layer), place))
    return found[found["position"] == at]


def _drift_of(sizes: pd.DataFrame) -> float:
    """Of one curve: see `drift`. sizes: size and mean."""
    known = sizes[sizes["mean"].notna()]
    return drift(dict(zip(known["size"], known["mean"], strict=True))) if len(known) else 0.0


def verdict_words(capped: object, moving: object, change: float | None, drifts: float = 0.0) -> str:
    """capped by n, still moves, drifts, enough, or cannot be told: the change is in the spread."""
    if pd.isna(capped):
        return "undefined for so few"
    share = "" if change is None or pd.isna(change) else f" ({percent(change, 1)})"
    said = ["capped by n"] * bool(capped) + [f"still moves{share}"] * bool(moving)
    if said:
        return ", ".join(said)
    if not share or change is None:
        return "one size only"
    if drifts > MOVING_SHARE:
        return f"still drifts ({percent(drifts, 1)} from half of n)"
    return f"enough{share}" if change <= MOVING_SHARE else f"cannot be told{share}"


def curve_sentence(
    curve: pd.DataFrame, series: str, num_blocks: int, noun: str = "text"
) -> tuple[str, bool]:
    """What the curve says, and whether it is a warning."""
    label = series_text(series)[0]
    known = curve[curve["value"].notna()]
    if known.empty:
        return f"{label} is undefined for so few {noun}s.", True
    first = known.iloc[0]
    sizes = sorted(known["size"].unique())
    place = "" if pd.isna(first.position) else f" {where(float(first.position), num_blocks)}"
    if len(sizes) < 2:
        return f"{label}{place} is known for one size only.", True
    step = f"from {whole(sizes[-2])} to {whole(sizes[-1])} {noun}s"
    share = "" if pd.isna(first.change) else f" by {percent(first.change, 1)}"
    if first.capped:
        return (
            f"{label}{place} is capped by n: it is near the largest value that {whole(sizes[-1])} "
            f"{noun}s allow, so it says more about n than about the model. Take more {noun}s."
        ), True
    if first.moving:
        return f"{label}{place} still moves{share} {step}. Take more {noun}s.", True
    drifts = drift(known.groupby("size")["value"].mean().to_dict())
    if drifts > MOVING_SHARE:
        half = whole(max(size for size in sizes if 2 * size <= sizes[-1]))
        return (
            f"{label}{place} still drifts one way: {percent(drifts, 1)} from {half} to "
            f"{whole(sizes[-1])} {noun}s. Take more {noun}s."
        ), True
    if pd.isna(first.change) or first.change > MOVING_SHARE:
        return (
            f"{label}{place} changes{share} {step}, within the spread of the subsamples: whether "
            "n is large enough cannot be told."
        ), True
    return f"{label}{place} changes{share} {step}. n is large enough.", False
