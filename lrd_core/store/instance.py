"""One DuckDB instance a process, into which the files of stores are attached.

To start an instance costs a tenth of the time that a page takes (every built-in function is made
anew); to attach a file to one that runs costs a twelfth of that, and locks the file in the same
way: from its first connection here to its last.
"""

import itertools
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any

import duckdb

from lrd_core.processes import owner_mark

PREFIX = "lrd-sorting-"
"""How the folder begins that takes what does not fit into memory; it is there only when needed."""

QUIET = "SET enable_progress_bar = false"
"""For every connection: where Python was started without a file (-c, a notebook, a fork server),
DuckDB draws a bar of its own into what the program prints."""

BROKEN = (duckdb.FatalException, duckdb.InternalException)
"""What DuckDB raises when an instance answers nothing any more."""

DIFFERS = "different configuration"
"""What DuckDB says of a file that is open here for reading and wanted for writing, or the other
way round."""


@dataclass
class _Attached:
    host: Any
    name: str
    read_only: bool
    connections: int = 0


class Instance:
    """Files by the connections that use them. All of it may be called from any thread."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._host: Any = None
        self._files: dict[Path, _Attached] = {}
        self._used: dict[int, _Attached] = {}
        self._numbers = itertools.count()

    def holds(self, path: Path) -> bool:
        """Whether a connection to this file is open here."""
        return path in self._files

    def open(self, path: Path, read_only: bool) -> Any:
        """A connection to a file, which is made where it is missing and may be written.

        Raises: duckdb.Error, as `duckdb.connect`.
        """
        with self._lock:
            try:
                return self._connect(path, read_only)
            except BROKEN:  # by something before this: an instance that answers no more
                self._host, self._files = None, {}
                return self._connect(path, read_only)

    def close(self, connection: Any, path: Path) -> None:
        """End a connection; with the last one to it the file is let go."""
        with self._lock:
            attached = self._used.pop(id(connection))
            connection.close()
            attached.connections -= 1
            if attached.connections:
                return
            if self._files.get(path) is attached:
                del self._files[path]
            # What cannot be written into the file now (a full disk) stays in its log.
            with suppress(duckdb.Error):
                attached.host.execute(f"DETACH {attached.name}")

    def _connect(self, path: Path, read_only: bool) -> Any:
        attached = self._files.get(path) or self._attach(path, read_only)
        if attached.read_only != read_only:
            raise duckdb.ConnectionException(f"{path} is open here with a {DIFFERS}")
        connection = attached.host.cursor()
        connection.execute(f"{QUIET}; USE {attached.name}")
        attached.connections += 1
        self._used[id(connection)] = attached
        return connection

    def _attach(self, path: Path, read_only: bool) -> _Attached:
        if self._host is None:
            folder = Path(tempfile.gettempdir()) / f"{PREFIX}{owner_mark()}"
            self._host = duckdb.connect(config={"temp_directory": str(folder)})
        attached = _Attached(self._host, f"store_{next(self._numbers)}", read_only)
        quoted = str(path).replace("'", "''")
        how = ", READ_ONLY" if read_only else ""
        attached.host.execute(f"ATTACH '{quoted}' AS {attached.name} (TYPE duckdb{how})")
        self._files[path] = attached
        return attached
