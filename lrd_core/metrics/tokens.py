"""Token vectors of a batch of items: attended tokens first, centred, unit length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lrd_core.errors import MetricError
from lrd_core.metrics.arrays import (
    Array,
    as_array,
    check_finite,
    compute_dtype,
    rounding_floor,
    scale_factors,
    to_tensor,
)
from lrd_core.metrics.arrays import unit_rows as divide_by_norm

if TYPE_CHECKING:
    import torch

SAME_LENGTH = 0.85
"""Items at least this share of the longest are computed together, shorter ones apart."""


@dataclass(frozen=True)
class TokenBatch:
    """Attended tokens first, zeros after; `lengths` counts them, on the host.

    states: (batch, tokens, d). lengths: (batch,) int64.
    """

    states: torch.Tensor
    lengths: np.ndarray[tuple[int], np.dtype[np.int64]]

    @property
    def attended(self) -> torch.Tensor:
        """(batch, tokens, 1) bool on the states' device."""
        import torch

        positions = torch.arange(self.states.shape[1], device=self.states.device)
        lengths = torch.from_numpy(self.lengths).to(self.states.device)
        return (positions < lengths[:, None])[..., None]


def token_shape(tokens: Array, attention_mask: Array | None = None) -> tuple[int, int, int]:
    """(batch, tokens, d). Raises: MetricError for another or an empty shape, or another mask."""
    if tokens.ndim != 3:
        raise MetricError(f"tokens must have shape (batch, tokens, d), got {tuple(tokens.shape)}")
    if 0 in tokens.shape:
        raise MetricError(
            f"tokens has shape {tuple(tokens.shape)}; "
            "at least one text, one token and one dimension needed"
        )
    batch, positions, d = (int(size) for size in tokens.shape)
    if attention_mask is not None and tuple(np.shape(attention_mask)) != (batch, positions):
        raise MetricError(
            f"attention_mask has shape {tuple(np.shape(attention_mask))}, "
            f"tokens {(batch, positions)}; they must agree"
        )
    return batch, positions, d


def read_tokens(
    tokens: Array, attention_mask: Array | None = None, dtype: torch.dtype | None = None
) -> TokenBatch:
    """Check a batch and move each item's attended tokens to the front, in order.

    An item of extreme scale comes multiplied by a power of two, see `scale_factors`.

    Args: dtype: to compute in, by default float32, or float64 for float64 input.
    Raises: MetricError for a wrong or empty shape, an item without attended tokens, NaN or Inf.
    """
    import torch

    tokens = as_array(tokens, "tokens")
    token_shape(tokens, attention_mask)
    states = to_tensor(tokens, dtype or compute_dtype(tokens))
    if attention_mask is None:
        check_finite(states, "tokens")
        counts = np.full(len(states), states.shape[1], dtype=np.int64)
        return TokenBatch(_ordinary_scale(states), counts)
    mask = to_tensor(attention_mask, torch.bool).to(states.device)
    lengths = mask.sum(dim=1)
    front = torch.arange(mask.shape[1], device=mask.device) < lengths[:, None]
    # Padding on the right is in place already, which is the usual case.
    if not bool((mask == front).all()):
        order = mask.to(torch.int8).argsort(dim=1, descending=True, stable=True)
        states = states.gather(1, order[..., None].expand_as(states))
    # Padding may hold anything, NaN included, so it is zeroed rather than multiplied away.
    states = states.masked_fill(~front[..., None], 0.0)
    check_finite(states, "tokens")
    counts = lengths.cpu().numpy()
    if (counts == 0).any():
        raise MetricError(
            f"text {int(np.argmin(counts))} of the batch has no attended token; "
            "embed empty text as a single space"
        )
    return TokenBatch(_ordinary_scale(states), counts)


def _ordinary_scale(states: torch.Tensor) -> torch.Tensor:
    import torch

    largest = torch.linalg.vector_norm(states, torch.inf, dim=(1, 2)).cpu().numpy()
    factors = scale_factors(largest)
    if (factors == 1).all():
        return states
    return states * torch.from_numpy(factors).to(states.device)[:, None, None]


def centred_unit_tokens(batch: TokenBatch) -> TokenBatch:
    """The recipe `unit` on each item's attended tokens; padding stays 0."""
    import torch

    lengths = torch.from_numpy(batch.lengths).to(batch.states.device, batch.states.dtype)
    # Padding is 0, so the sum is over attended tokens; divided by their number, not by the width.
    mean = batch.states.sum(dim=1, keepdim=True) / lengths[:, None, None]
    unit = divide_by_norm(batch.states - mean, rounding_floor(batch.states))
    # The mean was taken from padding too, which must be 0 again before products are formed.
    if int(batch.lengths.min()) < batch.states.shape[1]:
        unit = unit.masked_fill(~batch.attended, 0.0)
    return TokenBatch(unit, batch.lengths)


def same_length_groups(batch: TokenBatch) -> Iterator[tuple[np.ndarray, TokenBatch]]:
    """Split into items of similar length, cut to the longest: (positions in the batch, items).

    A padded Gram matrix costs as much as a full one, so short items get a smaller one.
    """
    import torch

    order = np.argsort(-batch.lengths, kind="stable")
    lengths = batch.lengths[order]
    start = 0
    while start < len(order):
        longest = int(lengths[start])
        stop = int(np.searchsorted(-lengths, -SAME_LENGTH * longest, side="right"))
        stop = max(stop, start + 1)
        rows = order[start:stop]
        if len(rows) == len(order):
            states = batch.states[:, :longest]
            yield np.arange(len(order)), TokenBatch(states, batch.lengths)
        else:
            index = torch.from_numpy(rows).to(batch.states.device)
            yield rows, TokenBatch(batch.states[index, :longest], batch.lengths[rows])
        start = stop
