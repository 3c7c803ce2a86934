"""How many blocks a model says it has, before its weights are read and without torch."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lrd_core.errors import ModelError
from lrd_core.models.folder import transformer_part
from lrd_core.models.json_file import read_json
from lrd_core.models.specs import ModelSpec

_COUNTS = re.compile(r".*(layers?|blocks?|depths?|block_sizes)|.*num_layers?_.*|.*layers?_num.*")
"""Names of settings that may count layers, of whatever part."""

_DEPTH = re.compile(r"(.*\.)?(num_hidden_layers|n_layers?|(num_)?(encoder_)?layers|num_layers)")
"""Those of which one must be there: else a count of something beside the blocks stood alone."""


def told_blocks(spec: ModelSpec) -> int | None:
    """The number of the registry, or of a folder's config.json where all its counts of layers
    agree; None where only the loaded model can tell, such as with an encoder beside a decoder of
    another depth."""
    if spec.num_blocks is not None:
        return spec.num_blocks
    folder = Path(spec.id)
    if not folder.is_absolute():
        return None
    try:
        settings = read_json(folder / transformer_part(folder) / "config.json")
    except ModelError:
        return None  # loading says what is wrong with it
    counts = dict(_counting(settings))
    if not any(_DEPTH.fullmatch(name) for name in counts):
        return None
    return _agreed(list(counts.values()))


def _agreed(counts: list[Any]) -> int | None:
    first = counts[0]
    known = type(first) is int and first > 0 and counts.count(first) == len(counts)
    return first if known else None


def _counting(settings: dict[str, Any], part: str = "") -> Iterator[tuple[str, Any]]:
    """Names that speak of layers and their values, in parts with settings of their own too."""
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from _counting(value, f"{part}{name}.")
        elif _COUNTS.fullmatch(name):
            yield part + name, value
