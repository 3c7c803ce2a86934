"""Which layer would a label-free metric pick, and what does that cost in score?"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lrd_core.analysis.common import common_set
from lrd_core.analysis.correlation import resampled_rows
from lrd_core.errors import InputError
from lrd_core.metrics.registry import find_series

LEAST_TASKS = 3
"""Fewer tasks than this give no interval for a mean over tasks."""

RESAMPLES = 2000


def picked_at(series: str) -> str | None:
    """lowest, highest, or None for a series that gives no reason to pick a layer."""
    return find_series(series).picked_at or None


@dataclass(frozen=True)
class Strategy:
    """A way to choose a layer for each task, over the tasks that all strategies share.

    layers and scores: one a task, in the order of LayerChoice.tasks. mean with its 95% interval
    over tasks. regret: mean distance to each task's best layer. gain: mean distance to the last
    layer, with its interval over tasks. needs_labels marks what only hindsight can do.
    """

    name: str
    layers: np.ndarray
    scores: np.ndarray
    mean: float
    low: float
    high: float
    regret: float
    gain: float
    gain_low: float
    gain_high: float
    needs_labels: bool = False


@dataclass(frozen=True)
class LayerChoice:
    """Every strategy for one model over the same tasks and layers.

    mean_by_layer: mean score over `tasks` at each of `layers`. dropped: tasks that some layer, or
    some metric that is compared, has no value for, with the reason.
    """

    tasks: tuple[str, ...]
    layers: tuple[int, ...]
    mean_by_layer: np.ndarray
    strategies: tuple[Strategy, ...]
    dropped: Mapping[str, str]

    def strategy(self, name: str) -> Strategy:
        return next(entry for entry in self.strategies if entry.name == name)

    @property
    def best_layer(self) -> int:
        """The one layer with the best mean; of equals the earliest."""
        return self.layers[int(np.argmax(self.mean_by_layer))]


def choose_layers(
    scores: pd.DataFrame, metrics: Mapping[str, pd.DataFrame], *, seed: int = 0
) -> LayerChoice:
    """Compare the layers that metrics pick with the best, the last and the average layer.

    scores: a row a task, a column a layer 0..L (see layer_table). metrics: by series name, tables
    of the same kind. A task enters when its scores and every metric know every layer.
    Raises: InputError where no task has a score at every layer and a value of every metric, or
    for a series that gives no reason to pick a layer.
    """
    common = common_set(scores, keep_columns=True)
    dropped = dict.fromkeys(common.dropped_rows, "no score at some layer")
    table = common.table
    for series, values in metrics.items():
        known = values.reindex(index=table.index, columns=table.columns).dropna().index
        dropped |= dict.fromkeys(table.index.difference(known), f"no {series} at some layer")
        table = table.loc[table.index.isin(known)]
    if table.empty:
        raise InputError(
            f"no task has scores and {', '.join(metrics) or 'values'} at every layer; "
            "leave out a metric or compute what is missing"
        )
    cells = table.to_numpy(float)
    mean_by_layer = cells.mean(axis=0)
    picks = {
        series: _picks(series, values.loc[table.index, table.columns])
        for series, values in metrics.items()
    }
    rows, width = len(table), cells.shape[1]
    picks |= {"last": np.full(rows, width - 1), "middle": np.full(rows, (width - 1) // 2)}
    hindsight = {
        "best_fixed": np.full(rows, int(np.argmax(mean_by_layer))),
        "best": np.argmax(cells, axis=1),
    }
    layers = np.asarray(table.columns, dtype=int)
    draws = resampled_rows(rows, RESAMPLES, seed)
    strategies = [
        _strategy(name, columns, cells, layers, draws, name in hindsight)
        for name, columns in (picks | hindsight).items()
    ]
    strategies.append(_average_layer(cells, draws))
    return LayerChoice(
        tasks=tuple(table.index),
        layers=tuple(int(layer) for layer in layers),
        mean_by_layer=mean_by_layer,
        strategies=tuple(strategies),
        dropped=dropped,
    )


def mean_curve(scores: pd.DataFrame, tasks: tuple[str, ...] | None = None) -> pd.Series:
    """Mean score by layer over `tasks`, or over the tasks that all layers have.

    Raises: InputError when a layer lacks one of `tasks`.
    """
    if tasks is None:
        return common_set(scores, keep_columns=True).table.mean(axis=0)
    wanted = scores.reindex(list(tasks))
    if wanted.isna().to_numpy().any():
        lacking = wanted.index[wanted.isna().any(axis=1)][0]
        raise InputError(f"task {lacking!r} has no score at some layer; leave it out")
    return wanted.mean(axis=0)


def _picks(series: str, values: pd.DataFrame) -> np.ndarray:
    at = picked_at(series)
    if at is None:
        raise InputError(f"{series!r} has no direction, so it picks no layer; leave it out")
    cells = values.to_numpy(float)
    return np.asarray(np.argmin(cells, axis=1) if at == "lowest" else np.argmax(cells, axis=1))


def _strategy(
    name: str,
    columns: np.ndarray,
    cells: np.ndarray,
    layers: np.ndarray,
    draws: np.ndarray,
    needs_labels: bool,
) -> Strategy:
    scores = cells[np.arange(len(cells)), columns]
    return _summary(name, layers[columns], scores, cells, draws, needs_labels)


def _average_layer(cells: np.ndarray, draws: np.ndarray) -> Strategy:
    """What a layer drawn at random gives on average; it has no layer of its own."""
    no_layer = np.full(len(cells), -1)
    return _summary("average", no_layer, cells.mean(axis=1), cells, draws, False)


def _summary(
    name: str,
    layers: np.ndarray,
    scores: np.ndarray,
    cells: np.ndarray,
    draws: np.ndarray,
    needs_labels: bool,
) -> Strategy:
    gains = scores - cells[:, -1]
    low, high = _interval(scores, draws)
    gain_low, gain_high = _interval(gains, draws)
    return Strategy(
        name=name,
        layers=layers,
        scores=scores,
        mean=float(scores.mean()),
        low=low,
        high=high,
        regret=float((cells.max(axis=1) - scores).mean()),
        gain=float(gains.mean()),
        gain_low=gain_low,
        gain_high=gain_high,
        needs_labels=needs_labels,
    )


def _interval(values: np.ndarray, draws: np.ndarray) -> tuple[float, float]:
    if len(values) < LEAST_TASKS:
        return float("nan"), float("nan")
    means = values[draws].mean(axis=1)
    return float(np.percentile(means, 2.5)), float(np.percentile(means, 97.5))
