"""Pooled embeddings as files named by the run they belong to, written whole or not at all."""

import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from lrd_core.config import Config
from lrd_core.disk import saying_what_is_refused
from lrd_core.errors import InputError, StoreError
from lrd_core.processes import may_be_in_use, owner_mark


class MissingArrayError(StoreError):
    """The embeddings of a run are not on this machine, or their file is damaged."""


def embeddings_path(config: Config, run_key: str) -> Path:
    """Where the embeddings of a run live, whether they are there or not."""
    if not run_key.isalnum():
        raise InputError(f"{run_key!r} is no run key; copy one from the Data page")
    return config.arrays_dir / f"{run_key}.npy"


def open_embeddings(config: Config, run_key: str, *, verify: bool = True) -> np.ndarray:
    """The (num_blocks + 1, n_items, hidden_size) float32 embeddings of a run, memory-mapped.

    verify: compare the file's digest with the one taken when it was written.
    Raises: MissingArrayError if the file is absent or differs from what was written.
    """
    path = embeddings_path(config, run_key)
    try:
        expected = json.loads(_digest_path(path).read_text())["blake2b"]
        if verify and _digest(path) != expected:
            raise MissingArrayError(f"{path.name} is damaged; run the same command again")
        found: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
        return found
    except (OSError, ValueError, KeyError) as error:
        raise MissingArrayError(
            f"the embeddings of run {run_key} are not on this machine; run the same model and "
            "task again to make them"
        ) from error


@contextmanager
def writing_embeddings(config: Config, run_key: str) -> Iterator[Path]:
    """A temporary .npy path that becomes the run's file when the body ends well.

    Interrupted at any point, it leaves no file that `open_embeddings` would take.
    Raises: UnwritableError when the disk is full or the folder may not be written.
    """
    path = embeddings_path(config, run_key)
    # Two processes may make the same run at once: each writes its own file, the last one stays.
    partial = path.with_name(f"{run_key}.{owner_mark()}.{uuid.uuid4().hex[:8]}.partial.npy")
    with saying_what_is_refused(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(path)
        try:
            yield partial
            digest = {"blake2b": _digest(partial), "bytes": partial.stat().st_size}
            partial_digest = partial.with_suffix(".json")
            partial_digest.write_text(json.dumps(digest))
            partial.replace(path)
            partial_digest.replace(_digest_path(path))
        except BaseException:
            for leftover in (partial, partial.with_suffix(".json")):
                with suppress(OSError):
                    leftover.unlink(missing_ok=True)
            raise


def allocate_array(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """A float32 memmap of this shape in a new .npy file whose space on disk is reserved.

    Raises: OSError when there is no room, here and not as a bus error in the middle of the work.
    """
    array: np.ndarray = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array


def _remove_leftovers(path: Path) -> None:
    """Delete what processes that were killed while writing this array left behind."""
    for partial in path.parent.glob(f"{path.stem}.*.partial.*"):
        if not may_be_in_use(partial.name.split(".")[1], partial):
            partial.unlink(missing_ok=True)


def _digest_path(path: Path) -> Path:
    return path.with_suffix(".json")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()
