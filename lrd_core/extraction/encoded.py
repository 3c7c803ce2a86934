"""Items as a model reads them, whatever they were."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lrd_core.models.batch import Batch


@dataclass(frozen=True)
class Encoded:
    """Items as a model reads them.

    lengths: (n,) positions that are an item's own.
    batch: places among the items -> those items in one batch, on the CPU.
    skip: positions at the start of each item that pooling leaves out, such as a prompt's.
    computed: (n,) positions that the model computes for each item, where it fills up a window of
    its own, or where items of as many positions are not of one length.
    """

    lengths: np.ndarray
    batch: Callable[[np.ndarray], Batch]
    skip: int = 0
    computed: np.ndarray | None = None

    @property
    def sizes(self) -> np.ndarray:
        """(n,) by which batches are cut: items of one size are not filled up in one batch."""
        return self.lengths if self.computed is None else self.computed
