"""From a metric's result to named values at positions, ready to be stored or drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lrd_core.errors import InputError
from lrd_core.metrics.arrays import Floats
from lrd_core.metrics.registry import Metric
from lrd_core.metrics.series import Series

Row = tuple[str, float | None, float]

_MATRICES = ("layer_pair", "layer_curve")


def positions(at: str, num_blocks: int) -> list[float]:
    """Where a profile's values sit on the layer axis: 0..L, l + 1/2, or 1..L-1."""
    if at == "layer":
        return [float(layer) for layer in range(num_blocks + 1)]
    if at == "transition":
        return [layer + 0.5 for layer in range(num_blocks)]
    return [float(layer) for layer in range(1, num_blocks)]


def to_rows(metric: Metric, result: Any, num_blocks: int) -> list[Row]:
    """(series, position, value) of every profile and model-level number of a result.

    Args: result: what the metric returned; for a metric of one layer at a time, the sequence of
    its results by layer. Model-level numbers have position None; undefined values stay NaN.
    Raises: InputError if a profile's length does not fit `num_blocks`.
    """
    rows: list[Row] = []
    for series in metric.series:
        if series.at in _MATRICES:
            continue
        values = _values(metric, series, result)
        if series.at == "model":
            rows.append((series.name, None, float(values)))
            continue
        places = positions(series.at, num_blocks)
        if len(values) != len(places):
            raise InputError(
                f"{series.name} has {len(values)} values for {len(places)} places of a model "
                f"with {num_blocks} blocks; give the result of all layers"
            )
        rows += [(series.name, at, float(v)) for at, v in zip(places, values, strict=True)]
    return rows


def to_matrices(metric: Metric, result: Any) -> list[tuple[str, Floats]]:
    """(series, matrix) for layer pairs, (L+1, L+1), and layer curves, (L+1, points).

    A matrix that was not measured (None) is left out.
    """
    found = {
        series.name: getattr(result, series.attribute)
        for series in metric.series
        if series.at in _MATRICES
    }
    return [
        (name, np.asarray(cells, dtype=np.float64))
        for name, cells in found.items()
        if cells is not None
    ]


def _values(metric: Metric, series: Series, result: Any) -> Any:
    if metric.inputs == "embeddings":
        return getattr(result, series.attribute)
    by_layer: Sequence[Any] = result
    return [getattr(one, series.attribute, one) for one in by_layer]
