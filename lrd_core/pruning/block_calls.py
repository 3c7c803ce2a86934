"""How blocks are called and what they hand on, and running them as something else for a while."""

import copy
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from lrd_core.errors import PruningError
from lrd_core.models.anatomy import Anatomy


@contextmanager
def switched_off(blocks: Collection[nn.Module], anatomy: Anatomy) -> Iterator[None]:
    """Within, these blocks hand on the hidden states that they are given.

    A block that returns more than hidden states still runs, for the rest of what it returns.
    """
    with overridden({block: _identity(block.forward, anatomy) for block in blocks}):
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


def hidden_of(anatomy: Anatomy, args: tuple[Any, ...], kwargs: dict[str, Any]) -> torch.Tensor:
    """The hidden states among a block's arguments."""
    place = anatomy.entry
    found: torch.Tensor = args[place] if isinstance(place, int) else kwargs[place]
    return found


def given_hidden(
    anatomy: Anatomy, args: tuple[Any, ...], kwargs: dict[str, Any], hidden: torch.Tensor
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A block's arguments with other hidden states."""
    place = anatomy.entry
    if isinstance(place, int):
        return (*args[:place], hidden, *args[place + 1 :]), kwargs
    return args, kwargs | {place: hidden}


def hidden_in(anatomy: Anatomy, output: Any) -> torch.Tensor:
    """The hidden states in a block's output."""
    found: torch.Tensor = output if anatomy.leave is None else output[anatomy.leave]
    return found


def with_hidden(anatomy: Anatomy, output: Any, hidden: torch.Tensor) -> Any:
    """A block's output, whatever form it has, with other hidden states."""
    place = anatomy.leave
    if place is None:
        return hidden
    if isinstance(output, Mapping):
        changed: Any = copy.copy(output)
        changed[place] = hidden
        return changed
    rest = [hidden if index == place else value for index, value in enumerate(output)]
    return type(output)(*rest) if hasattr(output, "_fields") else type(output)(rest)


def first_tensor(output: Any) -> torch.Tensor:
    """The hidden states, or logits, of a model's output."""
    if isinstance(output, torch.Tensor):
        return output
    values = list(output.values()) if isinstance(output, Mapping) else output
    found: torch.Tensor = values[0]
    return found


def _identity(original: Callable[..., Any], anatomy: Anatomy) -> Callable[..., Any]:
    def forward(*args: Any, **kwargs: Any) -> Any:
        hidden = hidden_of(anatomy, args, kwargs)
        if anatomy.leave is None:
            return hidden
        return with_hidden(anatomy, original(*args, **kwargs), hidden)

    return forward
