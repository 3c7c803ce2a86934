"""Connections that live for milliseconds: DuckDB lets one writing process in at a time."""

import random
import time
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

BUSY_SIGNS = ("could not set lock", "conflicting lock", "different configuration", "being used by")


@contextmanager
def connect(config: Config, *, read_only: bool = False, wait_s: float = WAIT_S) -> Iterator[Any]:
    """A connection to the store, with the current schema, closed on leaving.

    The file and its folder are made when they are missing. Keep the body short: while a writer
    is inside, every other process waits.

    Raises: StoreBusyError after `wait_s` seconds behind another process; StoreError when the
    file is no DuckDB database (it is left untouched) or its schema is from a newer version.
    """
    path = config.database
    if not path.exists() or read_only:
        _ensure_schema(path, wait_s)
    connection = _open(path, read_only=read_only, wait_s=wait_s)
    try:
        if not read_only:
            migrate(connection)
        yield connection
    finally:
        connection.close()


def store_version(config: Config) -> str:
    """Changes whenever the store's content may have changed; free to ask, opens nothing."""
    marks = []
    for path in (config.database, config.database.with_name(config.database.name + ".wal")):
        with suppress(FileNotFoundError):
            stat = path.stat()
            marks.append(f"{stat.st_mtime_ns}-{stat.st_size}")
    return "/".join(marks)


_current: dict[Path, int] = {}
"""Files seen with the current schema, by inode, so that reading does not ask each time."""


def _ensure_schema(path: Path, wait_s: float) -> None:
    if path.exists() and _current.get(path) == path.stat().st_ino:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        reader = _open(path, read_only=True, wait_s=wait_s)
        try:
            current = schema_version(reader) == len(MIGRATIONS)
        finally:
            reader.close()
    else:
        current = False
    if not current:
        writer = _open(path, read_only=False, wait_s=wait_s)
        try:
            migrate(writer)
        finally:
            writer.close()
    _current[path] = path.stat().st_ino


def _open(path: Path, *, read_only: bool, wait_s: float) -> Any:
    deadline = time.monotonic() + wait_s
    pause = 0.005
    while True:
        try:
            return duckdb.connect(str(path), read_only=read_only)
        except duckdb.Error as error:
            message = str(error)
            if not any(sign in message.lower() for sign in BUSY_SIGNS):
                raise StoreError(
                    f"{path} cannot be opened as a DuckDB database ({message.splitlines()[0]}); "
                    "it was left as it is: move it away or point LRD_DATA_DIR elsewhere"
                ) from error
            if time.monotonic() > deadline:
                raise StoreBusyError(
                    f"another process has held {path} for over {wait_s:.0f} s; "
                    "try again, or stop the process that writes"
                ) from error
        time.sleep(pause * (0.5 + random.random()))
        pause = min(pause * 1.5, 0.2)
