"""What the Metrics page says of each quantity: its computation, its variants, its values here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from lrd_core.config import Config
from lrd_core.metrics.registry import (
    GROUPS,
    Metric,
    all_metrics,
    all_series,
    chosen_first,
    find_series,
    owner_of,
)
from lrd_core.metrics.series import Series
from lrd_core.settings import USUAL_TOKEN_TEXTS
from lrd_core.store.connection import connect
from lrd_core.store.metric_values import METRIC_VALUES
from lrd_core.store.reading import read_newest
from lrd_core.tasks.augment import augment
from lrd_core.views import stored
from lrd_core.views.command_text import FIRST_MODEL, FIRST_TASK, run_command
from lrd_core.views.depth import DepthRequest, DepthView, Layout, depth
from lrd_core.views.pairs import PairView, pair_by_task
from lrd_core.views.view import Selection

PLACES: Mapping[str, str] = {
    "layer": "at each layer",
    "transition": "at each step from a layer to the next",
    "interior": "at each layer but the ends",
    "model": "one number a model",
    "layer_pair": "for each pair of layers",
    "layer_curve": "a curve for each layer",
}


@dataclass(frozen=True)
class QuantityView:
    """One registered series: what it is, how it is computed, its values for a selection.

    profile: over depth, of a series that is one. numbers: one row a model and task otherwise,
    empty for a table a model, which other pages show. pair: of two models side by side.
    """

    series: Series
    owner: Metric
    sentence: str
    computed: str
    command: str
    profile: DepthView | None
    numbers: pd.DataFrame
    pair: PairView | None = None


def quantity(
    config: Config, name: str, selection: Selection, side_by_side: bool = False
) -> QuantityView:
    """The page of one series.

    side_by_side: whether the two selected models are laid beside each other.
    Raises: UnknownNameError for a series that is not registered.
    """
    series, owner = find_series(name), owner_of(name)
    layout: Layout = "multiples" if side_by_side else "overlay"
    asked = DepthRequest(selection, (name,), marks=False, band="interval", layout=layout)
    profile = depth(config, asked) if series.is_profile else None
    values = _numbers(config, name, selection)
    return QuantityView(
        series=series,
        owner=owner,
        sentence=f"{series.label}: {PLACES[series.at]}, from {owner.source}.",
        computed=how_computed(owner),
        command=commands(owner, selection.models, selection.tasks),
        profile=profile,
        numbers=values,
        pair=_pair(series, selection, values, profile) if side_by_side else None,
    )


def _pair(
    series: Series, selection: Selection, values: pd.DataFrame, profile: DepthView | None
) -> PairView | None:
    """Both models' number on each task: of a profile its mean over depth, where it has no gap."""
    first, second = selection.models
    if profile is None:
        known, label = _one_kind(values, "mode"), series.label
    else:
        lines = _one_kind(profile.table, "variant").groupby(["model", "task"], sort=False)
        known = lines["value"].mean(skipna=False).to_frame().join(lines["n"].min()).reset_index()
        label = f"{series.label}, mean over depth"
    return pair_by_task(known, (first, second), label, series.unit) if len(known) else None


def _one_kind(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """The rows of the first kind of values that both models have: exact ones before others."""
    models = rows.groupby(column)["model"].nunique()
    both = sorted(models[models > 1].index)
    return rows[rows[column] == both[0]] if both else rows.iloc[:0]


def _numbers(config: Config, name: str, selection: Selection) -> pd.DataFrame:
    """model, task, value, n and mode of a series that is one number a model."""
    picked = selection.pick_runs(stored.runs(config))
    values = model_values(config, list(picked["run_key"]), name)
    table = values.merge(picked[["run_key", "model", "task"]], on="run_key")
    return table[["model", "task", "value", "n", "mode"]]


def catalogue() -> pd.DataFrame:
    """One row a series: quantity, unit, where, range, source, `run --metrics`, version."""
    rows = [
        {
            "Quantity": series.label,
            "Unit": series.unit,
            "Known": PLACES[series.at],
            "Range": series.card.range,
            "From": GROUPS[metric.group].title,
            "Computed by": metric.name,
            "Version": metric.version,
        }
        for metric in all_metrics()
        for series in metric.series
    ]
    return pd.DataFrame(rows)


def series_names() -> dict[str, str]:
    """Label of every registered series by its name, those of the two papers first."""
    return {series.name: series.label for series in all_series()}


def first_series() -> str:
    """The one whose page opens before anybody chooses: a profile of all texts."""
    return next(one.name for one in chosen_first("depth") if owner_of(one.name).reads == "pooled")


def how_computed(metric: Metric) -> str:
    """Modes and parameters in one sentence, as `run --metrics` takes them."""
    modes = " or ".join(metric.modes)
    told = [f"{name}={value}" for name, value in metric.parameters.items()]
    defaults = f"; parameters with their defaults: {', '.join(told)}" if told else ""
    sampled = (
        f" It reads the tokens of {USUAL_TOKEN_TEXTS} texts of a run, a seeded sample, unless "
        "--token-texts asks for others (0: all)."
        if metric.reads == "tokens"
        else ""
    )
    return f"Computed by {metric.name}, mode {modes}{defaults}.{sampled}"


def example_views() -> list[str]:
    """A text and two of its augmented views, as metrics of views see them."""
    sample = "Interest rates held as shares recover"
    return [sample, *(augment(sample, seed=0, view=view) for view in range(2))]


def commands(metric: Metric, models: Sequence[str], tasks: Sequence[str]) -> str:
    """What computes the metric, in each of its modes."""
    requests = [":".join([metric.name, *[mode] * (mode != "exact")]) for mode in metric.modes]
    return "\n".join(
        run_command(models or (FIRST_MODEL,), tasks or (FIRST_TASK,), [request])
        for request in requests
    )


def model_values(config: Config, run_keys: Sequence[str], series: str) -> pd.DataFrame:
    """Values of a series that is one number a model: run_key, mode, value, n, newest version."""
    with connect(config, read_only=True) as connection:
        rows = read_newest(connection, METRIC_VALUES, run_key=list(run_keys), series=series)
    return rows[rows["position"].isna()].drop_duplicates(["run_key", "mode"])
