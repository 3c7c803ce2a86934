"""From embeddings to rows of the store: calls a metric and writes down what it gave, or why not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrd_core.errors import MetricError
from lrd_core.metrics.rows import positions, to_matrices, to_rows
from lrd_core.metrics.series import Series
from lrd_core.runs.request import MetricRequest
from lrd_core.store.matrices import Matrix
from lrd_core.store.metric_values import Value
from lrd_core.store.per_text import PerText

NORMAL_95 = 1.959963984540054


@dataclass
class Measured:
    """What one metric gave for one run, ready to be stored."""

    values: list[Value] = field(default_factory=list)
    per_item: list[PerText] = field(default_factory=list)
    matrices: list[Matrix] = field(default_factory=list)


def measure_tokens(
    request: MetricRequest, per_item: Mapping[str, np.ndarray], ids: np.ndarray
) -> Measured:
    """A metric of tokens or of attention: means with a 95% interval over items, and their values.

    per_item: by series, (places, n_items), a place for each layer or block; NaN marks an item that
    the metric leaves out, such as one that is too short, and n counts the rest. ids: (n_items,)
    what they are called.
    """
    measured = Measured()
    for series in request.metric.series:
        rows = per_item[series.name]
        num_blocks = len(rows) - (series.at == "layer")
        for place, row in zip(positions(series.at, num_blocks), rows, strict=True):
            measured.values.append(_over_items(series, place, row))
            if series.keeps_items:
                measured.per_item.append(PerText(series.name, place, ids, row))
    return measured


def measure_layers(request: MetricRequest, layers: Iterable[tuple[np.ndarray, ...]]) -> Measured:
    """A metric of one layer at a time; where it is undefined, a gap with the reason is stored.

    layers: the positional arguments for each layer, such as (embeddings,) or two views.
    """
    measured = Measured()
    for layer, arguments in enumerate(layers):
        n = len(arguments[0])
        try:
            result = request.call(*arguments)
        except MetricError as error:
            for series in request.metric.series:
                gap = Value(series.name, float(layer), None, n, reason=str(error))
                measured.values.append(gap)
            continue
        for series in request.metric.series:
            value = getattr(result, series.attribute, result)
            measured.values.append(_known(series.name, float(layer), float(value), n))
    return measured


def measure_embeddings(
    request: MetricRequest,
    embeddings: Sequence[np.ndarray],
    neighbours: Sequence[Any],
    ids: np.ndarray,
) -> Measured:
    """A metric of all layers at once: its profiles, model-level numbers, matrices, per-item values.

    Raises: MetricError when the metric is undefined for these embeddings as a whole.
    """
    arguments = {"neighbours": neighbours} if request.metric.shares_neighbours else {}
    result = request.call(embeddings, **arguments)
    n = len(embeddings[0])
    num_blocks = len(embeddings) - 1
    measured = Measured(
        values=[
            _known(name, position, value, n)
            for name, position, value in to_rows(request.metric, result, num_blocks)
        ],
        matrices=[Matrix(name, cells) for name, cells in to_matrices(request.metric, result)],
    )
    for series in request.metric.series:
        if series.per_text:
            _add_per_item(measured, series, result, positions(series.at, num_blocks), ids)
    return measured


def gaps(request: MetricRequest, n: int, reason: str) -> Measured:
    """One gap a series, for a metric that is undefined for the whole run."""
    return Measured([Value(s.name, None, None, n, reason=reason) for s in request.metric.series])


def _known(series: str, position: float | None, value: float, n: int) -> Value:
    """The number, or a gap where the metric itself says that there is none (NaN)."""
    if np.isnan(value):
        reason = "undefined here: the embeddings of a layer involved do not vary"
        return Value(series, position, None, n, reason=reason)
    return Value(series, position, value, n)


def _add_per_item(
    measured: Measured, series: Series, result: Any, places: list[float], ids: np.ndarray
) -> None:
    """The values of single items, and the profile again as their mean with an interval."""
    anchors = ids[np.asarray(result.anchors)]
    measured.values = [value for value in measured.values if value.series != series.name]
    for position, row in zip(places, getattr(result, series.per_text), strict=True):
        measured.per_item.append(PerText(series.name, position, anchors, row))
        measured.values.append(_over_items(series, position, row))


def _over_items(series: Series, position: float, row: np.ndarray) -> Value:
    """One value for a place: the texts' mean with its interval, or their most common value."""
    name, known = series.name, row[~np.isnan(row)]
    if len(known) == 0:
        return Value(name, position, None, 0, reason=series.absent)
    if series.over_items == "most common":
        values, counts = np.unique(known, return_counts=True)
        return Value(name, position, float(values[counts.argmax()]), len(known))
    mean = float(known.mean())
    if len(known) < 2:
        return Value(name, position, mean, len(known))
    half = NORMAL_95 * float(known.std(ddof=1)) / np.sqrt(len(known))
    return Value(name, position, mean, len(known), mean - half, mean + half)
