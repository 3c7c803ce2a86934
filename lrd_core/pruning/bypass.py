"""Run a model as if blocks were gone, without copying it: for scores, never for latency."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch import nn

from lrd_core.extraction.blocks import find_blocks
from lrd_core.pruning.block_calls import switched_off
from lrd_core.pruning.removal import check_removal


@contextmanager
def bypassed(model: nn.Module, removed: Sequence[int]) -> Iterator[None]:
    """Within, these blocks hand on what they are given; afterwards the model is as before.

    Numbers are those of the physically pruned model.
    Raises: PruningError for blocks that surgery could not remove either.
    """
    if removed:
        check_removal(model, removed)
    blocks = find_blocks(model).blocks
    with switched_off([blocks[block] for block in sorted(set(removed))]):
        yield
