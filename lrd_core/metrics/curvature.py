"""Curvature of an item's path through its token vectors."""

from __future__ import annotations

import math

import numpy as np

from lrd_core.errors import UnknownNameError
from lrd_core.metrics.arrays import Array, Floats
from lrd_core.metrics.registry import Mode, Options, metric
from lrd_core.metrics.series import Card, Published, Series
from lrd_core.metrics.sources import LBL
from lrd_core.metrics.tokens import TokenBatch, centred_unit_tokens, read_tokens

MIN_TOKENS = 3


@metric(
    "token_curvature",
    inputs="tokens",
    cost=0.5,
    series=(
        Series(
            "token_curvature",
            "Token path curvature",
            "radians",
            "layer",
            Card(
                "How sharply the path from token to token turns: the mean angle between "
                "consecutive steps, after centring and scaling the text's token vectors; averaged "
                "over texts.",
                "0 (straight line) to pi (each step goes back). Independent random vectors give "
                "about 2.1.",
                "Low: neighbouring tokens change in a common direction. High: zigzag.",
                "Texts under 3 tokens have no angle; they are left out and counted. A token equal "
                "to the one before adds angles of 0. Published mode takes the absolute cosine as "
                "the released code does, which folds angles above pi/2.",
            ),
            bounds=(0.0, math.pi),
            ignores=("scale", "turn", "shift"),
            published=Published("curvature", "raw"),
        ),
    ),
    version=1,
    source=LBL,
    group="lbl",
    options=Options(modes=("exact", "published")),
)
def token_curvature(
    tokens: Array | TokenBatch, attention_mask: Array | None = None, mode: Mode = "exact"
) -> Floats:
    """Mean angle between consecutive steps of each item's token path.

    Recipe `unit` on the attended tokens; v_t = z_{t+1} - z_t; mean over t of the angle between
    v_{t+1} and v_t. A step of length 0 turns by 0. `published` takes the absolute cosine.

    Shape: tokens (batch, tokens, d), attention_mask (batch, tokens) with any padding side; or a
    `TokenBatch` that already went through the recipe.
    Returns: (batch,) radians in [0, pi] ([0, pi/2] published); NaN for items under 3 tokens.
    Raises: MetricError for a wrong shape, an item without tokens, NaN or Inf.
    Source: LbL, arXiv 2502.02013.
    """
    import torch

    if mode not in ("exact", "published"):
        raise UnknownNameError("mode", str(mode), ("exact", "published"))
    if isinstance(tokens, TokenBatch):
        batch = tokens
    else:
        batch = centred_unit_tokens(read_tokens(tokens, attention_mask))
    if batch.states.shape[1] < MIN_TOKENS:
        return np.full(len(batch.lengths), np.nan)
    steps = batch.states.diff(dim=1)
    length = torch.linalg.vector_norm(steps, dim=2)
    moved = length > 4 * torch.finfo(steps.dtype).eps  # states have norm 1: less is rounding
    turning = moved[:, :-1] & moved[:, 1:] & batch.attended[:, MIN_TOKENS - 1 :, 0]
    # 1 in place of 0 keeps NaN out of the quotient; those places are masked in the sum.
    product = torch.where(turning, length[:, :-1] * length[:, 1:], 1.0)
    # Rounding takes the cosine of a straight step past 1, where arccos is not a number.
    cosine = (torch.linalg.vecdot(steps[:, :-1], steps[:, 1:]) / product).clamp(-1.0, 1.0)
    if mode == "published":
        cosine = cosine.abs()
    # A standing token turns by 0 and still counts: the mean is over all pairs of steps.
    angles = torch.where(turning, cosine.acos(), 0.0).sum(dim=1, dtype=torch.float64)
    counts = np.maximum(batch.lengths - (MIN_TOKENS - 1), 0)
    total = angles.cpu().numpy()
    return np.asarray(np.divide(total, counts, out=np.full(len(counts), np.nan), where=counts > 0))
