"""Files that are written whole or not at all."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lrd_core.errors import StoreError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Gives a name beside `path` to write to; what lies there afterwards takes the name `path`.

    The folder is made when it is missing. When the body fails, nothing stays behind and what was
    at `path` before is untouched.
    Raises: StoreError for a full disk, a folder that may not be written, a name too long.
    """
    partial = path.with_name(f".{uuid.uuid4().hex}.partial")
    with explained_writing(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            yield partial
            partial.replace(path)
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Gives a new folder to fill, which takes the name `path` once all of it is there.

    Raises: FileExistsError when `path` is there by then; StoreError as `whole_file`.
    """
    partial = path.with_name(f".{uuid.uuid4().hex}.partial")
    with explained_writing(path):
        try:
            partial.mkdir(parents=True)
            yield partial
            taken = path.exists()
            if not taken:
                partial.rename(path)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    if taken:
        raise FileExistsError(path)


@contextmanager
def explained_writing(path: Path) -> Iterator[None]:
    """Turn what the system says about a failed write into a StoreError."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise StoreError(
            f"{path.name[:80]} could not be written ({reason}); nothing of it was kept: make room "
            "or choose a place that may be written"
        ) from error
