"""What a configuration declares of single blocks, and what it must declare once some are gone.

No list of model types: names only tell where to look, and removal.py builds a model from the
result and compares.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torch import nn

COUNT_NAMES = (
    *("num_hidden_layers", "n_layer", "n_layers", "num_layers", "depth"),
    *("encoder_layers", "num_encoder_layers"),
)
"""What configurations call the number of layers; those that hold it are set."""

PER_LAYER = "per_layer_config"
"""Settings of single layers that differ from the rest, by position: transformers' own way."""

_ABOUT_BLOCKS = re.compile(r"layer|block|idx|ind(ex|ices)|mlp")
_NOT_PER_LAYER = re.compile(r"architectures|\w*token\w*")
"""Lists that can be as long as the model is deep, or hold small numbers, by coincidence."""


def block_config(model: nn.Module, path: str) -> Any:
    """The configuration that governs the block list at this dotted path.

    It is that of the module nearest to the list: a model of texts and images has one for each.
    """
    holders = [module for module in _on_the_way(model, path) if _has_config(module)]
    config: Any = holders[-1].config
    declares = any(isinstance(vars(config).get(name), int) for name in _count_names(config))
    return config if declares else config.get_text_config()


def governing(config: Any, block: Any) -> Any:
    """The part of a module's configuration that is the blocks' one, or None.

    Modules may hold a copy of it, or a larger configuration that contains it.
    """
    if type(config) is type(block):
        return config
    parts = [part for part in _parts(config) if type(part) is type(block)]
    exact = [part for part in parts if part is block or part.to_dict() == block.to_dict()]
    return next(iter(exact or parts), None)


def governing_configs(model: nn.Module, path: str) -> list[Any]:
    """Every configuration object that governs the blocks: on the way to them and inside them."""
    block = block_config(model, path)
    inside = model.get_submodule(path).modules()
    held = [module.config for module in (*_on_the_way(model, path), *inside) if _has_config(module)]
    found = [governing(config, block) for config in held]
    return list({id(config): config for config in found if config is not None}.values())


def cut_values(config: Any, kept: Sequence[int], num_blocks: int) -> dict[str, Any]:
    """What must change, by name, so that the configuration declares only the kept blocks.

    Lists with one entry a block lose the same entries, positions are renumbered, the layer count
    is set. Read-only lists that the configuration derives itself are not among them.
    """
    values: dict[str, Any] = {}
    for name, declared in per_layer_lists(config, num_blocks).items():
        if not _is_property(config, name):
            values[name] = _like(declared, [declared[block] for block in kept])
    new = {old: position for position, old in enumerate(kept)}
    for name, positions in _position_lists(config, num_blocks).items():
        values[name] = _like(positions, [new[old] for old in positions if old in new])
    for name in _count_names(config):
        if vars(config).get(name) == num_blocks:
            values[name] = len(kept)
    values |= _stages(config, len(kept), num_blocks)
    if getattr(config, "is_heterogeneous", False):
        own = {int(layer): value for layer, value in config.to_dict()[PER_LAYER].items()}
        values[PER_LAYER] = {new[layer]: value for layer, value in own.items() if layer in new}
    return values


def _stages(config: Any, kept: int, num_blocks: int) -> dict[str, Any]:
    """Names of depths that a vision configuration keeps for use as a backbone: one a layer.

    Only the last is given out by default, and a configuration that gives out one that is gone is
    refused.
    """
    names = _read(config, "stage_names")
    if not isinstance(names, (list, tuple)) or len(names) != num_blocks + 1:
        return {}
    left = {"stage_names": [*names[: kept + 1]]}
    left |= {"out_features": [names[kept]], "out_indices": [kept]}
    return {
        f"{mark}{name}": value
        for name, value in left.items()
        for mark in ("", "_")
        if f"{mark}{name}" in vars(config)
    }


def apply_values(config: Any, values: Mapping[str, Any]) -> None:
    """Set them, in place, and all at once: a count and a list that disagree would be refused."""
    vars(config).update({name: value for name, value in values.items() if name != PER_LAYER})
    if PER_LAYER in values:
        config.per_layer_config = values[PER_LAYER]


def other_readings(config: Any, kept: Sequence[int], num_blocks: int) -> Iterator[tuple[str, Any]]:
    """What else a number or list of the configuration may mean, one name and value at a time.

    A number may count the first blocks, or the last (such as those before the first with
    experts); a list may be as long as the model is deep by coincidence. Which reading is right,
    a model that is built from it must tell.
    """
    for name, value in sorted(vars(config).items()):
        countable = isinstance(value, int) and not isinstance(value, bool)
        if not countable or _NOT_PER_LAYER.fullmatch(name) or not 0 < value <= num_blocks:
            continue
        first = sum(block < value for block in kept)
        last = sum(block >= num_blocks - value for block in kept)
        yield from ((name, new) for new in sorted({first, last} - {value}))
    for name, value in vars(config).items():
        if isinstance(value, (list, tuple)) and len(value) == num_blocks:
            yield name, value
            yield name, _like(value, [value[block] for block in kept])


def per_layer_lists(config: Any, num_blocks: int) -> dict[str, Any]:
    """Every list or tuple of the configuration with one entry a block, by name."""
    names = {name for name in vars(config) if not name.startswith("_")}
    names |= {name for name in dir(type(config)) if _is_property(config, name)}
    found = {}
    for name in sorted(names - set(_position_lists(config, num_blocks))):
        value = _read(config, name)
        fits = isinstance(value, (list, tuple)) and len(value) == num_blocks
        if fits and not _NOT_PER_LAYER.fullmatch(name):
            found[name] = value
    return found


def lost_kinds(config: Any, kept: Sequence[int], num_blocks: int) -> list[str]:
    """Words that the configuration has for blocks and that no kept block goes by."""
    lists = per_layer_lists(config, num_blocks).values()
    lost = {
        word
        for words in lists
        if all(isinstance(word, str) for word in words)
        for word in {*words} - {words[block] for block in kept}
    }
    return sorted(lost)


def _position_lists(config: Any, num_blocks: int) -> dict[str, Any]:
    """Lists of block positions, such as the blocks that have attention: ascending, none twice."""
    found = {}
    for name, value in vars(config).items():
        listed = isinstance(value, (list, tuple)) and len(value) > 0
        if not listed or not _ABOUT_BLOCKS.search(name) or _NOT_PER_LAYER.fullmatch(name):
            continue
        numbers = all(isinstance(entry, int) and not isinstance(entry, bool) for entry in value)
        if (
            numbers
            and list(value) == sorted(set(value))
            and 0 <= value[0] <= value[-1] < num_blocks
        ):
            found[name] = value
    return found


def _count_names(config: Any) -> list[str]:
    return sorted({getattr(config, "attribute_map", {}).get(name, name) for name in COUNT_NAMES})


def _on_the_way(model: nn.Module, path: str) -> list[nn.Module]:
    """The model and every module that contains the one at this path, outermost first."""
    owners = path.split(".")[:-1]
    return [model.get_submodule(".".join(owners[:depth])) for depth in range(len(owners) + 1)]


def _has_config(module: nn.Module) -> bool:
    return hasattr(getattr(module, "config", None), "to_dict")


def _parts(config: Any) -> Iterator[Any]:
    """The configurations inside a configuration, at any depth."""
    for value in vars(config).values():
        if hasattr(value, "to_dict") and hasattr(value, "model_type"):
            yield value
            yield from _parts(value)


def _read(config: Any, name: str) -> Any:
    """An attribute; None where the configuration refuses to say it for all layers at once."""
    try:
        return getattr(config, name)
    except (AttributeError, RuntimeError):
        return None


def _is_property(config: Any, name: str) -> bool:
    return not name.startswith("_") and isinstance(getattr(type(config), name, None), property)


def _like(original: Any, values: list[Any]) -> Any:
    return tuple(values) if isinstance(original, tuple) else values
