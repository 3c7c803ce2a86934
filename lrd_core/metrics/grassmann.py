"""Frenet: the path of the principal subspace through the layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from lrd_core.errors import MetricError
from lrd_core.metrics.arrays import Array, Floats, check_layers, check_whole
from lrd_core.metrics.registry import Options, metric
from lrd_core.metrics.series import Card, Change, Mark, Names, Series
from lrd_core.metrics.sources import LRD
from lrd_core.metrics.subspaces import (
    choose_rank,
    menger_curvature,
    principal_spectrum,
    subspace_distances,
)

if TYPE_CHECKING:
    import torch


Pairs = Literal["auto", "path", "all"]
"""Which pairs of layers are measured."""

MOST_WORK = 2e11
"""Pairs times rank cubed up to which all pairs are measured unasked: a minute of one core."""


@dataclass(frozen=True)
class Frenet:
    """Distances are radians on the Grassmannian; NaN where a layer has rank 0.

    rank: subspace dimension. speed: (L,). curvature: (L-1,). distances: (L+1, L+1), or None where
    only the pairs were measured that the rest needs. clipped: layers whose numerical rank is below
    `rank`; they use all they have.
    """

    rank: int
    speed: Floats
    curvature: Floats
    distances: Floats | None
    d_0L: float
    arc_length: float
    straightness: float
    clipped: tuple[int, ...]


@dataclass(frozen=True)
class PathRoles:
    """Which series of a metric say what of a path through the layers, for views that draw it.

    threshold: the parameter with the share of variance that a subspace keeps. distances: between
    every pair of layers, every_pair: what asks for all of them. speed, bend: profiles. rank, span,
    length, straightness: numbers.
    """

    metric: str
    called: str
    threshold: str
    distances: str
    every_pair: str
    speed: str
    bend: str
    rank: str
    span: str
    length: str
    straightness: str


PATH = PathRoles(
    metric="frenet",
    called="Frenet",
    threshold="variance",
    distances="distances",
    every_pair="pairs=all",
    speed="speed",
    bend="curvature",
    rank="rank",
    span="d_0L",
    length="arc_length",
    straightness="straightness",
)


_IGNORES: tuple[Change, ...] = ("scale", "lengths", "turn", "order")
_PITFALL = (
    "Depends on the subspace dimension, which the last layer sets for each model. Few texts make "
    "the subspaces noisy and every step longer."
)


@metric(
    "frenet",
    inputs="embeddings",
    cost=0.55,
    series=(
        Series(
            "speed",
            "Grassmann speed",
            "radians",
            "transition",
            Card(
                "How far the main directions of the embeddings turn in one block: the geodesic "
                "distance between the leading principal subspaces before and after it.",
                "0 (same subspace) to pi/2 times the square root of the rank.",
                "Peaks are the blocks that change which directions matter; a lull is a block "
                "whose removal may cost little.",
                _PITFALL,
            ),
            bounds=(0.0, math.inf),
            ignores=_IGNORES,
            names=Names(short="Speed", sentence="speed", peak="Where the subspace moves fastest"),
            mark=Mark("peak", "highest speed"),
            spare="lowest",
            ranks={"depth": 2, "change": 1, "enough": 3, "subsamples": 3, "peaks": 1},
            chosen=("depth", "enough"),
        ),
        Series(
            "curvature",
            "Path curvature",
            "1/radians",
            "interior",
            Card(
                "How sharply the path of subspaces bends at a layer: one over the radius of the "
                "circle through the layer and its two neighbours (Menger curvature).",
                "0 or more; 0 on a straight path.",
                "A peak is a change of direction between two blocks.",
                "Grows when the steps are short, so read it together with the speed.",
            ),
            bounds=(0.0, math.inf),
            ignores=_IGNORES,
            names=Names(short="Curvature", peak="Where its path bends most"),
            spare="lowest",
            ranks={"depth": 6, "change": 3, "peaks": 2},
        ),
        Series(
            "distances",
            "Layer-to-layer distance",
            "radians",
            "layer_pair",
            Card(
                "Geodesic distance between the principal subspaces of every pair of layers.",
                "0 on the diagonal to pi/2 times the square root of the rank.",
                "Dark blocks along the diagonal are groups of layers that use the same directions.",
                _PITFALL,
            ),
            bounds=(0.0, math.inf),
            ignores=_IGNORES,
        ),
        Series(
            "d_0L",
            "Distance from first to last layer",
            "radians",
            "model",
            Card(
                "Geodesic distance between the subspaces of the embedding layer and of the last "
                "layer.",
                "0 to pi/2 times the square root of the rank.",
                "How far the model takes its input in total; the strongest label-free predictor "
                "of downstream scores in the LRD paper.",
                _PITFALL + " Wider models allow larger ranks, so control for the hidden size.",
            ),
            direction="higher",
            bounds=(0.0, math.inf),
            ignores=_IGNORES,
            names=Names(short="d(0, L)"),
            ranks={"models": 1},
            chosen=("models",),
        ),
        Series(
            "arc_length",
            "Path length",
            "radians",
            "model",
            Card(
                "Sum of all speeds: the length of the way from the first to the last layer.",
                "At least the distance from first to last layer.",
                "Long: many or large changes of direction.",
                "Adds up noise too; more layers make it longer.",
            ),
            bounds=(0.0, math.inf),
            ignores=_IGNORES,
        ),
        Series(
            "straightness",
            "Straightness",
            "fraction",
            "model",
            Card(
                "Distance from first to last layer divided by the path length.",
                "0 (comes back) to 1 (a geodesic).",
                "High: the blocks pull in one direction. Low: later blocks undo earlier ones.",
                "More layers make it lower, and so does noise from few texts.",
            ),
            bounds=(0.0, 1.0),
            ignores=_IGNORES,
        ),
        Series(
            "rank",
            "Subspace dimension",
            "dimensions",
            "model",
            Card(
                "Number of principal directions that hold 95 percent of the last layer's "
                "variance; the same number is used at every layer.",
                "2 to the smaller of hidden size and texts minus one.",
                "High: the last layer spreads over many directions.",
                "Capped by the number of texts.",
            ),
            counts="directions",
            bounds=(2.0, math.inf),
            ignores=_IGNORES,
        ),
    ),
    version=1,
    source=LRD,
    group="lrd",
    options=Options({"variance": 0.95}, extent={"pairs": get_args(Pairs)}),
)
def frenet(
    embeddings: Sequence[Array],
    variance: float = 0.95,
    rank: int | None = None,
    pairs: Pairs = "auto",
) -> Frenet:
    """Speed, curvature and distances of the principal subspace along the layers.

    Rows are L2-normalised and centred. The rank is the smallest whose explained variance at the
    last layer reaches `variance`, at least 2, or `rank` if given; the same for all layers, clipped
    to a layer's numerical rank. A layer without any variance (equal rows) has no subspace: its
    distances are NaN.

    pairs: "path" measures the layers that follow one another, those two apart and the first with
    the last, which is all that the path's numbers need; "all" every pair, which a drawing of the
    path needs; "auto" all unless they take long (over MOST_WORK).

    Shape: embeddings L+1 arrays (n, d), first the embedding layer; one d for all layers.
    Unit: radians. Range of a distance: [0, pi/2 sqrt(rank)].
    Raises: MetricError for fewer than 2 layers, unequal shapes, NaN or Inf (names the layer), or
    a last layer without variance. Source: LRD, arXiv 2605.12714; angles after Bjorck & Golub 1973.
    """
    if pairs not in get_args(Pairs):
        raise MetricError(f"pairs is {pairs!r}; choose one of {', '.join(get_args(Pairs))}")
    embeddings = check_layers(embeddings)
    layers = len(embeddings)
    _check_widths(embeddings)
    if not 0 < variance <= 1:
        raise MetricError(f"variance = {variance} must lie in (0, 1]; the default is 0.95")
    if rank is not None:
        check_whole(rank, "rank")
        if rank < 1:
            raise MetricError(f"rank = {rank} must be at least 1, or None to choose it")
    # The last layer first: it alone decides the rank, and its spectrum is not computed twice.
    last = principal_spectrum(embeddings[-1], f"layer {layers - 1}")
    if len(last.variance) == 0:
        raise MetricError(
            f"layer {layers - 1} is the same for all texts, so it has no principal subspace; "
            "check the texts and the pooling"
        )
    r = choose_rank(last.variance, variance) if rank is None else rank
    bases = [
        principal_spectrum(z, f"layer {layer}").directions[:, :r].contiguous()
        for layer, z in enumerate(embeddings[:-1])
    ]
    bases.append(last.directions[:, :r].contiguous())
    clipped = tuple(layer for layer, basis in enumerate(bases) if basis.shape[1] < r)
    whole = pairs == "all" or (pairs == "auto" and _work(bases) <= MOST_WORK)
    found = subspace_distances(bases, None if whole else pairs_of_path(layers))
    return _path(r, found, clipped, whole)


def _work(bases: Sequence[torch.Tensor]) -> float:
    """What every pair takes: the cube of its smaller dimension, summed."""
    ranks = sorted((basis.shape[1] for basis in bases), reverse=True)
    return float(sum(place * rank**3 for place, rank in enumerate(ranks)))


def pairs_of_path(layers: int) -> set[tuple[int, int]]:
    """Layers that follow one another, those two apart, and the first with the last."""
    steps = {(layer, layer + 1) for layer in range(layers - 1)}
    bends = {(layer, layer + 2) for layer in range(layers - 2)}
    return steps | bends | {(0, layers - 1)}


def _check_widths(embeddings: Sequence[Array]) -> None:
    widths = [int(z.shape[1]) for z in embeddings]
    if len(set(widths)) > 1:
        raise MetricError(
            f"layers have different widths {sorted(set(widths))}; subspaces of different spaces "
            "have no angle between them"
        )


def _path(rank: int, distances: Floats, clipped: tuple[int, ...], whole: bool) -> Frenet:
    speed = distances.diagonal(1).copy()
    span = float(distances[0, -1])
    length = float(speed.sum())
    return Frenet(
        rank=rank,
        speed=speed,
        curvature=menger_curvature(speed[:-1], speed[1:], distances.diagonal(2)),
        distances=distances if whole else None,
        d_0L=span,
        arc_length=length,
        # A path without any step is neither straight nor winding.
        straightness=span / length if length > 0 else math.nan,
        clipped=clipped,
    )
