"""Which kind of items a model reads, by the files of its folder. Imports no torch."""

from collections.abc import Mapping
from pathlib import Path

from lrd_core.models.json_file import read_json

PROCESSOR_FILE = "preprocessor_config.json"
"""How pictures are scaled, or sounds are cut, before a model sees them."""

_TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "vocab.json")

_OF_PROCESSORS: Mapping[str, str] = {
    "sampling_rate": "audio",
    "image_processor_type": "image",
    "image_mean": "image",
}
"""What settings of a processor are for, by the modality that they mean."""

NOT_KNOWN = ""
"""Of a model of the hub that the registry does not have and whose files are not here yet."""


def modality_of_folder(folder: Path) -> str:
    """`image` or `audio` where that is all that the model takes; else `text`.

    A model of texts and pictures, or of texts and sounds, such as CLIP, is read through its texts
    unless the registry says otherwise. A tokenizer beside what hears is for what was heard.
    """
    settings = read_json(folder / PROCESSOR_FILE)
    found = next((kind for word, kind in _OF_PROCESSORS.items() if word in settings), "text")
    if found == "audio":
        return "text" if "text_config" in read_json(folder / "config.json") else found
    reads_texts = any((folder / name).is_file() for name in _TOKENIZER_FILES)
    return "text" if reads_texts else found
