"""Weights of a folder that found no place in the model it describes. Imports no torch."""

import re
from collections.abc import Collection

from lrd_core.errors import ModelError

_NUMBER = re.compile(r"(?<=\.)\d+(?=\.)|^\d+(?=\.)")


def refuse_left_over(name: str, expected: Collection[str], unexpected: Collection[str]) -> None:
    """See that nothing which belongs to the blocks was left out while loading.

    expected: names of the model's own parameters. unexpected: tensors in its weights files that it
    has no place for; heads and poolers among them are left out rightly.

    Raises: ModelError that names a tensor.
    """
    left = left_over(expected, unexpected)
    if left:
        raise ModelError(
            f"the weights of {name} hold {len(left)} tensors for its blocks that its config.json "
            f"does not provide for, such as {left[0]}; they would be left out: put the "
            "config.json that belongs to these weights there, merge adapters, or save it again"
        )


def left_over(expected: Collection[str], unexpected: Collection[str]) -> list[str]:
    """Tensors of blocks that were not read: further blocks, scales, biases, adapters."""
    blocks = {_NUMBER.sub("N", name) for name in expected if _NUMBER.search(name)}
    layers = {name.rpartition(".")[0] for name in blocks if name.endswith(".weight")}
    return sorted(key for key in unexpected if _belongs(_NUMBER.sub("N", key), blocks, layers))


def _belongs(key: str, blocks: set[str], layers: set[str]) -> bool:
    # Checkpoints with a head name their blocks below a prefix such as `model.`.
    for prefix in range(3):
        name = key.split(".", prefix)[-1]
        parents = [name.rsplit(".", depth)[0] for depth in (1, 2) if name.count(".") >= depth]
        if "N" in name.split(".") and (name in blocks or any(p in layers for p in parents)):
            return True
    return False
