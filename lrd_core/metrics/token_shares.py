"""What single tokens do: their share of the text's entropy, and how far a layer turns them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lrd_core.errors import MetricError
from lrd_core.metrics.arrays import Array, Floats
from lrd_core.metrics.spectral import ROUNDING
from lrd_core.metrics.token_layer import TokenLayer, token_layer

if TYPE_CHECKING:
    import torch


def entropy_shares(tokens: Array | TokenLayer, attention_mask: Array | None = None) -> Floats:
    """Each token's share in the prompt entropy (alpha 1, recipe `unit`) of its text, in float64.

    rho = K / tr K for the Gram matrix K of the tokens after the recipe. The entropy is the trace
    of -rho log rho, so entry (t, t) of that matrix is what token t adds to it; none is negative.

    Shape: tokens (batch, tokens, d), attention_mask (batch, tokens) with any padding side; or a
    `TokenLayer`. Returns: (batch, tokens), a text's shares add up to 1; NaN at padding and for a
    text of entropy 0, which no token has a share of.
    Raises: MetricError for a wrong shape, an item without tokens, NaN or Inf.
    Source: von Neumann entropy of the matrix in LbL, arXiv 2502.02013.
    """
    import torch

    layer = token_layer(tokens, attention_mask)
    batch = layer.unit(torch.float64)
    attended = layer.attended.cpu().numpy()
    shares = np.full(attended.shape, np.nan)
    for row, length in enumerate(batch.lengths):
        shares[row, attended[row]] = _shares(batch.states[row, :length]).cpu().numpy()
    return shares


def _shares(unit: torch.Tensor) -> torch.Tensor:
    """(m,) shares of the rows of one text after the recipe, from the smaller of both sides."""
    import torch

    m, d = unit.shape
    wide = m <= d
    values, vectors = torch.linalg.eigh(unit @ unit.T if wide else unit.T @ unit)
    # As in the entropy itself: what rounding makes of eigenvalues that are 0 adds nothing.
    kept = values > ROUNDING[str(unit.dtype)] * values[-1:].clamp(min=0.0)
    values, vectors = values[kept], vectors[:, kept]
    rows = vectors if wide else (unit @ vectors) / values.sqrt()
    p = values / values.sum()
    parts = rows.square() @ -torch.xlogy(p, p)
    total = parts.sum()
    return torch.where(total > 0, parts / torch.where(total > 0, total, 1.0), torch.nan)


def layer_cosines(
    before: Array | TokenLayer, after: Array | TokenLayer, attention_mask: Array | None = None
) -> Floats:
    """Cosine of each token's vector with its own one layer earlier, in float64.

    Shape: both (batch, tokens, d) with one attention_mask (batch, tokens), or a `TokenLayer` each.
    Returns: (batch, tokens) in [-1, 1]; NaN at padding and where a vector is 0.
    Raises: MetricError for a wrong shape, two layers of different shapes, an item without tokens,
        NaN or Inf.
    """
    import torch

    first, second = token_layer(before, attention_mask), token_layer(after, attention_mask)
    shapes = tuple(first.states.shape), tuple(second.states.shape)
    if shapes[0] != shapes[1]:
        raise MetricError(f"the layers have shapes {shapes[0]} and {shapes[1]}; they must agree")
    one, other = (layer.read(torch.float64).states for layer in (first, second))
    lengths = [torch.linalg.vector_norm(states, dim=2) for states in (one, other)]
    scale = lengths[0] * lengths[1]
    cosines = (one * other).sum(dim=2) / torch.where(scale > 0, scale, torch.nan)
    attended = second.attended.cpu().numpy()
    found = np.full(attended.shape, np.nan)
    for row, length in enumerate(second.read(torch.float64).lengths):
        found[row, attended[row]] = cosines[row, :length].clamp(-1.0, 1.0).cpu().numpy()
    return found
