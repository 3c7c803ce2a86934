"""Curvature of an item's path through its token vectors."""

from __future__ import annotations

import math

import numpy as np

from lrd_core.errors import UnknownNameError
from lrd_core.metrics.arrays import Array, Floats
from lrd_core.metrics.registry import Mode, Options, metric
from lrd_core.metrics.series import Card, Names, Published, Series
from lrd_core.metrics.sources import LBL, SINKS
from lrd_core.metrics.token_layer import FACTOR, TokenLayer, token_layer
from lrd_core.metrics.tokens import TokenBatch, centred_unit_tokens

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
    options=Options(modes=("exact", "published"), path=True),
)
def token_curvature(
    tokens: Array | TokenLayer, attention_mask: Array | None = None, mode: Mode = "exact"
) -> Floats:
    """Mean angle between consecutive steps of each item's token path.

    Recipe `unit` on the attended tokens; v_t = z_{t+1} - z_t; mean over t of the angle between
    v_{t+1} and v_t. A step of length 0 turns by 0. `published` takes the absolute cosine.

    Shape: tokens (batch, tokens, d), attention_mask (batch, tokens) with any padding side; or a
    `TokenLayer`.
    Returns: (batch,) radians in [0, pi] ([0, pi/2] published); NaN for items under 3 tokens.
    Raises: MetricError for a wrong shape, an item without tokens, NaN or Inf.
    Source: LbL, arXiv 2502.02013.
    """
    if mode not in ("exact", "published"):
        raise UnknownNameError("mode", str(mode), ("exact", "published"))
    layer = token_layer(tokens, attention_mask)
    return layer.once(("token_curvature", mode), lambda: _mean_angles(layer.unit(), mode))


def _mean_angles(batch: TokenBatch, mode: Mode) -> Floats:
    """(batch,) mean angles of token vectors that went through the recipe."""
    import torch

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


@metric(
    "token_curvature_without",
    inputs="tokens",
    series=(
        Series(
            "token_curvature_without",
            "Token path curvature without dominating tokens",
            "radians",
            "layer",
            Card(
                "How sharply the path through a text's other tokens turns, after tokens whose norm "
                "is over 10 times the text's median at that layer are left out; averaged over "
                "texts.",
                "As token path curvature. Where no token dominates it is that very value.",
                "Beside token path curvature: what a few tokens of huge norm do to it by moving "
                "the centre.",
                "The path skips a token that is left out: its neighbours become neighbours.",
            ),
            bounds=(0.0, math.pi),
            ignores=("scale", "turn"),
            names=Names(short="Curvature without dominating tokens"),
            all_tokens="token_curvature",
        ),
    ),
    version=1,
    source=SINKS,
    group="dominance",
    options=Options({"factor": FACTOR}, ("exact", "published"), path=True),
)
def token_curvature_without(
    tokens: Array | TokenLayer,
    attention_mask: Array | None = None,
    mode: Mode = "exact",
    factor: float = FACTOR,
) -> Floats:
    """`token_curvature` of each item without the tokens that dominate it.

    Items without such a token have the very value of `token_curvature`, computed once for both.

    Shape: as `token_curvature`. factor: see TokenLayer.dominating.
    Returns: (batch,) radians as `token_curvature`; NaN for an item with under 3 tokens left.
    Raises: as `token_curvature`; MetricError for a factor of 1 or less.
    Source: arXiv 2510.06477.
    """
    layer = token_layer(tokens, attention_mask)

    def measure(batch: TokenBatch) -> Floats:
        return _mean_angles(centred_unit_tokens(batch), mode)

    return layer.leaving_out(token_curvature(layer, None, mode), measure, factor)
