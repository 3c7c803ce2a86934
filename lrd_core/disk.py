"""Files that are there whole or not at all, and what the file system refuses, in words."""

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lrd_core.errors import UnwritableError
from lrd_core.processes import owner_mark

_FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
_CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM}
_NO_FOLDER = {errno.ENOTDIR, errno.EEXIST, errno.ELOOP, errno.EISDIR}

FULL_SIGNS = (
    "no space left",
    "file too large",
    "disk quota",
    "out of disk",
    "disk full",
    "disk is full",
)
CLOSED_SIGNS = (
    "permission denied",
    "read-only file system",
    "operation not permitted",
    "readonly database",
    "unable to open database file",
)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path beside `path` that takes its name when the body ends well, on disk for good.

    Interrupted at any point it leaves at most a file that says whose it was.
    Raises: UnwritableError when the disk is full or the folder may not be written.
    """
    with saying_what_is_refused(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(partial_name(path.name))
        try:
            yield partial
            with partial.open("rb+") as file:
                os.fsync(file.fileno())
            partial.replace(path)
        except BaseException:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A new folder to fill, which takes the name `path` once all of it is there.

    Raises: FileExistsError when `path` is there by then; UnwritableError as `whole_file`.
    """
    partial = path.with_name(partial_name(path.name))
    with saying_what_is_refused(path):
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


def partial_name(name: str) -> str:
    """NAME.OWNER.RANDOM.partial: what `name` is called until it is whole."""
    return f"{name}.{owner_mark()}.{uuid.uuid4().hex[:8]}.partial"


@contextmanager
def saying_what_is_refused(path: Path) -> Iterator[None]:
    """Turns what the file system refuses inside the body into an UnwritableError."""
    try:
        yield
    except OSError as error:
        if (refused := refusal(path, error)) is not None:
            raise refused from error
        raise


def refusal(path: Path, error: OSError) -> UnwritableError | None:
    """Why `path` cannot be written, in words; None for an error that says something else."""
    reason = error.strerror or str(error)
    if error.errno in _FULL:
        return UnwritableError(_full(path, reason))
    if error.errno in _CLOSED:
        return UnwritableError(_closed(path, reason))
    if error.errno == errno.ENAMETOOLONG:
        return UnwritableError(f"{path.name[:60]}... cannot be made ({reason}); shorten the name")
    if error.errno in _NO_FOLDER:
        return UnwritableError(
            f"{path} cannot be made ({reason}); point LRD_DATA_DIR at a folder that can be written"
        )
    return None


def refusal_in(path: Path, message: str) -> UnwritableError | None:
    """The same for what a database says; None for a message about something else."""
    reason = (message.splitlines() or [""])[0]
    if any(sign in message.lower() for sign in FULL_SIGNS):
        return UnwritableError(_full(path, reason))
    if any(sign in message.lower() for sign in CLOSED_SIGNS):
        return UnwritableError(_closed(path, reason))
    return None


def _full(path: Path, reason: str) -> str:
    return (
        f"{path} could not be written: the disk is full ({reason}); nothing of this step was "
        f"kept: make room in {path.parent}, then run the same command again"
    )


def _closed(path: Path, reason: str) -> str:
    return (
        f"{path} may not be written or read ({reason}); give yourself access to {path.parent}, "
        "or point LRD_DATA_DIR at a folder of your own"
    )
