"""Physically remove blocks from a copy of a model, so that it runs and reloads as if built so."""

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from lrd_core.errors import PruningError
from lrd_core.extraction.blocks import find_blocks
from lrd_core.pruning.config_cut import cut_config
from lrd_core.pruning.plan import check_removable

INDEX_NAMES = ("layer_idx", "layer_id", "layer_index", "layer_number", "layer_num", "block_idx")
"""What architectures call a block's own position, on the block or on anything inside it."""

_DEBERTA = frozenset(("deberta", "deberta-v2"))


def fixed_blocks(model: nn.Module) -> dict[int, str]:
    """Blocks that this architecture cannot lose, with the reason.

    The first block is fixed where it is built otherwise than the second (T5 keeps the position
    bias there, ModernBERT leaves out a norm) and in DeBERTa, whose encoder treats it apart.
    """
    blocks = find_blocks(model).blocks
    if _model_type(model) in _DEBERTA:
        return {0: "DeBERTa's encoder treats its first block apart"}
    if len(blocks) > 1 and _shapes(blocks[0]) != _shapes(blocks[1]):
        own = sorted(_shapes(blocks[0]).keys() ^ _shapes(blocks[1]).keys())
        what = own[0] if own else "the shape of its weights"
        return {0: f"it is built otherwise than the second block ({what})"}
    return {}


def check_prunable(model: nn.Module) -> None:
    """Raises: PruningError with the reason where no block can be cut out rightly."""
    found = find_blocks(model)
    if found.shared:
        raise PruningError(
            f"{type(model).__name__} runs one block's weights several times (shared layers): "
            "there is nothing to cut out"
        )
    shared = getattr(_text_config(model), "num_kv_shared_layers", 0) or 0
    if shared > 0:
        raise PruningError(
            f"the last {shared} blocks of {type(model).__name__} reuse keys and values of "
            "earlier blocks; cutting one changes what others read"
        )


def prune(model: nn.Module, removed: Sequence[int]) -> nn.Module:
    """A copy of the model without these blocks; the original stays as it is.

    Blocks keep their weights and move up: their stored positions are renumbered, and every
    per-layer list of the configuration loses the same entries. The copy is compared with a
    fresh model of its configuration, so that what runs now is what loads later.

    Raises: PruningError for blocks that cannot go and for architectures whose blocks behave by
    position (shared layers, shared keys and values, layer periods).
    """
    check_prunable(model)
    blocks = find_blocks(model)
    removed = tuple(sorted(set(removed)))
    check_removable(len(blocks.blocks), removed, fixed_blocks(model))
    pruned = _copy_without(model, [blocks.blocks[block] for block in removed])
    kept = [block for block in range(len(blocks.blocks)) if block not in removed]
    owner_path, _, name = blocks.path.rpartition(".")
    owner = pruned.get_submodule(owner_path)
    old = getattr(owner, name)
    new = nn.ModuleList([old[block] for block in kept]).train(model.training)
    setattr(owner, name, new)
    for position, block in enumerate(new):
        _renumber(block, position)
    for config in _configs(pruned):
        cut_config(config, kept, len(blocks.blocks))
    _check_against_fresh(pruned, new)
    return pruned


def count_parameters(model: nn.Module) -> int:
    """Parameters of a model, shared ones counted once."""
    return sum(parameter.numel() for parameter in model.parameters())


def _copy_without(model: nn.Module, blocks: Sequence[nn.Module]) -> nn.Module:
    """A deep copy that spends no memory on the weights of `blocks`."""
    memo: dict[int, Any] = {id(block): nn.Identity() for block in blocks}
    return copy.deepcopy(model, memo)


def _renumber(block: nn.Module, position: int) -> None:
    for module in block.modules():
        for name in INDEX_NAMES:
            if isinstance(module.__dict__.get(name), int):
                setattr(module, name, position)


def _configs(model: nn.Module) -> list[Any]:
    """Every configuration object that modules hold and that declares the layers."""
    found: dict[int, Any] = {}
    for module in model.modules():
        config = getattr(module, "config", None)
        if config is not None and hasattr(config, "get_text_config"):
            text = config.get_text_config()
            found[id(text)] = text
    return list(found.values())


def _check_against_fresh(pruned: nn.Module, blocks: nn.ModuleList) -> None:
    """Raises: PruningError unless a model built from the cut configuration is this model."""
    fresh = _fresh(pruned)
    ours, theirs = _shapes(pruned), _shapes(fresh)
    if ours != theirs:
        names = ours.keys() | theirs.keys()
        differing = sorted(name for name in names if ours.get(name) != theirs.get(name))
        raise PruningError(
            f"{type(pruned).__name__} without these blocks would not load again: "
            f"{differing[0]} differs from what its configuration builds"
        )
    for position, (block, built) in enumerate(zip(blocks, find_blocks(fresh).blocks, strict=True)):
        for name, value in _plain_attributes(built).items():
            own = _plain_attributes(block).get(name)
            if own != value:
                raise PruningError(
                    f"the block that would become number {position} behaves by its old "
                    f"position: {name} is {own!r} and a model built from the cut "
                    f"configuration has {value!r} there; remove other blocks"
                )


def _fresh(model: nn.Module) -> nn.Module:
    """A model without memory, built from what saving the configuration would write."""
    config: Any = model.config
    try:
        saved = type(config).from_dict(config.to_dict())
        with torch.device("meta"):
            return type(model)(saved)
    except (AssertionError, IndexError, TypeError, ValueError) as error:
        raise PruningError(
            f"{type(model).__name__} without these blocks would not load again: {error}"
        ) from error


def _plain_attributes(block: nn.Module) -> dict[str, Any]:
    """Numbers, flags and words that a block and its parts hold, by dotted name."""
    found: dict[str, Any] = {}
    for path, module in block.named_modules():
        found[f"{path}:type"] = type(module).__name__
        for name, value in vars(module).items():
            plain = isinstance(value, (bool, int, float, str))
            if plain and name != "training" and not name.startswith("_"):
                found[f"{path}.{name}".lstrip(".")] = value
    return found


def _shapes(module: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in module.named_parameters()}


def _text_config(model: nn.Module) -> Any:
    return model.config.get_text_config()


def _model_type(model: nn.Module) -> str:
    return str(getattr(_text_config(model), "model_type", ""))
