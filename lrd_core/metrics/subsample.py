"""Is n enough? A metric on seeded subsamples of the items, and what its curve says."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrd_core.errors import InputError, MetricError
from lrd_core.metrics.arrays import Array
from lrd_core.metrics.registry import Metric, find_series
from lrd_core.metrics.rows import Row, to_rows
from lrd_core.metrics.series import Counts

CAPPED_SHARE = 0.5
"""A count of directions above this share of n says more about n than about the model."""
MOVING_SHARE = 0.02
"""A change below this share of the value is not worth more items."""

_DIRECTIONS: dict[Counts, Callable[[float, int, int], float]] = {
    "": lambda value, n, d: 0.0,
    "directions": lambda value, n, d: value,
    "nats": lambda value, n, d: math.exp(value),
    "share": lambda value, n, d: math.exp(value * math.log(min(n, d))),
}
"""How many directions a value stands for."""


@dataclass(frozen=True)
class SubsamplePoint:
    """One value on one subsample; position None for model-level numbers, NaN where undefined."""

    size: int
    repeat: int
    series: str
    position: float | None
    value: float


@dataclass(frozen=True)
class Sufficiency:
    """What the curve of one series at one position says about the largest size.

    capped: the value is near the largest that so few items allow. moving: it still changed from
    the size before by more than the spread of the subsamples. change: that change, relative.
    """

    series: str
    position: float | None
    capped: bool
    moving: bool
    change: float


def subsample_curve(
    metric: Metric,
    layers: Sequence[Array],
    sizes: Sequence[int],
    repeats: int = 5,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[SubsamplePoint, ...]:
    """The metric on `repeats` seeded subsamples of every size; nested within a repeat.

    A size of n is all items, computed once. Where the metric is undefined for a subsample, its
    series have the value NaN there.

    Shape: layers L+1 arrays with items first: (n, d) embeddings, (n, q, d) views, or for a token
    metric its (n,) values per item, whose mean is taken over the items that have one.
    Raises: InputError for sizes outside 2..n or repeats < 1.
    """
    n = int(layers[0].shape[0])
    if not sizes or min(sizes) < 2 or max(sizes) > n or repeats < 1:
        raise InputError(
            f"sizes {list(sizes)} must lie in 2..{n} (the number of texts) "
            f"and repeats = {repeats} must be at least 1"
        )
    draws = list(_draws(n, sizes, repeats, seed))
    points: list[SubsamplePoint] = []
    for done, (size, repeat, index) in enumerate(draws):
        progress(done, len(draws))
        for series, position, value in _measure(metric, [z[index] for z in layers]):
            points.append(SubsamplePoint(size, repeat, series, position, value))
    return tuple(points)


def _draws(
    n: int, sizes: Sequence[int], repeats: int, seed: int
) -> Iterator[tuple[int, int, np.ndarray[Any, Any]]]:
    for repeat in range(repeats):
        # One permutation a repeat, of which every size takes the beginning: a curve grows as items
        # are added. Sorted, so that a metric sees the items in the run's order.
        order = np.random.default_rng([seed, repeat]).permutation(n)
        for size in sorted(set(sizes)):
            if size < n or repeat == 0:
                yield size, repeat, np.sort(order[:size])


def _measure(metric: Metric, layers: list[Array]) -> list[Row]:
    num_blocks = len(layers) - 1
    if metric.inputs == "embeddings":
        try:
            return to_rows(metric, metric(layers, **metric.parameters), num_blocks)
        except MetricError:
            return [(series.name, None, math.nan) for series in metric.series]
    by_layer: list[Any] = []
    for layer in layers:
        try:
            by_layer.append(_measure_layer(metric, layer))
        except MetricError:
            by_layer.append(math.nan)
    return to_rows(metric, by_layer, num_blocks)


def _measure_layer(metric: Metric, layer: Array) -> Any:
    if metric.inputs == "tokens":
        values = np.asarray(layer)
        known = values[~np.isnan(values)]
        return float(known.mean()) if len(known) else math.nan
    if metric.compares_pairs:
        return metric(layer[:, 0], layer[:, 1], **metric.parameters)
    return metric(layer, **metric.parameters)


def drift(means: Mapping[int, float]) -> float:
    """Relative change from half of the items to all of them, where each step goes the same way.

    means: by number of items. 0 where a step turns back, or no number is at most half of the most.
    Steps between sizes that lie close are small, and a curve that never turns is still on its way.
    """
    sizes = sorted(means)
    halves = [size for size in sizes if 2 * size <= sizes[-1]]
    if not halves:
        return 0.0
    way = [means[size] for size in sizes if size >= halves[-1]]
    steps = np.diff(way)
    if not ((steps > 0).all() or (steps < 0).all()):
        return 0.0
    return float(abs(way[-1] - way[0]) / abs(way[-1])) if way[-1] != 0 else math.inf


def judge(points: Sequence[SubsamplePoint], hidden_size: int) -> tuple[Sufficiency, ...]:
    """For every series and position: capped by n, or still moving, at the largest size.

    Args: hidden_size: width of the embeddings, for the entropies that it caps too.
    """
    groups: dict[tuple[str, float | None], dict[int, list[float]]] = {}
    for point in points:
        sizes = groups.setdefault((point.series, point.position), {})
        if not math.isnan(point.value):
            sizes.setdefault(point.size, []).append(point.value)
    return tuple(
        _judge_one(series, position, sizes, hidden_size)
        for (series, position), sizes in groups.items()
        if sizes
    )


def _judge_one(
    series: str, position: float | None, sizes: dict[int, list[float]], hidden_size: int
) -> Sufficiency:
    largest = max(sizes)
    last = float(np.mean(sizes[largest]))
    directions = _DIRECTIONS[find_series(series).counts]
    capped = directions(last, largest, hidden_size) > CAPPED_SHARE * largest
    smaller = [size for size in sizes if size < largest]
    if not smaller:
        return Sufficiency(series, position, capped, False, math.nan)
    before = sizes[max(smaller)]
    step = abs(last - float(np.mean(before)))
    change = step / abs(last) if last != 0 else (math.inf if step else 0.0)
    # The standard error of the mean before; one subsample alone says nothing of its spread.
    spread = float(np.std(before, ddof=1)) / math.sqrt(len(before)) if len(before) > 1 else 0.0
    return Sufficiency(
        series, position, capped, change > MOVING_SHARE and step > 2 * spread, change
    )
