"""Attention that gathers on the first token."""

from __future__ import annotations

import numpy as np

from lrd_core.errors import MetricError
from lrd_core.metrics.arrays import Array, Floats, as_array, check_finite, compute_dtype, to_tensor
from lrd_core.metrics.registry import Options, metric
from lrd_core.metrics.series import Card, Series
from lrd_core.metrics.sources import SINKS

THRESHOLD = 0.3
"""Mean attention to the first token over which a head counts as a sink."""


@metric(
    "sink_rate",
    inputs="attention",
    series=(
        Series(
            "sink_rate",
            "Sink rate",
            "share of heads",
            "transition",
            Card(
                "The share of a block's attention heads that give the first token over 0.3 of "
                "their attention in the mean over a text's tokens; averaged over texts.",
                "0 (no head) to 1 (every head).",
                "High: heads that have nothing to do look at the first token. In decoders it rises "
                "where that token's norm does.",
                "Of a sample of texts, read with attention weights in full; models without "
                "attention weights have none. In short texts the mean is high by construction: in "
                "a causal model the first of m tokens attends to itself alone, which is 1 / m.",
            ),
            bounds=(0.0, 1.0),
        ),
    ),
    version=1,
    source=SINKS,
    group="dominance",
    options=Options({"threshold": THRESHOLD}, sampling={"n_texts": 32}),
)
def sink_rate(
    attention: Array, attention_mask: Array | None = None, threshold: float = THRESHOLD
) -> Floats:
    """Share of heads whose mean attention to each item's first attended token is over `threshold`.

    The mean is over the item's attended tokens as queries, the first one included.

    Shape: attention (batch, heads, queries, keys), rows that add up to 1; attention_mask (batch,
    keys) with any padding side. Returns: (batch,) in [0, 1].
    Raises: MetricError for another shape, NaN or Inf, an item without tokens, or a threshold
        outside (0, 1).
    Source: arXiv 2510.06477, threshold as there; sinks 2309.17453, 2410.10781.
    """
    import torch

    attention = as_array(attention, "attention")
    if attention.ndim != 4 or attention.shape[2] != attention.shape[3] or 0 in attention.shape:
        raise MetricError(
            "attention must have shape (batch, heads, tokens, tokens), none of them 0, got "
            f"{tuple(attention.shape)}"
        )
    if not 0 < threshold < 1:
        raise MetricError(f"threshold = {threshold!r} must lie between 0 and 1, such as 0.3")
    weights = to_tensor(attention, compute_dtype(attention))
    batch, _, tokens, _ = weights.shape
    mask = torch.ones(batch, tokens, dtype=torch.bool, device=weights.device)
    if attention_mask is not None:
        mask = to_tensor(attention_mask, torch.bool).to(weights.device)
        if mask.shape != (batch, tokens):
            raise MetricError(
                f"attention_mask has shape {tuple(mask.shape)}, attention is of "
                f"{(batch, tokens)} tokens; they must agree"
            )
        weights = weights.masked_fill(~(mask[:, None, None] & mask[:, None, :, None]), 0.0)
    check_finite(weights, "attention")
    counts = mask.sum(dim=1)
    if bool((counts == 0).any()):
        raise MetricError("an item of attention_mask has no attended token; leave it out")
    first = mask.to(torch.int8).argmax(dim=1)
    to_first = weights[torch.arange(batch, device=weights.device), :, :, first]
    means = to_first.sum(dim=2) / counts[:, None]
    shares = (means > threshold).double().mean(dim=1)
    return np.asarray(shares.cpu().numpy())
