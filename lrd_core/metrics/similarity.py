"""Linear CKA: how alike two layers arrange the same items, whatever their widths."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lrd_core.errors import MetricError
from lrd_core.metrics.arrays import Array, Floats, check_layers, read_matrix

if TYPE_CHECKING:
    import torch

NAME = "linear CKA"
"""What it is called in words. It compares two runs, so it is no metric of one."""

VERSION = 1
"""Raised when the formula changes; part of what is stored."""

ROWS_PER_BLOCK = 256


def linear_cka(x: Array, y: Array) -> float:
    """Linear centred kernel alignment of two embeddings of the same items.

    ||Y^T X||_F^2 / (||X^T X||_F ||Y^T Y||_F) with centred columns; the Gram side is used when
    there are fewer items than dimensions.

    Shape: x (n, d_x), y (n, d_y). Range: [0, 1]; 1 up to rotation and scale. NaN if either has
    equal rows. Raises: MetricError for unequal n, fewer than 2 items, NaN or Inf.
    Source: Kornblith et al. 2019.
    """
    a, b = _centred(x, "x"), _centred(y, "y")
    if len(a) != len(b):
        raise MetricError(f"x has {len(a)} texts, y {len(b)}; CKA compares the same texts")
    b = b.to(a.device)
    # Both sides give the same three norms; the products of the smaller one are cheaper.
    if len(a) < max(a.shape[1], b.shape[1]):
        gram_a, gram_b = a @ a.T, b @ b.T
        cross, own_a, own_b = (gram_a * gram_b).sum(), gram_a.norm(), gram_b.norm()
    else:
        cross, own_a, own_b = (a.T @ b).square().sum(), (a.T @ a).norm(), (b.T @ b).norm()
    return _ratio(float(cross), float(own_a), float(own_b))


def cka_matrix(
    embeddings_a: Sequence[Array], embeddings_b: Sequence[Array] | None = None
) -> Floats:
    """Linear CKA of every layer of one model with every layer of another (or of the same).

    Gram matrices are formed in blocks of rows for all layers together and only their inner
    products are kept, so memory does not grow with the square of the number of items.

    Shape: sequences of (n, d) arrays, widths may differ. Returns: (layers_a, layers_b).
    Raises: MetricError for unequal n, NaN or Inf (names the layer).
    """
    first = [_centred(z, f"layer {i} of a") for i, z in enumerate(embeddings_a)]
    second = [_centred(z, f"layer {i} of b") for i, z in enumerate(embeddings_b or ())]
    check_layers([*first, *second], min_layers=1)
    layers = [z.to(first[0].device) for z in (*first, *second)]
    products = _gram_products(layers)
    own = np.sqrt(products.diagonal())
    rows, columns = range(len(first)), range(len(first) if second else 0, len(layers))
    return np.array([[_ratio(products[i, j], own[i], own[j]) for j in columns] for i in rows])


def _gram_products(layers: list[torch.Tensor]) -> Floats:
    """Inner products of all pairs of Gram matrices, (layers, layers)."""
    import torch

    total = torch.zeros(len(layers), len(layers), dtype=torch.float64, device=layers[0].device)
    for start in range(0, len(layers[0]), ROWS_PER_BLOCK):
        stop = start + ROWS_PER_BLOCK
        grams = torch.stack([(z[start:stop] @ z.T).flatten() for z in layers])
        total += grams @ grams.T
    return np.asarray(total.cpu().numpy(), dtype=np.float64)


def _centred(z: Array, what: str) -> torch.Tensor:
    """Centred rows; a matrix of equal rows becomes exactly 0."""
    import torch

    rows = read_matrix(z, what, torch.float64)
    centred = rows - rows.mean(dim=0)
    # What is left of equal rows is the rounding of their mean; CKA would compare that noise.
    floor = 4 * torch.finfo(torch.float64).eps * float(rows.norm())
    return centred if float(centred.norm()) > floor else torch.zeros_like(centred)


def _ratio(cross: float, own_a: float, own_b: float) -> float:
    product = own_a * own_b
    # Cauchy-Schwarz has 1 as the bound, rounding may pass it.
    return min(1.0, cross / product) if product > 0 else math.nan
