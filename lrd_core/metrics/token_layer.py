"""One batch of token vectors at one layer, read once however many metrics ask for it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from lrd_core.errors import MetricError
from lrd_core.metrics.arrays import Array, Floats, as_array, compute_dtype, scale_factors, to_tensor
from lrd_core.metrics.tokens import TokenBatch, centred_unit_tokens, read_tokens, token_shape

if TYPE_CHECKING:
    import torch

Result = TypeVar("Result")

LEAST_LEFT = 2
"""Tokens that must be left of an item; a single vector has no spread."""

FACTOR = 10.0
"""A token dominates where its norm is over this many times the median of its text."""


@dataclass(frozen=True)
class TokenLayer:
    """Token vectors as a model gave them; what is made of them is kept for the next metric.

    states: (batch, tokens, d), padding on any side and of any value. mask: (batch, tokens) of 0
    and 1, or None where all count. special: (batch, tokens) bool, tokens that stand for no part of
    an item, such as delimiters; None where it is not known.
    """

    states: Array
    mask: Array | None = None
    special: Array | None = None
    _made: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    def of(self, rows: np.ndarray) -> TokenLayer:
        """Some of the items, by their rows in the batch."""
        index = rows.tolist()  # NumPy and torch both take a list
        mask = None if self.mask is None else self.mask[index]
        special = None if self.special is None else self.special[index]
        return TokenLayer(self.states[index], mask, special)

    def once(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """What `make` gives, made when it is asked for under this key for the first time."""
        if key not in self._made:
            self._made[key] = make()
        found: Result = self._made[key]
        return found

    def read(self, dtype: torch.dtype | None = None) -> TokenBatch:
        """The attended tokens, see `read_tokens`."""
        return self.once(("read", dtype), lambda: read_tokens(self.states, self.mask, dtype))

    def unit(self, dtype: torch.dtype | None = None) -> TokenBatch:
        """The attended tokens after the recipe `unit`."""
        return self.once(("unit", dtype), lambda: centred_unit_tokens(self.read(dtype)))

    @property
    def attended(self) -> torch.Tensor:
        """(batch, tokens) bool."""
        return self.once("attended", self._attended)

    @property
    def norms(self) -> torch.Tensor:
        """(batch, tokens) norms, 0 at padding; those of an item of extreme scale times a power of
        two, see `scale_factors`.

        Raises: MetricError for a wrong shape, an item without tokens, NaN or Inf.
        """
        return self.once("norms", self._norms)

    @property
    def raw_norms(self) -> torch.Tensor:
        """(batch, tokens) norms as they came, infinite or 0 where their square is."""
        return self.once("raw norms", self._raw_norms)

    def dominating(self, factor: float = FACTOR) -> torch.Tensor:
        """(batch, tokens) bool: norm over `factor` times the median of the item's tokens.

        Raises: MetricError for a factor of 1 or less, of which half of all tokens would be over.
        """
        if not factor > 1:
            raise MetricError(f"factor = {factor!r} must be above 1, such as 10")
        return self.once(
            ("dominating", factor), lambda: self.norms > factor * self.medians[:, None]
        )

    @property
    def medians(self) -> torch.Tensor:
        """(batch,) median norms of the attended tokens; of two middle ones their mean."""
        return self.once("medians", self._medians)

    def without(
        self, factor: float = FACTOR, dtype: torch.dtype | None = None
    ) -> tuple[np.ndarray, TokenBatch]:
        """Items that have a dominating token, and their other tokens: (places, those items)."""
        return self.once(("without", factor, dtype), lambda: self._without(factor, dtype))

    def leaving_out(
        self,
        everything: Floats,
        measure: Callable[[TokenBatch], Floats],
        factor: float = FACTOR,
        dtype: torch.dtype | None = None,
    ) -> Floats:
        """(batch,) values of `measure` without dominating tokens, those of `everything` elsewhere.

        measure: is given items with a dominating token, without it. NaN where it leaves under 2.
        """
        places, others = self.without(factor, dtype)
        if not len(places):
            return everything
        values = everything.copy()
        values[places] = np.where(others.lengths < LEAST_LEFT, np.nan, measure(others))
        return values

    def _attended(self) -> torch.Tensor:
        import torch

        device = to_tensor(self.states[:0], torch.float32).device
        if self.mask is not None:
            return to_tensor(self.mask, torch.bool).to(device)
        return torch.ones(self.states.shape[:2], dtype=torch.bool, device=device)

    def _raw_norms(self) -> torch.Tensor:
        import torch

        states = to_tensor(self.states, compute_dtype(self.states))
        return torch.linalg.vector_norm(states, dim=2).masked_fill(~self.attended, 0.0)

    def _norms(self) -> torch.Tensor:
        import torch

        norms = self.raw_norms
        largest = norms.amax(dim=1).cpu().numpy()
        ordinary = np.isfinite(largest) & (scale_factors(largest) == 1) & (largest > 0)
        if ordinary.all():
            return norms
        # Squares overflowed or vanished, or there is a NaN, which reading finds.
        batch = self.read()
        scaled = torch.linalg.vector_norm(batch.states, dim=2)
        return torch.zeros_like(norms).masked_scatter(self.attended, scaled[batch.attended[..., 0]])

    def _medians(self) -> torch.Tensor:
        import torch

        counts = self.attended.sum(dim=1)
        ordered = self.norms.masked_fill(~self.attended, torch.inf).sort(dim=1).values
        middle = torch.stack([(counts - 1) // 2, counts // 2], dim=1)
        return ordered.gather(1, middle).mean(dim=1)

    def _without(self, factor: float, dtype: torch.dtype | None) -> tuple[np.ndarray, TokenBatch]:
        import torch

        dominating = self.dominating(factor)
        rows = dominating.any(dim=1)
        if not bool(rows.any()):
            nothing = to_tensor(self.states[:0], dtype or compute_dtype(self.states))
            return np.empty(0, dtype=np.int64), TokenBatch(nothing, np.empty(0, dtype=np.int64))
        states = to_tensor(self.states, dtype or compute_dtype(self.states))[rows]
        return rows.nonzero().flatten().cpu().numpy(), read_tokens(
            states, (self.attended & ~dominating)[rows].to(torch.uint8)
        )


def token_layer(tokens: Array | TokenLayer, attention_mask: Array | None = None) -> TokenLayer:
    """The tokens of a call, checked for their shapes; values are looked at when they are read.

    Raises: MetricError for a wrong or empty shape, or for what is no real number.
    """
    if isinstance(tokens, TokenLayer):
        return tokens
    states = as_array(tokens, "tokens")
    mask = None if attention_mask is None else as_array(attention_mask, "attention_mask")
    token_shape(states, mask)
    return TokenLayer(states, mask)
