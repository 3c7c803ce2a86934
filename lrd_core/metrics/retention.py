"""NRS: how many of an item's nearest neighbours survive one block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from lrd_core.errors import MetricError
from lrd_core.metrics.arrays import Array, Floats, check_layers
from lrd_core.metrics.knn import Neighbours, check_k, layer_neighbours
from lrd_core.metrics.registry import Options, find_series, metric
from lrd_core.metrics.series import Card, Change, Names, Series
from lrd_core.metrics.sources import LRD

ANCHORS = 500
ANCHOR_SEED = 42


@dataclass(frozen=True)
class Nrs:
    """profile: (L,). per_text: (L, n_anchors). anchors: (n_anchors,) sorted item indices."""

    profile: Floats
    first_last: float
    trend: float
    mean: float
    per_text: Floats
    anchors: np.ndarray[Any, np.dtype[np.int64]]


def choose_anchors(n: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """min(500, n) sorted item indices, the same for every layer, model and rerun."""
    generator = np.random.RandomState(ANCHOR_SEED)  # the contract names this one
    return np.sort(generator.choice(n, min(ANCHORS, n), replace=False)).astype(np.int64)


def jaccard(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> Floats:
    """Row-wise Jaccard overlap of two (n, k) id lists without repeats within a row; (n,)."""
    k = a.shape[1]
    # Both lists have k different ids, so their union has 2k less what they share.
    common = (a[:, :, None] == b[:, None, :]).sum(axis=(1, 2))
    return np.asarray(common / (2 * k - common), dtype=np.float64)


def third(length: int) -> int:
    """How many entries make a third of a profile: at least one."""
    return max(1, length // 3)


_IGNORES: tuple[Change, ...] = ("scale", "lengths", "turn")
"""Not the order: beyond 500 items it says which are anchors."""

_RANGE = "0 (all neighbours replaced) to 1 (all kept)."
_PITFALL = (
    "Depends on k and on how many texts compete for a place: compare runs of equal n. "
    "Near-duplicate texts raise it."
)


@metric(
    "nrs",
    inputs="embeddings",
    cost=0.01,
    series=(
        Series(
            "nrs",
            "Neighbour retention",
            "fraction",
            "transition",
            Card(
                "Share of a text's 20 nearest neighbours that are still its neighbours after the "
                "next block (Jaccard overlap of the two lists), averaged over 500 anchor texts.",
                _RANGE,
                "A dip marks a block that regroups the texts; a plateau near 1 marks blocks that "
                "leave the neighbourhoods alone.",
                _PITFALL,
            ),
            attribute="profile",
            per_text="per_text",
            bounds=(0.0, 1.0),
            ignores=_IGNORES,
            names=Names(short="NRS"),
            spare="highest",
            ranks={"depth": 4, "shape": 3, "change": 2, "subsamples": 4},
        ),
        Series(
            "nrs_first_last",
            "Neighbour retention, first to last layer",
            "fraction",
            "model",
            Card(
                "The same overlap taken directly between the embedding layer and the last layer.",
                _RANGE,
                "High: the output still groups texts by their words. Low: the model has built "
                "neighbourhoods of its own.",
                _PITFALL + " It is not the product of the steps: neighbours can come back.",
            ),
            attribute="first_last",
            bounds=(0.0, 1.0),
            ignores=_IGNORES,
            names=Names(short="NRS first to last"),
            ranks={"models": 3},
        ),
        Series(
            "nrs_trend",
            "Neighbour retention, late minus early",
            "fraction",
            "model",
            Card(
                "Mean retention of the last third of the blocks minus that of the first third.",
                "-1 to 1.",
                "Positive: the neighbourhoods settle with depth. Negative: the late blocks "
                "regroup more than the early ones.",
                "With few blocks a third is one or two values.",
            ),
            attribute="trend",
            bounds=(-1.0, 1.0),
            ignores=_IGNORES,
            names=Names(short="NRS trend"),
            ranks={"models": 4, "peaks": 4},
        ),
        Series(
            "nrs_mean",
            "Neighbour retention, mean",
            "fraction",
            "model",
            Card(
                "Mean retention over all blocks.",
                _RANGE,
                "High: each block changes little. Across models it tends to go with better "
                "downstream results in the LRD paper.",
                _PITFALL + " A deeper model makes smaller steps, so its mean is higher.",
            ),
            attribute="mean",
            direction="higher",
            bounds=(0.0, 1.0),
            ignores=_IGNORES,
            names=Names(short="NRS mean"),
            ranks={"models": 2},
            chosen=("models",),
        ),
    ),
    version=2,
    source=LRD,
    group="lrd",
    options=Options({"k": 20}),
)
def nrs(
    embeddings: Sequence[Array], k: int = 20, neighbours: Sequence[Neighbours] | None = None
) -> Nrs:
    """Neighbour retention between consecutive layers.

    NRS_l is the mean over anchors of the Jaccard overlap of the k-neighbour lists at l and l + 1.
    The candidates are all n items; the anchors are min(500, n) seeded ones.

    Shape: embeddings L+1 arrays (n, d_l), first the embedding layer.
    Args: neighbours: lists from `nearest_neighbours`, one a layer, of at least k ids.
    Range: [0, 1]. Raises: MetricError for k >= n, fewer than 2 layers, NaN or Inf (names layer).
    Source: LRD, arXiv 2605.12714.
    """
    embeddings = check_layers(embeddings)
    layers, n = len(embeddings), int(embeddings[0].shape[0])
    check_k(k, n)
    if neighbours is not None and len(neighbours) != layers:
        raise MetricError(f"{len(neighbours)} neighbour lists for {layers} layers; give one each")
    anchors = choose_anchors(n)
    ids = [
        layer_neighbours(embeddings, layer, k, neighbours, anchors).ids for layer in range(layers)
    ]
    per_text = np.stack([jaccard(a, b) for a, b in pairwise(ids)])
    profile = per_text.mean(axis=1)  # the mean of ratios, not the ratio of sums
    size = third(len(profile))
    return Nrs(
        profile=profile,
        first_last=float(jaccard(ids[0], ids[-1]).mean()),
        trend=float(profile[-size:].mean() - profile[:size].mean()),
        mean=float(profile.mean()),
        per_text=per_text,
        anchors=anchors,
    )


RETENTION = find_series("nrs")
"""For views that follow one item's neighbours, and count what stays as this series does."""
