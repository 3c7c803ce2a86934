"""Physically remove blocks from a copy of a model, so that it runs and reloads as if built so."""

import copy
from collections.abc import Sequence

from torch import nn

from lrd_core.pruning.removal import check_prunable, check_removal, cut_view, fixed_blocks

__all__ = ["check_prunable", "count_parameters", "fixed_blocks", "prune"]


def prune(model: nn.Module, removed: Sequence[int]) -> nn.Module:
    """A copy of the model without these blocks; the original stays as it is.

    Blocks keep their weights and move up: their stored positions are renumbered, and every
    per-layer list of the configuration loses the same entries. The copy is what a model built
    from its configuration is, and gives what the model gives with these blocks switched off.

    Raises: PruningError with the reason where that cannot be.
    """
    check_removal(model, removed, exact=True)
    return copy.deepcopy(cut_view(model, removed))


def count_parameters(model: nn.Module) -> int:
    """Parameters of a model, shared ones counted once."""
    return sum(parameter.numel() for parameter in model.parameters())
