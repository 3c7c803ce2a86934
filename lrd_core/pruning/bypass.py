"""Run a model as if blocks were gone, without copying it: for scores, never for latency."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch import nn

from lrd_core.models.anatomies import anatomy_of
from lrd_core.models.anatomy import block_list
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
    anatomy = anatomy_of(model)
    blocks = block_list(model, anatomy)
    with switched_off([blocks[block] for block in sorted(set(removed))], anatomy):
        yield
