"""Every metric of one set of items, each handed on as soon as it is known.

What is computed and in which order stands here; where parts come from and where results go, in the
store or in memory, is the business of who asks.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, get_args

import numpy as np

from lrd_core.errors import MetricError
from lrd_core.metrics import Neighbours
from lrd_core.metrics.registry import Inputs, neighbours_needed
from lrd_core.metrics.token_layer import TokenLayer
from lrd_core.progress import Progress, silent
from lrd_core.runs.measure import Measured, gaps, measure_embeddings, measure_layers
from lrd_core.runs.request import MetricRequest
from lrd_core.store.metric_id import MetricId

Keep = Callable[[MetricRequest, Measured], None]


class Parts(Protocol):
    """What metrics are computed from; each part is asked for only if a metric needs it."""

    @property
    def pathless(self) -> str:
        """Why the positions of an item do not follow one another; empty where they do."""

    @property
    def ids(self) -> np.ndarray:
        """(n,) what the items are called, their places in the whole task."""

    def embeddings(self, token_metrics: Sequence[MetricRequest]) -> Sequence[np.ndarray]:
        """One (n, width) array a layer; token metrics are computed and kept on the way."""

    def neighbours(self, embeddings: Sequence[np.ndarray]) -> list[Neighbours]:
        """The lists of every layer, as long as metrics need them or as n allows."""

    def attention(self, metrics: Sequence[MetricRequest]) -> None:
        """Compute and keep metrics of attention weights, in a pass over some of the items."""

    def views(self, metrics: Sequence[MetricRequest]) -> dict[MetricId, list[np.ndarray]]:
        """For each metric, by layer, an (n, q, width) array of augmented views."""


def compute(
    wanted: Sequence[MetricRequest], parts: Parts, keep: Keep, progress: Progress = silent
) -> None:
    """What these metrics need and nothing else: passes, neighbour lists, the metrics.

    Raises: LrdError of the part that failed; what was handed to `keep` before stays right.
    """
    paths = [metric for metric in wanted if metric.metric.follows_path]
    if paths and parts.pathless:
        for metric in paths:
            keep(metric, gaps(metric, len(parts.ids), parts.pathless))
        wanted = [metric for metric in wanted if metric not in paths]
    by_inputs = {
        kind: [metric for metric in wanted if metric.metric.inputs == kind]
        for kind in get_args(Inputs)
    }
    if by_inputs["tokens"] or by_inputs["layer"] or by_inputs["embeddings"]:
        embeddings = parts.embeddings(by_inputs["tokens"])
        for done, metric in enumerate(by_inputs["layer"]):
            progress("metrics of each layer", done, len(by_inputs["layer"]))
            keep(metric, measure_layers(metric, ((layer,) for layer in embeddings)))
        _over_all_layers(by_inputs["embeddings"], embeddings, parts, keep, progress)
    if by_inputs["attention"]:
        parts.attention(by_inputs["attention"])
    if by_inputs["views"]:
        layers = parts.views(by_inputs["views"])
        for metric in by_inputs["views"]:
            keep(metric, measure_layers(metric, _arguments(metric, layers[metric.id])))


def token_function(request: MetricRequest) -> Callable[[TokenLayer], dict[str, Any]]:
    """The metric as extraction calls it: by series, one value an item."""

    def values(layer: TokenLayer) -> dict[str, Any]:
        result = request.call(layer)
        return {s.name: getattr(result, s.attribute, result) for s in request.metric.series}

    return values


def neighbours_wanted(n: int) -> int:
    """How long neighbour lists of n items can be; below 1 there are none."""
    return min(neighbours_needed(), n - 1)


def _over_all_layers(
    metrics: Sequence[MetricRequest],
    embeddings: Sequence[np.ndarray],
    parts: Parts,
    keep: Keep,
    progress: Progress,
) -> None:
    # Searched once for all metrics that use them: the search costs more than what is made of it.
    shared = any(metric.metric.shares_neighbours for metric in metrics)
    neighbours = parts.neighbours(embeddings) if shared else []
    for done, metric in enumerate(metrics):
        progress(f"{metric.metric.name} over all layers", done, len(metrics))
        try:
            measured = measure_embeddings(metric, list(embeddings), neighbours, parts.ids)
        except MetricError as error:
            # One metric may be undefined for these items, with too few of them say; the others
            # are not, so that it leaves a gap with its reason.
            measured = gaps(metric, len(parts.ids), str(error))
        keep(metric, measured)


def _arguments(metric: MetricRequest, layers: Sequence[np.ndarray]) -> Any:
    if metric.metric.compares_pairs:
        return ((views[:, 0], views[:, 1]) for views in layers)
    return ((views,) for views in layers)
