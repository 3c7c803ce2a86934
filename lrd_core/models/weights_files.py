"""Which weights a model folder has, and whether they may be opened. Imports no torch."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lrd_core.errors import ModelError, ModelRefusedError
from lrd_core.models.folder import require_plain
from lrd_core.models.json_file import read_json

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"

_PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
_NOT_WEIGHTS = ("training_args.bin", "optimizer.pt", "scheduler.pt", "rng_state.pth", "scaler.pt")
_OTHER_FORMATS = (*_PICKLED, ".gguf", ".h5", ".msgpack", ".onnx", ".ot")
_ANOTHER_COPY = re.compile(r"(consolidated.*|model\.(?!safetensors)[^.]+)\.safetensors")
"""The original format of some makers, and variants such as model.fp16.safetensors."""


def refuse_listing(name: str, files: Sequence[str]) -> None:
    """Raise unless a listing of a model's files holds weights that can be read as they are.

    Raises: ModelRefusedError if the only weights are pickled; ModelError for an adapter, alone or
        beside its base, and for weights in another format, of another name, or none.
    """
    top = sorted(file for file in files if "/" not in file)
    readable = SINGLE in top or INDEX in top
    adapter = next(
        (file for file in top if file.startswith(("adapter_config.", "adapter_model"))), ""
    )
    if adapter:
        what = "holds an adapter beside its weights" if readable else "holds only an adapter"
        raise ModelError(
            f"{name} {what} ({adapter}), which is not applied here; merge it into its base model "
            "(merge_and_unload of peft) and give that folder"
            + (", or take the adapter's files away to read the base model alone" * readable)
        )
    if readable:
        return
    pickled = [file for file in top if file.endswith(_PICKLED) and not _is_leftover(file)]
    if pickled:
        raise ModelRefusedError(
            f"{name} is refused: its weights are pickled ({pickled[0]}), and unpickling runs code; "
            "convert them to safetensors and give that folder"
        )
    others = [file for file in top if file.endswith((".safetensors", *_OTHER_FORMATS))]
    others = [file for file in others if not _is_leftover(file)]
    if others:
        raise ModelError(
            f"{name} holds no {SINGLE}, nor an index ({INDEX}) of its parts; {others[0]} is not "
            "read: save the model with save_pretrained of transformers and give that folder"
        )
    raise ModelError(f"{name} holds no weights; a folder with *.safetensors is needed")


def weights_files(name: str, folder: Path) -> tuple[str, ...]:
    """The weights files that transformers reads from a folder, and their index if there is one.

    Raises: as `refuse_listing`; ModelRefusedError for an index that names anything but safetensors
        of this folder; ModelError for parts that are missing, or weights that would go unread.
    """
    files = _names(folder)
    refuse_listing(name, files)
    _refuse_renamed(name, folder)
    read = {SINGLE} if SINGLE in files else {INDEX, *_shards(name, folder)}
    weights = {file for file in files if file.endswith(".safetensors") or file == INDEX}
    unread = sorted(file for file in weights - read if not _ANOTHER_COPY.fullmatch(file))
    if unread:
        raise ModelError(
            f"{name} holds {min(read)} and also {unread[0]}, of which only the first would be "
            "read; take away what does not belong to the model"
        )
    for file in read:
        require_plain(folder, file)
    return tuple(sorted(read))


def unread_weights(folder: Path, read: Sequence[str]) -> tuple[str, ...]:
    """Weights in a folder beside those that are read: pickles, other formats, variants."""
    found = [f for f in _names(folder) if f.endswith((".safetensors", *_OTHER_FORMATS))]
    return tuple(sorted(file for file in found if file not in read and not _is_leftover(file)))


def _shards(name: str, folder: Path) -> set[str]:
    """The files that the index names."""
    mapping = read_json(folder / INDEX).get("weight_map")
    if not isinstance(mapping, dict) or not mapping:
        raise ModelError(f"{folder / INDEX} names no weights (weight_map); fetch the model again")
    shards: set[Any] = {
        shard if isinstance(shard, str) else str(shard) for shard in mapping.values()
    }
    for shard in sorted(shards):
        if not re.fullmatch(r"[^/\\\0]+\.safetensors", shard):
            raise ModelRefusedError(
                f"{name} is refused: {INDEX} names {shard[:80]!r} as a weights file; only "
                "safetensors files in the model's own folder are read"
            )
    missing = sorted(shard for shard in shards if not (folder / shard).exists())
    if missing:
        raise ModelError(
            f"{name} lacks {len(missing)} of {len(shards)} weights files, such as {missing[0]}; "
            "fetch the model again"
        )
    return shards


def _refuse_renamed(name: str, folder: Path) -> None:
    """transformers reads another weights file where the configuration names one."""
    named = read_json(folder / "config.json").get("transformers_weights")
    if named is not None:
        raise ModelRefusedError(
            f"{name} is refused: its config.json names a weights file of its own "
            f"(transformers_weights: {str(named)[:80]!r}); call it {SINGLE} and take the line out"
        )


def _names(folder: Path) -> list[str]:
    try:
        return sorted(file.name for file in folder.iterdir())
    except OSError as error:
        raise ModelError(f"{folder} cannot be read ({error.strerror}); give a folder") from error


def _is_leftover(file: str) -> bool:
    return file.startswith(("optimizer", "rng_state", "scheduler")) or file in _NOT_WEIGHTS
