"""Token metrics of a pass, and which items of a batch they read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrd_core.metrics.token_layer import TokenLayer

TokenMetric = Callable[[TokenLayer], Mapping[str, Any]]
"""The tokens of a batch at one layer -> by name, one value an item."""


@dataclass(frozen=True)
class Sampled:
    """A metric that reads some items alone. places: theirs among all, ascending."""

    function: TokenMetric
    places: np.ndarray


@dataclass(frozen=True)
class TokenReader:
    """Metrics that read the same items. wanted: (n_items,) bool, or None for all of them."""

    metrics: Mapping[str, TokenMetric]
    wanted: np.ndarray | None

    def rows(self, places: np.ndarray) -> np.ndarray | slice:
        """Which rows of a batch of these items are read."""
        if self.wanted is None:
            return slice(None)
        chosen = self.wanted[places]
        return slice(None) if chosen.all() else np.flatnonzero(chosen)

    def read(
        self, seen: TokenLayer, rows: np.ndarray | slice
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """What each metric gives of these rows, by its name; nothing where there are none."""
        if not isinstance(rows, slice):
            if not len(rows):
                return
            seen = seen.of(rows)
        for name, metric in self.metrics.items():
            yield name, metric(seen)


def token_readers(metrics: Mapping[str, TokenMetric | Sampled], n: int) -> Sequence[TokenReader]:
    """Metrics by which of n items they read: what one makes of a batch, others of these share."""
    together: dict[bytes, dict[str, TokenMetric]] = {}
    wanted: dict[bytes, np.ndarray | None] = {}
    for name, metric in metrics.items():
        if isinstance(metric, Sampled):
            read = np.isin(np.arange(n), metric.places)
            together.setdefault(read.tobytes(), {})[name] = metric.function
            wanted[read.tobytes()] = read
        else:
            together.setdefault(b"", {})[name] = metric
            wanted[b""] = None
    return [TokenReader(together[key], wanted[key]) for key in together]
