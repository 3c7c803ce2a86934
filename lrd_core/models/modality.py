"""Which kind of items a model reads, by the files of its folder. Imports no torch."""

from collections.abc import Mapping
from pathlib import Path

from lrd_core.models.json_file import read_json

PROCESSOR_FILE = "preprocessor_config.json"
"""How pictures are scaled, or sounds are cut, before a model sees them."""

_TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "vocab.json")

_OF_PROCESSORS: Mapping[str, str] = {"image_processor_type": "image"}
"""What a processor's settings say their class under, and the modality that this means."""

NOT_KNOWN = ""
"""Of a model of the hub that the registry does not have and whose files are not here yet."""


def modality_of_folder(folder: Path) -> str:
    """`image` where pictures are all that the folder says how to read; else `text`.

    A model of both, such as CLIP, is read through its texts unless the registry says otherwise.
    """
    if any((folder / name).is_file() for name in _TOKENIZER_FILES):
        return "text"
    settings = read_json(folder / PROCESSOR_FILE)
    found = (kind for word, kind in _OF_PROCESSORS.items() if word in settings)
    return next(found, "text")
