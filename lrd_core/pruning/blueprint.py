"""What a model built from a configuration is made of: shapes, and what its modules hold.

Comparing two blueprints tells whether a cut model is what its configuration would build anew.
"""

import copy
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from lrd_core.errors import PruningError

_OWN_POSITION = re.compile(r"_?(layer|block)_(idx|id|index|number|num)")
"""What a block, or anything inside it, calls the block's own position."""

_PLAIN = (bool, int, float, str)

Facts = dict[str, Any]


@dataclass(frozen=True)
class Blueprint:
    """A model without its numbers, all by dotted path.

    blocks: shapes, types and plain values of each block. positions: what each block holds to know
    its own position. shapes, values: of everything outside the blocks.
    """

    blocks: tuple[Facts, ...]
    positions: tuple[Facts, ...]
    shapes: Facts
    values: Facts


def blueprint(model: nn.Module, path: str) -> Blueprint:
    """The blueprint of a model whose block list is at this path."""
    blocks: Any = model.get_submodule(path)
    described = [dict(_facts(block)) for block in blocks]
    inside = f"{path}."
    return Blueprint(
        blocks=tuple(
            _shapes(block) | _split(facts, False)
            for block, facts in zip(blocks, described, strict=True)
        ),
        positions=tuple(_split(facts, True) for facts in described),
        shapes={k: v for k, v in _shapes(model).items() if not k.startswith(inside)},
        values={k: v for k, v in _facts(model) if not k.startswith((inside, f"{path}:"))},
    )


def build(model: nn.Module, config: Any) -> nn.Module:
    """A model of the same class without memory, from what saving the configuration would write.

    Raises: PruningError with the first words of whatever the configuration or model says.
    """
    try:
        saved = type(config).from_dict(config.to_dict())
        with torch.device("meta"):
            fresh: nn.Module = type(model)(saved)
    except Exception as error:  # whatever a model's own constructor raises: it would not load
        raise PruningError(f"it would not load again: {first_words(error)}") from error
    return fresh


def difference(cut: Blueprint, fresh: Blueprint) -> str | None:
    """Why a cut model is not what its configuration builds, in words; None where it is."""
    if len(cut.blocks) != len(fresh.blocks):
        return (
            "it would not load again: its configuration declares no number of layers that can be "
            f"set ({len(fresh.blocks)} blocks are built where {len(cut.blocks)} stay)"
        )
    for position, (own, built) in enumerate(zip(cut.blocks, fresh.blocks, strict=True)):
        name = _first_differing(own, built)
        if name is not None:
            return (
                f"the block that would become number {position} behaves by its old position: "
                f"{name.replace(':', ' ').strip()} is {_words(own.get(name))} and a model built "
                f"from the cut configuration has {_words(built.get(name))} there"
            )
    name = _first_differing(cut.shapes, fresh.shapes)
    if name is not None:
        return (
            f"it would not load again: {name} is {_words(cut.shapes.get(name))} and its "
            f"configuration builds {_words(fresh.shapes.get(name))}"
        )
    return None


def renumber(model: nn.Module, path: str, before: Blueprint, after: Blueprint) -> None:
    """Make a cut model hold what its configuration builds: positions, and values beside blocks.

    before, after: of models built from the whole and from the cut configuration. Values that
    both give alike are left as they are in the model.
    """
    for number, positions in enumerate(after.positions):
        for name, value in positions.items():
            _set(model, f"{path}.{number}.{name}", value)
    for name, value in after.values.items():
        if ":" not in name and value != before.values.get(name):
            _set(model, name, value)


def _words(value: Any) -> str:
    if value is None:
        return "missing"
    return " x ".join(map(str, value)) if isinstance(value, torch.Size) else repr(value)


def first_words(error: Exception) -> str:
    """The last line of an error, where nested ones put their reason, with its type."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[-1][:200]}" if lines else type(error).__name__


def _facts(root: nn.Module) -> Iterator[tuple[str, Any]]:
    """Types, and numbers, flags, words and lists of them that a module and its parts hold."""
    for path, module in root.named_modules():
        yield f"{path}:type", type(module).__name__
        prefix = f"{path}." if path else ""
        for name, value in vars(module).items():
            private = name.startswith("_") and not _OWN_POSITION.fullmatch(name)
            if name != "training" and not private and _is_plain(value):
                yield f"{prefix}{name}", value


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(isinstance(entry, _PLAIN) for entry in value)
    return isinstance(value, _PLAIN)


def _split(facts: Facts, positions: bool) -> Facts:
    return {name: value for name, value in facts.items() if _by_position(name, value) is positions}


def _by_position(name: str, value: Any) -> bool:
    """A block's own position, or a list, such as of every block's kind, to look itself up in."""
    return bool(_OWN_POSITION.fullmatch(name.rpartition(".")[2])) or not isinstance(value, _PLAIN)


def _shapes(module: nn.Module) -> Facts:
    return {name: value.shape for name, value in module.state_dict().items()}


def _first_differing(own: Facts, built: Facts) -> str | None:
    """A name of which the two say otherwise; what running has left on a module alone is none."""
    made = {name for name, value in own.items() if isinstance(value, torch.Size) or ":" in name}
    names = sorted(built.keys() | made)
    differing = [n for n in names if _comparable(own.get(n)) != _comparable(built.get(n))]
    # Where both have it, the difference says more than where one lacks it.
    return min(differing, key=lambda n: own.get(n) is None or built.get(n) is None, default=None)


def _comparable(value: Any) -> Any:
    """A list that comes back from a file is what went in as a tuple."""
    return list(value) if isinstance(value, tuple) else value


def _set(model: nn.Module, name: str, value: Any) -> None:
    owner, _, attribute = name.rpartition(".")
    module = model.get_submodule(owner)
    if _comparable(getattr(module, attribute, None)) != _comparable(value):
        setattr(module, attribute, copy.copy(value))


def kinds(blocks: Sequence[Facts]) -> tuple[str, ...]:
    """A word for each block; blocks of one word are built alike, position apart."""
    return tuple(json.dumps(facts, sort_keys=True, default=str) for facts in blocks)
