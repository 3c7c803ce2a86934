"""Principal subspaces of embeddings, the angles between them, and how a path of them bends."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lrd_core.metrics.arrays import (
    Array,
    Floats,
    as_array,
    input_epsilon,
    matrix_shape,
    read_matrix,
    row_blocks,
    unit_rows,
)
from lrd_core.metrics.parallel import singular_values

if TYPE_CHECKING:
    import torch

MIN_RANK = 2
"""The least dimension of a subspace, as the LRD paper has it."""

SINE_BELOW = 0.1
"""Distances under this are recomputed in sine form; above it the cosine form is as accurate."""

ROUNDING = 1e-14
"""A distance under this times sqrt(rank) is the rounding of equal subspaces: 0."""


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
    # Lengths go first, the mean after: the paper's order. The mean is one of directions then, and
    # an item counts as much as any other however long its vector is.
    blocks = (unit_rows(b).sum(dim=0) for b in row_blocks(embeddings, what, torch.float64))
    mean = torch.stack(list(blocks)).sum(dim=0) / n
    if n < d:
        rows = unit_rows(read_matrix(embeddings, what, torch.float64)) - mean
        values, vectors = torch.linalg.eigh(rows @ rows.T)
    else:
        # Squaring halves the digits that small variances keep, so products are summed in float64. A
        # second reading with the mean known, because the sum of squares minus n mean^2 would cancel
        # where the rows are far from the origin.
        covariance = torch.zeros(d, d, dtype=torch.float64, device=mean.device)
        for block in row_blocks(embeddings, what, torch.float64):
            centred = unit_rows(block) - mean
            covariance += centred.T @ centred
        values, vectors = torch.linalg.eigh(covariance)
    # A unit row carries an error of one rounding step of its stored values, n of them a variance of
    # n eps^2; the second term is what eigh itself may be off. Below either there is no direction,
    # only noise that would differ from machine to machine.
    floor = max(
        4 * n * input_epsilon(embeddings) ** 2,
        max(n, d) * torch.finfo(torch.float64).eps * float(values[-1]),
    )
    kept = int((values > floor).sum())
    values, vectors = values.flip(0)[:kept], vectors.flip(1)[:, :kept]  # eigh gives them ascending
    if n < d:
        # To the side of the dimensions. Dividing by the singular values would do without rounding;
        # QR keeps the columns orthonormal where small ones have lost that. It begins with the
        # largest, so that the leading directions stay what they are.
        vectors = torch.linalg.qr(rows.T @ vectors).Q
    return Spectrum(values, vectors)


def choose_rank(variance: torch.Tensor, share: float) -> int:
    """Smallest number of leading variances that reaches `share` of their sum, at least 2."""
    explained = (variance.cumsum(0) / variance.sum()).cpu().numpy()
    return max(MIN_RANK, min(int(np.searchsorted(explained, share)) + 1, len(explained)))


def subspace_distances(
    bases: Sequence[torch.Tensor], pairs: Collection[tuple[int, int]] | None = None
) -> Floats:
    """Geodesic distance sqrt(sum theta_i^2) of every pair of orthonormal (d, r_i) bases.

    A pair of unequal dimensions is compared in the smaller one; an empty basis gives NaN.
    pairs: only these, (i, j) with i < j; the others are NaN.
    """
    count = len(bases)
    distances = np.zeros((count, count))
    if pairs is not None:
        distances[~np.eye(count, dtype=bool)] = np.nan
    for i in range(count):
        asked = [j for j in range(i + 1, count) if pairs is None or (i, j) in pairs]
        for size in {bases[j].shape[1] for j in asked}:
            others = [j for j in asked if bases[j].shape[1] == size]
            row = _distances_to(bases[i], [bases[j] for j in others])
            distances[i, others] = distances[others, i] = row
    # Equal subspaces would otherwise be a step of 1e-15 apart, and curvature divides by steps.
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
    # Rounding takes the cosine of equal directions past 1, where arccos is not a number.
    cosines = singular_values(basis.T @ stack).clamp(max=1.0)
    distances = cosines.acos().square().sum(dim=1).sqrt()
    for index in (distances < SINE_BELOW).nonzero().flatten().tolist():
        distances[index] = _small_distance(basis, stack[index])
    return np.asarray(distances.cpu().numpy(), dtype=np.float64)


def _small_distance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Bjorck-Golub sine form: keeps all digits of small angles, where arccos loses half."""
    import torch

    # The sines of the angles are the singular values of what one basis has outside the other. Of
    # unequal dimensions it must be the smaller one's: the larger always sticks out.
    small, large = (a, b) if a.shape[1] <= b.shape[1] else (b, a)
    residual = small - large @ (large.T @ small)
    return torch.linalg.svdvals(residual).clamp(max=1.0).asin().square().sum().sqrt()


def menger_curvature(a: Floats, b: Floats, c: Floats) -> Floats:
    """4 A / (a b c), A by Heron in Kahan's stable order; 0 for a degenerate triple."""
    # Kahan's order of brackets, with x >= y >= z: Heron's plain formula cancels for flat triangles,
    # which are the rule on a nearly straight path.
    z, y, x = np.sort(np.stack([a, b, c]), axis=0)
    squared = (x + (y + z)) * (z - (x - y)) * (z + (x - y)) * (x + (y - z))
    area = np.sqrt(np.maximum(squared, 0.0)) / 4  # below 0: rounding of three points on a line
    product = a * b * c
    # 0 where two points coincide, and still NaN where a distance is: 0 times NaN.
    return np.asarray(np.divide(4 * area, product, out=product * 0.0, where=product > 0))
