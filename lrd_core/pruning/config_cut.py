"""Cut a configuration to the blocks that stay: the layer count and every per-layer list."""

from collections.abc import Sequence
from typing import Any

from lrd_core.errors import PruningError

COUNT_NAMES = ("num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers", "depth")
"""What configurations call the number of layers; those that hold it are set."""

POSITION_LISTS = (
    "mlp_only_layers",
    "full_attn_idxs",
    "cross_attention_layers",
    "moe_layers",
    "attn_layer_idx",
)
"""Lists of layer positions, which are renumbered instead of cut."""

NOT_PER_LAYER = frozenset(("architectures", "eos_token_id", "bos_token_id", "pad_token_id"))
"""Lists that can be as long as the model is deep by coincidence."""


def cut_config(config: Any, kept: Sequence[int], num_blocks: int) -> None:
    """Make the configuration declare only the kept blocks, in place.

    Read-only lists that the configuration derives itself (Mamba's layer_types) are not set; they
    must come out as the kept entries of what they were.

    Raises: PruningError where a derived list comes out otherwise (Jamba derives it from a
    period), or no layer count is found.
    """
    lists = per_layer_lists(config, num_blocks)
    derived = {name for name in lists if _is_property(config, name)}
    for name in set(lists) - derived:
        setattr(config, name, _like(lists[name], [lists[name][block] for block in kept]))
    _renumber_positions(config, kept)
    _set_count(config, len(kept), num_blocks)
    for name in sorted(derived):
        expected = [lists[name][block] for block in kept]
        if list(getattr(config, name)) != expected:
            raise PruningError(
                f"{type(config).__name__} derives {name} from a layer period; these blocks "
                "cannot be cut out without changing what the others are"
            )


def per_layer_lists(config: Any, num_blocks: int) -> dict[str, Any]:
    """Every list or tuple of the configuration with one entry a block, by name."""
    names = {name for name in vars(config) if not name.startswith("_")}
    names |= {name for name in dir(type(config)) if _is_property(config, name)}
    found = {}
    for name in sorted(names - NOT_PER_LAYER - set(POSITION_LISTS)):
        value = getattr(config, name, None)
        if isinstance(value, (list, tuple)) and len(value) == num_blocks:
            found[name] = value
    return found


def _is_property(config: Any, name: str) -> bool:
    return not name.startswith("_") and isinstance(getattr(type(config), name, None), property)


def _like(original: Any, values: list[Any]) -> Any:
    return tuple(values) if isinstance(original, tuple) else values


def _renumber_positions(config: Any, kept: Sequence[int]) -> None:
    new = {old: position for position, old in enumerate(kept)}
    for name in POSITION_LISTS:
        value = vars(config).get(name)
        if isinstance(value, (list, tuple)):
            setattr(config, name, _like(value, [new[old] for old in value if old in new]))


def _set_count(config: Any, count: int, num_blocks: int) -> None:
    mapped = {getattr(config, "attribute_map", {}).get(name, name) for name in COUNT_NAMES}
    holders = [name for name in sorted(mapped) if vars(config).get(name) == num_blocks]
    if not holders:
        raise PruningError(
            f"{type(config).__name__} declares no layer count of {num_blocks} under a known name"
        )
    for name in holders:
        setattr(config, name, count)
