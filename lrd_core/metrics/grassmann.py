"""Frenet: the path of the principal subspace through the layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lrd_core.errors import MetricError
from lrd_core.metrics.arrays import (
    Array,
    Floats,
    as_array,
    check_layers,
    check_whole,
    input_epsilon,
    matrix_shape,
    read_matrix,
    row_blocks,
    unit_rows,
)
from lrd_core.metrics.parallel import singular_values
from lrd_core.metrics.registry import Card, Series, metric
from lrd_core.metrics.sources import LRD

if TYPE_CHECKING:
    import torch

MIN_RANK = 2
SINE_BELOW = 0.1
"""Distances under this are recomputed in sine form; above it the cosine form is as accurate."""

ROUNDING = 1e-14
"""A distance under this times sqrt(rank) is the rounding of equal subspaces: 0."""


@dataclass(frozen=True)
class Frenet:
    """Distances are radians on the Grassmannian; NaN where a layer has rank 0.

    rank: subspace dimension. speed: (L,). curvature: (L-1,). distances: (L+1, L+1).
    clipped: layers whose numerical rank is below `rank`; they use all they have.
    """

    rank: int
    speed: Floats
    curvature: Floats
    distances: Floats
    d_0L: float
    arc_length: float
    straightness: float
    clipped: tuple[int, ...]


@dataclass(frozen=True)
class Spectrum:
    """Variances, descending, and their directions as columns, up to the numerical rank."""

    variance: torch.Tensor
    directions: torch.Tensor


def principal_spectrum(embeddings: Array, what: str = "embeddings") -> Spectrum:
    """Principal directions of the L2-normalised, centred rows.

    Accumulates the (d, d) covariance over row blocks in float64, or uses the (n, n) Gram matrix
    when n < d. Eigenvalues at the rounding level of unit rows are dropped.
    """
    import torch

    embeddings = as_array(embeddings, what)
    n, d = matrix_shape(embeddings, what)
    blocks = (unit_rows(b).sum(dim=0) for b in row_blocks(embeddings, what, torch.float64))
    mean = torch.stack(list(blocks)).sum(dim=0) / n
    if n < d:
        rows = unit_rows(read_matrix(embeddings, what, torch.float64)) - mean
        values, vectors = torch.linalg.eigh(rows @ rows.T)
    else:
        covariance = torch.zeros(d, d, dtype=torch.float64, device=mean.device)
        for block in row_blocks(embeddings, what, torch.float64):
            centred = unit_rows(block) - mean
            covariance += centred.T @ centred
        values, vectors = torch.linalg.eigh(covariance)
    floor = max(
        4 * n * input_epsilon(embeddings) ** 2,
        max(n, d) * torch.finfo(torch.float64).eps * float(values[-1]),
    )
    kept = int((values > floor).sum())
    values, vectors = values.flip(0)[:kept], vectors.flip(1)[:, :kept]
    if n < d:
        vectors = torch.linalg.qr(rows.T @ vectors).Q
    return Spectrum(values, vectors)


def choose_rank(variance: torch.Tensor, share: float) -> int:
    """Smallest number of leading variances that reaches `share` of their sum, at least 2."""
    explained = (variance.cumsum(0) / variance.sum()).cpu().numpy()
    return max(MIN_RANK, min(int(np.searchsorted(explained, share)) + 1, len(explained)))


def subspace_distances(bases: Sequence[torch.Tensor]) -> Floats:
    """Geodesic distance sqrt(sum theta_i^2) of every pair of orthonormal (d, r_i) bases.

    A pair of unequal dimensions is compared in the smaller one; an empty basis gives NaN.
    """
    count = len(bases)
    distances = np.zeros((count, count))
    for i in range(count):
        for size in {b.shape[1] for b in bases[i + 1 :]}:
            others = [j for j in range(i + 1, count) if bases[j].shape[1] == size]
            row = _distances_to(bases[i], [bases[j] for j in others])
            distances[i, others] = distances[others, i] = row
    widest = max(basis.shape[1] for basis in bases)
    distances[distances < ROUNDING * math.sqrt(widest)] = 0.0
    for i, basis in enumerate(bases):
        if basis.shape[1] == 0:
            distances[i, :] = distances[:, i] = np.nan
    return distances


def _distances_to(basis: torch.Tensor, others: list[torch.Tensor]) -> Floats:
    """Distances from one basis to others that have the same dimension as each other."""
    import torch

    if basis.shape[1] == 0 or others[0].shape[1] == 0:
        return np.full(len(others), np.nan)
    stack = torch.stack(others)
    cosines = singular_values(basis.T @ stack).clamp(max=1.0)
    distances = cosines.acos().square().sum(dim=1).sqrt()
    for index in (distances < SINE_BELOW).nonzero().flatten().tolist():
        distances[index] = _small_distance(basis, stack[index])
    return np.asarray(distances.cpu().numpy(), dtype=np.float64)


def _small_distance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Bjorck-Golub sine form: keeps all digits of small angles, where arccos loses half."""
    import torch

    small, large = (a, b) if a.shape[1] <= b.shape[1] else (b, a)
    residual = small - large @ (large.T @ small)
    return torch.linalg.svdvals(residual).clamp(max=1.0).asin().square().sum().sqrt()


def menger_curvature(a: Floats, b: Floats, c: Floats) -> Floats:
    """4 A / (a b c), A by Heron in Kahan's stable order; 0 for a degenerate triple."""
    z, y, x = np.sort(np.stack([a, b, c]), axis=0)
    squared = (x + (y + z)) * (z - (x - y)) * (z + (x - y)) * (x + (y - z))
    area = np.sqrt(np.maximum(squared, 0.0)) / 4
    product = a * b * c
    return np.asarray(np.divide(4 * area, product, out=product * 0.0, where=product > 0))


_PITFALL = (
    "Depends on the subspace dimension, which the last layer sets for each model. Few texts make "
    "the subspaces noisy and every step longer."
)


@metric(
    "frenet",
    inputs="embeddings",
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
        ),
    ),
    version=1,
    source=LRD,
    group="lrd",
    parameters={"variance": 0.95},
)
def frenet(embeddings: Sequence[Array], variance: float = 0.95, rank: int | None = None) -> Frenet:
    """Speed, curvature and distances of the principal subspace along the layers.

    Rows are L2-normalised and centred. The rank is the smallest whose explained variance at the
    last layer reaches `variance`, at least 2, or `rank` if given; the same for all layers, clipped
    to a layer's numerical rank. A layer without any variance (equal rows) has no subspace: its
    distances are NaN.

    Shape: embeddings L+1 arrays (n, d), first the embedding layer; one d for all layers.
    Unit: radians. Range of a distance: [0, pi/2 sqrt(rank)].
    Raises: MetricError for fewer than 2 layers, unequal shapes, NaN or Inf (names the layer), or
    a last layer without variance. Source: LRD, arXiv 2605.12714; angles after Bjorck & Golub 1973.
    """
    embeddings = check_layers(embeddings)
    layers = len(embeddings)
    _check_widths(embeddings)
    if not 0 < variance <= 1:
        raise MetricError(f"variance = {variance} must lie in (0, 1]; the default is 0.95")
    if rank is not None:
        check_whole(rank, "rank")
        if rank < 1:
            raise MetricError(f"rank = {rank} must be at least 1, or None to choose it")
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
    return _path(r, subspace_distances(bases), clipped)


def _check_widths(embeddings: Sequence[Array]) -> None:
    widths = [int(z.shape[1]) for z in embeddings]
    if len(set(widths)) > 1:
        raise MetricError(
            f"layers have different widths {sorted(set(widths))}; subspaces of different spaces "
            "have no angle between them"
        )


def _path(rank: int, distances: Floats, clipped: tuple[int, ...]) -> Frenet:
    speed = distances.diagonal(1).copy()
    span = float(distances[0, -1])
    length = float(speed.sum())
    return Frenet(
        rank=rank,
        speed=speed,
        curvature=menger_curvature(speed[:-1], speed[1:], distances.diagonal(2)),
        distances=distances,
        d_0L=span,
        arc_length=length,
        straightness=span / length if length > 0 else math.nan,
        clipped=clipped,
    )
