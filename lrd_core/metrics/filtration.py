"""GFMI: what a layer's cluster hierarchy shares with the last layer's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrd_core.errors import MetricError
from lrd_core.metrics.arrays import Array, Floats, check_layers
from lrd_core.metrics.knn import Neighbours, check_k, layer_neighbours
from lrd_core.metrics.registry import Options, metric
from lrd_core.metrics.retention import third
from lrd_core.metrics.series import Card, Change, Names, Series
from lrd_core.metrics.sources import LRD

Labels = np.ndarray[Any, np.dtype[np.int32]]

PERCENTILES: Floats = np.linspace(5.0, 95.0, 20)


@dataclass(frozen=True)
class Gfmi:
    """One row or value per layer 0..L; the last is the self term.

    auc, auc_normalised, peak, peak_percentile: (L+1,). curves: (L+1, 20) nats over `percentiles`.
    """

    auc: Floats
    auc_normalised: Floats
    curves: Floats
    percentiles: Floats
    peak: Floats
    peak_percentile: Floats
    mean: float
    late: float
    slope: float


def filtration_labels(neighbours: Neighbours, percentiles: Floats = PERCENTILES) -> Labels:
    """Component label of every item at every threshold, (len(percentiles), n).

    Edges are sorted once. Each threshold adds only its new edges to the components found so far,
    so the work of all thresholds together is that of one graph.
    """
    n, k = neighbours.ids.shape
    # Every directed edge counts, one that both ends chose counts twice: percentiles are over n x k
    # distances as in the paper. Joining components makes the graph symmetric by itself.
    distance = 1.0 - neighbours.similarity.ravel()
    order = np.argsort(distance, kind="stable")
    source = np.repeat(np.arange(n, dtype=np.int32), k)[order]
    target = neighbours.ids.ravel()[order]
    ranked = distance[order]
    # Right of equal ones: an edge as long as the threshold is kept.
    stops = np.searchsorted(ranked, np.percentile(ranked, percentiles), side="right")
    labels = np.empty((len(percentiles), n), dtype=np.int32)
    current, count, start = np.arange(n, dtype=np.int32), n, 0
    for step, stop in enumerate(stops):
        current, count = _merge(current, count, source[start:stop], target[start:stop])
        labels[step] = current
        start = stop
    return labels


def _merge(current: Labels, count: int, source: Labels, target: Labels) -> tuple[Labels, int]:
    """Labels after joining the components at both ends of the new edges."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    a, b = current[source], current[target]
    joining = a != b
    if not joining.any():
        return current, count
    a, b = a[joining], b[joining]
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(count, count))
    count, merged = connected_components(graph, directed=False)
    return merged[current].astype(np.int32), int(count)


def mutual_information(a: Labels, b: Labels) -> float:
    """Mutual information of two labelings of the same items, in nats, at least 0."""
    n = len(a)
    # H(a) + H(b) - H(a, b), from counts alone: no table of all pairs of components, of which early
    # cuts have thousands. Rounding of three entropies may leave the difference just below 0.
    pairs = a.astype(np.int64) * (int(b.max()) + 1) + b
    joint = np.unique(pairs, return_counts=True)[1]
    return max(0.0, _entropy(np.bincount(a), n) + _entropy(np.bincount(b), n) - _entropy(joint, n))


def _entropy(counts: np.ndarray[Any, Any], n: int) -> float:
    p = counts[counts > 0] / n
    return float(-(p * np.log(p)).sum())


_AREA = "nats x percent points"
_IGNORES: tuple[Change, ...] = ("scale", "lengths", "turn", "order")
_PITFALL = (
    "Grows with the number of texts and changes with k: compare runs of equal n and k. "
    "The last layer is compared with itself."
)


def _card(definition: str, reading: str, value_range: str = "0 or more.") -> Card:
    return Card(definition, value_range, reading, _PITFALL)


@metric(
    "gfmi",
    inputs="embeddings",
    cost=0.11,
    series=(
        Series(
            "gfmi",
            "Graph filtration mutual information",
            _AREA,
            "layer",
            _card(
                "Join each text to its 30 nearest neighbours, keep the shortest 5 to 95 percent "
                "of the links, and see which texts hang together. The value is the information "
                "those groups share with the last layer's groups, summed over the 20 cut-offs.",
                "High: this layer already holds the last layer's cluster structure at all scales. "
                "Where it climbs, that structure is being built.",
            ),
            attribute="auc",
            bounds=(0.0, math.inf),
            ignores=_IGNORES,
            names=Names(
                sentence="filtration information",
                peak="Where the graphs share most with the output",
            ),
            spare="highest",
            self_term=True,
            ranks={"depth": 5, "shape": 4, "subsamples": 5, "peaks": 3},
        ),
        Series(
            "gfmi_normalised",
            "Graph filtration mutual information, share of the last layer's",
            "fraction",
            "layer",
            _card(
                "The same value divided by the last layer's value with itself. This variant is "
                "ours, not the paper's.",
                "How much of the last layer's own hierarchy is present; 1 at the last layer.",
                "0 or more; 1 at the last layer.",
            ),
            attribute="auc_normalised",
            bounds=(0.0, math.inf),
            ignores=_IGNORES,
            self_term=True,
        ),
        Series(
            "gfmi_curve",
            "Graph filtration mutual information by cut-off",
            "nats",
            "layer_curve",
            _card(
                "The shared information at each of the 20 cut-offs, before summing.",
                "Left: tight groups only. Right: nearly the whole graph. The place of the hump is "
                "the scale at which the layer agrees with the last one.",
            ),
            attribute="curves",
            bounds=(0.0, math.inf),
            ignores=_IGNORES,
        ),
        Series(
            "gfmi_peak",
            "Graph filtration mutual information, peak",
            "nats",
            "layer",
            _card(
                "The largest shared information over the 20 cut-offs.",
                "Agreement with the last layer at the best single scale.",
            ),
            attribute="peak",
            bounds=(0.0, math.inf),
            ignores=_IGNORES,
            self_term=True,
        ),
        Series(
            "gfmi_peak_percentile",
            "Cut-off of the peak",
            "percent",
            "layer",
            _card(
                "The cut-off, in percent of links kept, at which the peak is reached; the lowest "
                "one if several tie.",
                "Low: agreement is about tight groups. High: about large ones.",
                "5 to 95.",
            ),
            attribute="peak_percentile",
            bounds=(5.0, 95.0),
            ignores=_IGNORES,
            self_term=True,
        ),
        Series(
            "gfmi_mean",
            "Graph filtration mutual information, mean",
            _AREA,
            "model",
            _card(
                "Mean over all layers, the last one included.",
                "High: the final cluster structure is present through much of the depth.",
            ),
            attribute="mean",
            direction="higher",
            bounds=(0.0, math.inf),
            ignores=_IGNORES,
            names=Names(short="GFMI mean"),
            ranks={"models": 5},
            chosen=("models",),
        ),
        Series(
            "gfmi_late",
            "Graph filtration mutual information, late third",
            _AREA,
            "model",
            _card(
                "Mean over the last third of the layers, the last one included.",
                "High: the late layers agree about the groups.",
            ),
            attribute="late",
            direction="higher",
            bounds=(0.0, math.inf),
            ignores=_IGNORES,
            names=Names(short="GFMI late third"),
            ranks={"models": 6},
        ),
        Series(
            "gfmi_slope",
            "Graph filtration mutual information, slope",
            _AREA + " per full depth",
            "model",
            _card(
                "Slope of the straight line fitted to the values over depth from 0 to 1.",
                "Steep: the structure is built with depth. Flat: it was there early, or never.",
                "Any number.",
            ),
            attribute="slope",
            bounds=(-math.inf, math.inf),
            ignores=_IGNORES,
            names=Names(short="GFMI slope"),
            ranks={"models": 7},
        ),
    ),
    version=2,
    source=LRD,
    group="lrd",
    options=Options({"k": 30}),
)
def gfmi(
    embeddings: Sequence[Array], k: int = 30, neighbours: Sequence[Neighbours] | None = None
) -> Gfmi:
    """Mutual information of each layer's graph filtration with the last layer's.

    MI_l(p) compares the components of the symmetrised cosine kNN graph, cut at the layer's own
    p-th percentile of edge distances, between layer l and layer L; GFMI_l is its trapezoid
    integral over p from 5 to 95 percent.

    Shape: embeddings L+1 arrays (n, d_l), first the embedding layer.
    Args: neighbours: lists from `nearest_neighbours`, one a layer, of at least k ids.
    Unit: nats x percent points. Raises: MetricError for k >= n, fewer than 2 layers, NaN or Inf.
    Source: LRD, arXiv 2605.12714; `auc_normalised` is this project's own.
    """
    embeddings = check_layers(embeddings)
    layers = len(embeddings)
    check_k(k, int(embeddings[0].shape[0]))
    if neighbours is not None and len(neighbours) != layers:
        raise MetricError(f"{len(neighbours)} neighbour lists for {layers} layers; give one each")
    final = filtration_labels(layer_neighbours(embeddings, layers - 1, k, neighbours))
    curves = np.empty((layers, len(PERCENTILES)))
    for layer in range(layers):
        labels = (
            final
            if layer == layers - 1
            else filtration_labels(layer_neighbours(embeddings, layer, k, neighbours))
        )
        curves[layer] = [mutual_information(a, b) for a, b in zip(labels, final, strict=True)]
    return _summarise(curves)


def _summarise(curves: Floats) -> Gfmi:
    # Over percent and not shares of 1, so that the numbers are those of the paper.
    auc = np.asarray(np.trapezoid(curves, PERCENTILES, axis=1))
    best = curves.argmax(axis=1)  # of equals the lowest cut-off
    depth = np.linspace(0.0, 1.0, len(auc))
    return Gfmi(
        auc=auc,
        auc_normalised=auc / auc[-1] if auc[-1] > 0 else np.full_like(auc, np.nan),
        curves=curves,
        percentiles=PERCENTILES.copy(),
        peak=curves.max(axis=1),
        peak_percentile=PERCENTILES[best],
        mean=float(auc.mean()),
        late=float(auc[-third(len(auc)) :].mean()),
        slope=float(np.polyfit(depth, auc, 1)[0]),
    )
