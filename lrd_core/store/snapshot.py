"""A copy of the store to read at leisure: a writer waits for a file copy, not for a reader."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from lrd_core.config import Config
from lrd_core.disk import refusal_in, saying_what_is_refused
from lrd_core.errors import StoreError
from lrd_core.processes import owner_mark
from lrd_core.store.connection import connect
from lrd_core.store.instance import QUIET

PREFIX = "lrd-snapshot-"

_COPY = (
    "import shutil, sys; [shutil.copyfile(*pair) for pair in zip(sys.argv[1::2], sys.argv[2::2])]"
)


@contextmanager
def snapshot(config: Config) -> Iterator[Any]:
    """A connection to a copy of the store as it is now; the copy goes on leaving.

    It is made in the system's folder for temporary files.
    Raises: as `connect` for reading; UnwritableError where there is no room for the copy.
    """
    place = Path(tempfile.gettempdir())
    with (
        saying_what_is_refused(place),
        tempfile.TemporaryDirectory(prefix=f"{PREFIX}{owner_mark()}.") as folder,
    ):
        with connect(config, read_only=True):  # keeps writers out, so that the copy is whole
            _copy(config.database, Path(folder))
        with duckdb.connect(str(Path(folder) / config.database.name)) as connection:
            connection.execute(QUIET)
            yield connection


def _copy(database: Path, folder: Path) -> None:
    """Copy the file and its log, in a process of its own.

    To close a file drops every lock of this process on it (POSIX), DuckDB's own among them.
    """
    files = [database, database.with_name(database.name + ".wal")]
    pairs = [str(p) for path in files if path.exists() for p in (path, folder / path.name)]
    command = [sys.executable, "-I", "-S", "-c", _COPY, *pairs]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().rpartition("\n")[2]
        raise refusal_in(folder, said) or StoreError(f"the store could not be copied: {said}")
