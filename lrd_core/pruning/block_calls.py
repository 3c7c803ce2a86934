"""How blocks are called and what they hand on, and running them as something else for a while."""

import copy
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from lrd_core.errors import PruningError


@contextmanager
def switched_off(blocks: Collection[nn.Module]) -> Iterator[None]:
    """Within, these blocks hand on the hidden states that they are given.

    A block that returns more than hidden states still runs, for the rest of what it returns.
    """
    with overridden({block: _identity(block.forward) for block in blocks}):
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
    """A block's output with other hidden states.

    output: a tensor, or a tuple, list or mapping that begins with one.
    """
    if isinstance(output, Mapping):
        changed: Any = copy.copy(output)
        changed[next(iter(output))] = hidden
        return changed
    if isinstance(output, (tuple, list)):
        rest = (hidden, *output[1:])
        return type(output)(*rest) if hasattr(output, "_fields") else type(output)(rest)
    return hidden


def first_tensor(output: Any) -> torch.Tensor:
    """The hidden states, or logits, of a block's or a model's output."""
    if isinstance(output, torch.Tensor):
        return output
    values = list(output.values()) if isinstance(output, Mapping) else output
    found: torch.Tensor = values[0]
    return found


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
