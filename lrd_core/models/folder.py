"""Which files of a model folder are read: what its identity is made of. Imports no torch.

Everything counts but what is known to be unread, so that an unknown file may cost a second
computation and never an old number.
"""

import os
import re
import stat
from pathlib import Path

from lrd_core.errors import ModelError, ModelRefusedError
from lrd_core.models.module_list import read_modules, transformer_folder

_MODULE = re.compile(r"\d+_\w+")
"""How sentence-transformers calls the folders of its modules: 1_Pooling, 2_Dense."""

_HUB_SNAPSHOT = "snapshots"
_HUB_BLOBS = "blobs"
_UNREAD_FOLDERS = re.compile(
    r"__pycache__|checkpoint-\d+|global_step\d+|coreml|eval|logs|onnx|openvino|runs|wandb"
)
_UNREAD = re.compile(
    r"(licen[cs]e|notice|readme|optimizer|scheduler|rng_state|events\.out).*"
    r"|(generation_config|trainer_state|(all|eval|train)_results|pack)\.json|desktop\.ini|thumbs\.db"
    r"|.*\.(bmp|csv|gif|htm|html|ipynb|jpeg|jpg|lock|log|md|pdf|png|pyc|rst|svg|webp)",
    re.IGNORECASE,
)
_OTHER_WEIGHTS = re.compile(
    r".*\.(bin|ckpt|gguf|gz|h5|msgpack|npz|onnx|ot|pickle|pkl|pt|pth|tar|tflite|zip)", re.IGNORECASE
)
_CODE = re.compile(r".*\.(py|sh|ya?ml)", re.IGNORECASE)
MOST_FILES = 2000


def files_read(
    folder: Path, transformer: str, weights: tuple[str, ...], own_code: bool = False
) -> tuple[str, ...]:
    """Names of the files that decide what the model in a folder computes, sorted.

    transformer: where below the folder config.json and weights are, "" for the folder itself.
    weights: the weights files there, from `weights_files`; other safetensors are not read.
    own_code: whether code in the folder runs; it may read anything there, so everything counts.

    Raises: ModelError for a file that is no ordinary file or cannot be read; ModelRefusedError
        for a link that leads out of the folder.
    """
    modules = {path.split("/")[0] for path in module_paths(folder)} - {transformer}
    names = _plain_files(folder, "", () if transformer else weights, own_code)
    if transformer:
        names += _plain_files(folder, transformer, weights, own_code)
    for entry in _entries(folder):
        if not _is_folder(entry) or entry.name == transformer or entry.name.startswith("."):
            continue
        if own_code or entry.name in modules or _MODULE.fullmatch(entry.name):
            names += _all_files(folder, entry, entry.name, own_code)
    if len(names) > MOST_FILES:
        raise ModelError(f"{folder} holds {len(names):,} files to read; is it one model's folder?")
    for name in names:
        require_plain(folder, name)
    return tuple(sorted(names))


def transformer_part(folder: Path) -> str:
    """Where below a folder the transformer is: "" for the folder itself, or such as 0_Transformer.

    Raises: ModelError for a modules.json that cannot be read or begins with another module.
    """
    part = transformer_folder(folder).relative_to(folder).as_posix()
    return "" if part == "." else part


def module_paths(folder: Path) -> list[str]:
    """Folders of the modules that modules.json names, in order. Raises: ModelError."""
    return [module.folder.relative_to(folder).as_posix() for module in read_modules(folder)]


def require_plain(folder: Path, name: str) -> None:
    """See that a file of the folder can be opened without surprise.

    Raises: ModelError for anything but an ordinary file that this user can read; ModelRefusedError
        for a link out of the folder, unless it leads to the hub cache's own blobs.
    """
    file = folder / name
    try:
        found = file.stat()
        target = Path(os.path.realpath(file))
    except OSError as error:
        raise ModelError(
            f"{file} cannot be read ({error.strerror}); fetch the model again"
        ) from error
    if not stat.S_ISREG(found.st_mode):
        raise ModelError(f"{file} is no ordinary file; fetch the model again")
    if not os.access(file, os.R_OK):
        raise ModelError(f"{file} cannot be read (permission denied); let this user read it")
    inside = Path(os.path.realpath(folder))
    if not target.is_relative_to(inside) and not _is_blob(target, inside):
        raise ModelRefusedError(
            f"{file} is a link to {target}, outside the model's folder; put the file itself there"
        )


def _is_blob(target: Path, folder: Path) -> bool:
    """Whether the target is where the hub's cache keeps the files of this snapshot."""
    return folder.parent.name == _HUB_SNAPSHOT and (
        target.parent == folder.parent.parent / _HUB_BLOBS
    )


def _counts(name: str, weights: tuple[str, ...], own_code: bool) -> bool:
    if _UNREAD.fullmatch(name):
        return False
    if name.endswith((".safetensors", ".safetensors.index.json")):
        return name in weights or own_code
    return own_code or not (_OTHER_WEIGHTS.fullmatch(name) or _CODE.fullmatch(name))


def _plain_files(folder: Path, below: str, weights: tuple[str, ...], own_code: bool) -> list[str]:
    """Files directly in a folder that count, as names below the model's folder."""
    return [
        f"{below}/{entry.name}" if below else entry.name
        for entry in _entries(folder / below)
        if not entry.name.startswith(".") and not _is_folder(entry)
        if _counts(entry.name, weights, own_code)
    ]


def _all_files(folder: Path, place: os.DirEntry[str], below: str, own_code: bool) -> list[str]:
    """Files at any depth; of what training and other formats leave, only where code may read it."""
    if own_code and _UNREAD_FOLDERS.fullmatch(place.name):
        return []
    if place.is_symlink():
        raise ModelRefusedError(
            f"{folder / below} is a link to a folder; put the folder itself into the model's"
        )
    names = []
    for entry in _entries(folder / below):
        name = f"{below}/{entry.name}"
        if entry.name.startswith("."):
            continue
        if _is_folder(entry):
            names += _all_files(folder, entry, name, own_code)
        elif not _UNREAD.fullmatch(entry.name):
            names.append(name)
    return names


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise ModelError(f"{folder} cannot be read ({error.strerror})") from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
