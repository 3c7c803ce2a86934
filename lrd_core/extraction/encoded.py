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

    lengths: (n,) positions that each item takes, by which batches are cut.
    batch: places among the items -> those items in one batch, on the CPU.
    skip: positions at the start of each item that pooling leaves out, such as a prompt's.
    """

    lengths: np.ndarray
    batch: Callable[[np.ndarray], Batch]
    skip: int = 0
