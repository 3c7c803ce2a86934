"""Connections that live for milliseconds: DuckDB lets one writing process in at a time."""

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

from lrd_core.config import Config
from lrd_core.errors import StoreBusyError, StoreError
from lrd_core.store.migrations import MIGRATIONS, migrate, schema_version

WAIT_S = 15.0
"""How long a connection waits for another process before StoreBusyError."""

BROKEN = (duckdb.IOException, duckdb.FatalException, duckdb.InternalException)
"""What DuckDB raises when the file, not the question, is at fault."""

FULL_SIGNS = ("no space left", "file too large", "disk quota", "out of disk", "disk full")
HEADER_BYTES = 3 * 4096
BUSY_SIGNS = ("could not set lock", "conflicting lock", "different configuration", "being used by")


@contextmanager
def connect(config: Config, *, read_only: bool = False, wait_s: float = WAIT_S) -> Iterator[Any]:
    """A connection to the store, with the current schema, closed on leaving.

    The file and its folder are made when they are missing. Keep the body short: while a writer
    is inside, every other process waits.

    Raises: StoreBusyError after `wait_s` seconds behind another process; StoreError when the
    file is no DuckDB database, another program's, cut short or damaged (it is left untouched),
    when its schema is from a newer version, or when the disk is full (nothing of the
    transaction is kept); JobError for writing on a read-only installation.
    """
    if not read_only:
        config.refuse_read_only("change them")
    path = config.database
    if not path.exists() or read_only:
        _ensure_schema(path, wait_s)
    connection = _open(path, read_only=read_only, wait_s=wait_s)
    try:
        if not read_only:
            migrate(connection)
        yield connection
    except duckdb.Error as error:
        if _file_at_fault(error):
            raise _explained(path, error) from error
        raise
    finally:
        _close(connection, path)


def store_version(config: Config) -> str:
    """Changes whenever the store's content may have changed; free to ask, opens nothing."""
    marks = []
    for path in (config.database, config.database.with_name(config.database.name + ".wal")):
        with suppress(FileNotFoundError):
            stat = path.stat()
            marks.append(f"{stat.st_mtime_ns}-{stat.st_size}")
    return "/".join(marks)


_opening = threading.Lock()
_open_here: Counter[Path] = Counter()
"""How many connections this process has open, by file."""

_current: dict[Path, int] = {}
"""Files seen with the current schema, by inode, so that reading does not ask each time."""


def _ensure_schema(path: Path, wait_s: float) -> None:
    if path.exists() and _current.get(path) == path.stat().st_ino:
        return
    if not path.exists():
        _create(path)
    reader = _open(path, read_only=True, wait_s=wait_s)
    try:
        current = schema_version(reader) == len(MIGRATIONS)
    finally:
        _close(reader, path)
    if not current:
        writer = _open(path, read_only=False, wait_s=wait_s)
        try:
            migrate(writer)
        finally:
            _close(writer, path)
    _current[path] = path.stat().st_ino


def _create(path: Path) -> None:
    """Make the file complete under another name first: no process ever finds half a database."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with duckdb.connect(str(unfinished)) as connection:
            migrate(connection)
        try:
            path.hardlink_to(unfinished)
        except FileExistsError:
            pass  # another process was first
        except OSError:  # a file system without links
            unfinished.rename(path)
    except duckdb.Error as error:
        raise _explained(path, error) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _open(path: Path, *, read_only: bool, wait_s: float) -> Any:
    deadline = time.monotonic() + wait_s
    pause = 0.005
    while True:
        try:
            with _opening:
                return _open_once(path, read_only)
        except duckdb.Error as error:
            message = str(error)
            if not any(sign in message.lower() for sign in BUSY_SIGNS):
                raise _explained(path, error) from error
            if time.monotonic() > deadline:
                raise StoreBusyError(
                    f"another process has held {path} for over {wait_s:.0f} s; "
                    "try again, or stop the process that writes"
                ) from error
        time.sleep(pause * (0.5 + random.random()))
        pause = min(pause * 1.5, 0.2)


def _open_once(path: Path, read_only: bool) -> Any:
    _check_magic(path)
    # Blocks that another thread's transaction or a log to be replayed adds are not in the file
    # yet, so its length says something only to the first connection, without such a log.
    settled = not _open_here[path] and not path.with_name(path.name + ".wal").exists()
    connection = duckdb.connect(str(path), read_only=read_only)
    if settled and path.stat().st_size < _least_bytes(connection):
        connection.close()
        raise StoreError(_LEFT_ALONE.format(path=path, reason="it was cut short"))
    _open_here[path] += 1
    return connection


def _close(connection: Any, path: Path) -> None:
    with _opening:
        _open_here[path] -= 1
        connection.close()


def _check_magic(path: Path) -> None:
    # DuckDB would go to the network for an extension that reads the other program's file.
    with suppress(FileNotFoundError), path.open("rb") as file:
        start = file.read(12)
        if len(start) == 12 and start[8:] != b"DUCK":
            raise StoreError(_LEFT_ALONE.format(path=path, reason="it starts with other bytes"))


def _least_bytes(connection: Any) -> int:
    # Used, not total: DuckDB cuts free blocks off the end of the file when it closes.
    size, blocks = connection.execute(
        "SELECT block_size, used_blocks FROM pragma_database_size()"
    ).fetchall()[0]
    return int(HEADER_BYTES + size * blocks)


_LEFT_ALONE = (
    "{path} cannot be used as a DuckDB database ({reason}); "
    "it was left as it is: move it away or point LRD_DATA_DIR elsewhere"
)


def _file_at_fault(error: duckdb.Error) -> bool:
    signs = (*FULL_SIGNS, "corrupt database")
    return isinstance(error, BROKEN) or any(sign in str(error).lower() for sign in signs)


def _explained(path: Path, error: duckdb.Error) -> StoreError:
    reason = str(error).splitlines()[0]
    if any(sign in reason.lower() for sign in FULL_SIGNS):
        return StoreError(
            f"{path} could not be written: the disk is full ({reason}); nothing of this step was "
            "kept: make room, then run the same command again"
        )
    return StoreError(_LEFT_ALONE.format(path=path, reason=reason))
