"""Run a model as if blocks were gone, without copying it: for scores, never for latency."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from lrd_core.errors import PruningError
from lrd_core.extraction.blocks import find_blocks
from lrd_core.pruning.plan import check_removable
from lrd_core.pruning.surgery import check_prunable, fixed_blocks


@contextmanager
def bypassed(model: nn.Module, removed: Sequence[int]) -> Iterator[None]:
    """Within, these blocks hand on what they are given; afterwards the model is as before.

    Numbers are those of the physically pruned model (tested for every architecture). A block
    that returns more than hidden states still runs, for the rest of what it returns.
    Raises: PruningError for blocks that surgery could not remove either.
    """
    check_prunable(model)
    blocks = find_blocks(model).blocks
    if removed:
        check_removable(len(blocks), removed, fixed_blocks(model))
    chosen = [blocks[block] for block in sorted(set(removed))]
    with overridden({block: _identity(block.forward) for block in chosen}):
        yield


@contextmanager
def overridden(forwards: dict[nn.Module, Callable[..., Any]]) -> Iterator[None]:
    """Within, these modules compute by the given functions; hooks on them still run.

    Raises: PruningError for a module whose forward is overridden already.
    """
    for module in forwards:
        if "forward" in module.__dict__:
            raise PruningError(
                f"{type(module).__name__} is bypassed already; leave the first bypass before"
            )
    try:
        for module, forward in forwards.items():
            module.forward = forward
        yield
    finally:
        for module in forwards:
            module.__dict__.pop("forward", None)


@contextmanager
def without_cache(model: nn.Module) -> Iterator[None]:
    """Within, the model keeps no keys and values: one pass over whole texts needs none."""
    configs = [
        config
        for config in {
            id(m.config): m.config for m in model.modules() if hasattr(m, "config")
        }.values()
        if getattr(config, "use_cache", None)
    ]
    for config in configs:
        config.use_cache = False
    try:
        yield
    finally:
        for config in configs:
            config.use_cache = True


def hidden_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> torch.Tensor:
    """The hidden states among a block's arguments."""
    found: torch.Tensor = args[0] if args else kwargs["hidden_states"]
    return found


def with_hidden(output: Any, hidden: torch.Tensor) -> Any:
    """A block's output with other hidden states: a tensor or a tuple that begins with one."""
    return (hidden, *output[1:]) if isinstance(output, tuple) else hidden


def _identity(original: Callable[..., Any]) -> Callable[..., Any]:
    gives_tensor = False

    def forward(*args: Any, **kwargs: Any) -> Any:
        nonlocal gives_tensor
        hidden = hidden_of(args, kwargs)
        if gives_tensor:
            return hidden
        output = original(*args, **kwargs)
        gives_tensor = isinstance(output, torch.Tensor)
        return with_hidden(output, hidden)

    return forward
