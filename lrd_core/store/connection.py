"""Connections that live for milliseconds: DuckDB lets one writing process in at a time."""

import random
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from lrd_core.config import Config
from lrd_core.disk import CLOSED_SIGNS, FULL_SIGNS, refusal_in, saying_what_is_refused
from lrd_core.errors import StoreBusyError, StoreError
from lrd_core.processes import owner_mark
from lrd_core.store.gate import Gate, gate_of
from lrd_core.store.instance import DIFFERS, Instance
from lrd_core.store.migrations import is_current, migrate
from lrd_core.store.spool import take_in

WAIT_S = 15.0
"""How long a connection waits for another process before StoreBusyError; see also saving.py."""

SAY_AFTER_S = 3.0
"""How long it waits before it says so."""

PAUSE_S = 0.1
"""Between two tries, on average."""

_TURN = "another process waits to write to it"
_OFFER = "open this database in read-only mode"
"""DuckDB offers to read along exactly where those inside only read."""

Waiting = Callable[[str], None]
"""Called again and again while a connection waits, with who is in the way; it may raise."""

DatabaseError = duckdb.Error
"""What DuckDB raises, whatever is at fault: the file, the statement or the values."""

BROKEN = (duckdb.IOException, duckdb.FatalException, duckdb.InternalException)
"""What DuckDB raises when the file, not the question, is at fault."""

HEADER_BYTES = 3 * 4096
BUSY_SIGNS = (
    *("could not set lock", "conflicting lock", "being used by", DIFFERS),
    "unique file handle conflict",  # a connection to an instance that broke is not closed yet
)


@contextmanager
def connect(
    config: Config,
    *,
    read_only: bool = False,
    wait_s: float | None = None,
    waiting: Waiting | None = None,
) -> Iterator[Any]:
    """A connection to the store, with the current schema, closed on leaving.

    The file and its folder are made when they are missing. Keep the body short: while a writer
    is inside, every other process waits, and a writer waits for every reader. wait_s: WAIT_S unless
    told otherwise. A connection for writing first takes in what `spool` keeps on disk.

    Raises: StoreBusyError after `wait_s` seconds behind another process; UnwritableError when the
    disk is full (nothing of the transaction is kept) or the folder may not be written; StoreError
    when the file is no DuckDB database, another program's, cut short or damaged (it is left
    untouched) or its schema is from a newer version; JobError for writing on a read-only
    installation; and whatever `waiting` raises.
    """
    if not read_only:
        config.refuse_read_only("change them")
    path, patience = config.database, _Patience(WAIT_S if wait_s is None else wait_s, waiting)
    with saying_what_is_refused(path):
        if not path.exists() or read_only:
            _ensure_schema(path, patience)
        connection = _open(path, read_only, patience)
    try:
        if not read_only:
            migrate(connection)
            take_in(connection, config)
        yield connection
    except duckdb.Error as error:
        if _file_at_fault(error):
            raise _explained(path, error) from error
        raise
    finally:
        _close(connection, path)


@dataclass(frozen=True)
class _Patience:
    """How long to wait, and who wants to hear of it."""

    seconds: float
    waiting: Waiting | None = None
    started: float = field(default_factory=lambda: time.monotonic())

    def wait(self, path: Path, error: duckdb.Error) -> None:
        """Say who is in the way, or give up. Raises: StoreBusyError."""
        waited = time.monotonic() - self.started
        if waited > self.seconds:
            raise StoreBusyError(
                f"another process has held {path} for over {self.seconds:.0f} s; try again, or "
                f"close it: {_holder(str(error))}"
            ) from error
        if self.waiting is not None and waited > SAY_AFTER_S:
            self.waiting(_holder(str(error)))


def _holder(message: str) -> str:
    """Who holds the store, as far as DuckDB's message says: "python3 (process 12) reads it"."""
    if DIFFERS in message:
        return "another part of this program uses it"
    if _TURN in message:
        return _TURN
    found = re.search(r"held in (.+?) \(PID (\d+)\)", message)
    does = "reads it" if _OFFER in message else "writes to it"
    if found is None or found[2] == "0":
        return f"a process of another machine, container or user {does}"
    return f"{Path(found[1]).name} (process {found[2]}) {does}"


def store_version(config: Config) -> str:
    """Changes whenever the store's content may have changed; free to ask, opens nothing."""
    marks = []
    for path in (config.database, config.database.with_name(config.database.name + ".wal")):
        with suppress(FileNotFoundError):
            stat = path.stat()
            marks.append(f"{stat.st_mtime_ns}-{stat.st_size}")
    return "/".join(marks)


_opening = threading.Lock()
_instance = Instance()

_current: dict[Path, int] = {}
"""Files seen with the current schema, by inode, so that reading does not ask each time."""


def _ensure_schema(path: Path, patience: _Patience) -> None:
    if path.exists() and _current.get(path) == path.stat().st_ino:
        return
    if not path.exists() and _create(path):
        _current[path] = path.stat().st_ino
        return
    reader = _open(path, True, patience)
    try:
        current = is_current(reader)
    finally:
        _close(reader, path)
    if not current:
        writer = _open(path, False, patience)
        try:
            migrate(writer)
        finally:
            _close(writer, path)
    _current[path] = path.stat().st_ino


def _create(path: Path) -> bool:
    """Make the file complete under another name first: no process ever finds half a database.

    Says whether it is this one that stands there now, and not that of a process that was first.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{owner_mark()}.{uuid.uuid4().hex[:8]}")
    try:
        with duckdb.connect(str(unfinished)) as connection:
            migrate(connection)
        try:
            path.hardlink_to(unfinished)
        except FileExistsError:
            return False
        except OSError:  # a file system without links
            unfinished.rename(path)
        return True
    except duckdb.Error as error:
        raise _explained(path, error) from error
    finally:
        for leftover in (unfinished, unfinished.with_name(unfinished.name + ".wal")):
            with suppress(OSError):
                leftover.unlink(missing_ok=True)


def _open(path: Path, read_only: bool, patience: _Patience) -> Any:
    with gate_of(path.parent) as gate:
        while True:
            try:
                return _try(path, read_only, gate)
            except duckdb.Error as error:
                if not any(sign in str(error).lower() for sign in BUSY_SIGNS):
                    raise _explained(path, error) from error
                patience.wait(path, error)
                if not read_only:
                    gate.wait(for_readers=_readers_inside(str(error)))
            # As often for who has waited long as for who just came: with pauses that grow, every
            # newcomer would be let in first.
            time.sleep(PAUSE_S * (0.5 + random.random()))


def _readers_inside(message: str) -> bool:
    """Whether those who hold the store only read, as far as DuckDB's message says."""
    return _OFFER in message or DIFFERS in message


def _try(path: Path, read_only: bool, gate: Gate) -> Any:
    """Open the file now. Raises: duckdb.Error, with a sign of BUSY_SIGNS where others are in."""
    if not read_only:
        with _opening:
            return _open_once(path, read_only)
    if not gate.passes():
        raise duckdb.IOException(f"Could not set lock on file: {_TURN}")
    with _opening:
        return _open_once(path, read_only)


def _open_once(path: Path, read_only: bool) -> Any:
    # To look into the file is to close it again, which drops every lock of this process on it
    # (POSIX): only where no other thread has it open.
    first = not _instance.holds(path)
    if first:
        _check_magic(path)
    # Blocks that another thread's transaction or a log to be replayed adds are not in the file
    # yet, so its length says something only to the first connection, without such a log.
    settled = first and not path.with_name(path.name + ".wal").exists()
    connection = _instance.open(path, read_only)
    if settled and path.stat().st_size < _least_bytes(connection):
        _instance.close(connection, path)
        raise StoreError(_LEFT_ALONE.format(path=path, reason="it was cut short"))
    return connection


def _close(connection: Any, path: Path) -> None:
    with _opening:
        _instance.close(connection, path)


def _check_magic(path: Path) -> None:
    # DuckDB would go to the network for an extension that reads the other program's file.
    with suppress(FileNotFoundError), path.open("rb") as file:
        start = file.read(12)
        if len(start) == 12 and start[8:] != b"DUCK":
            raise StoreError(_LEFT_ALONE.format(path=path, reason="it starts with other bytes"))


def _least_bytes(connection: Any) -> int:
    # Used, not total: DuckDB cuts free blocks off the end of the file when it closes.
    size, blocks = connection.execute(
        "SELECT block_size, used_blocks FROM pragma_database_size() "
        "WHERE database_name = current_database()"
    ).fetchall()[0]
    return int(HEADER_BYTES + size * blocks)


_LEFT_ALONE = (
    "{path} cannot be used as a DuckDB database ({reason}); "
    "it was left as it is: move it away or point LRD_DATA_DIR elsewhere"
)


def _file_at_fault(error: duckdb.Error) -> bool:
    signs = (*FULL_SIGNS, *CLOSED_SIGNS, "corrupt database")
    return isinstance(error, BROKEN) or any(sign in str(error).lower() for sign in signs)


def _explained(path: Path, error: duckdb.Error) -> StoreError:
    if (refused := refusal_in(path, str(error))) is not None:
        return refused
    return StoreError(_LEFT_ALONE.format(path=path, reason=str(error).splitlines()[0]))
