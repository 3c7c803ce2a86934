"""Whether a folder holds what its tokenizer is made of, and not only what its class can guess."""

from pathlib import Path
from typing import Any

from lrd_core.errors import ModelError

_SERIALISED = "tokenizer.json"
_SETTINGS = "tokenizer_config.json"
_PROBE = "The Naïve fox, 3 TIMES: jumps\tover—42 dogs?"
"""Cases, accents, digits and signs: what tokenizers treat differently when they are misled."""

_NO_VOCABULARY = ("tokenizer_file", "normalizer_file", "tokenizer_config_file")


def require_tokenizer(name: str, folder: Path, tokenizer: Any) -> None:
    """See that a tokenizer was read and not made up.

    Without its files transformers makes a tokenizer of the model's type that knows almost no
    word, or takes the type's own way of cutting texts: other tokens, and so other numbers.

    Raises: ModelError that names what is missing.
    """
    files = dict(getattr(type(tokenizer), "vocab_files_names", {}))
    vocabulary = [file for role, file in files.items() if role not in _NO_VOCABULARY]
    serialised = (folder / _SERIALISED).is_file()
    # Where one of several is missing, the class itself says so.
    if vocabulary and not serialised and not any((folder / f).is_file() for f in vocabulary):
        raise ModelError(
            f"{name} lacks its tokenizer: neither {_SERIALISED} nor {', '.join(vocabulary)} is in "
            f"{folder}; put the tokenizer's files back, or fetch the model again"
        )
    if (folder / _SETTINGS).is_file():
        return
    if not serialised or not _cuts_as_saved(folder / _SERIALISED, tokenizer):
        raise ModelError(
            f"{name} lacks {_SETTINGS}, so how its texts are cut would be a guess; put it back, "
            "or save the tokenizer again with save_pretrained of transformers"
        )


def _cuts_as_saved(file: Path, tokenizer: Any) -> bool:
    """Whether the loaded tokenizer gives the tokens of the file it was made from."""
    from tokenizers import Tokenizer

    saved = Tokenizer.from_file(str(file)).encode(_PROBE).ids
    return bool(saved == list(tokenizer(_PROBE)["input_ids"]))
