"""The queue's SQLite file: opened for milliseconds, in WAL mode, with its schema in steps."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from lrd_core.disk import refusal_in, saying_what_is_refused
from lrd_core.errors import JobError, UnwritableError

APPLICATION_ID = 0x4C52444A
"""Written into the file's header ("LRDJ"), so that another program's file is recognised."""

WAIT_S = 15.0
"""How long a statement waits for another process."""

STUMBLES = (sqlite3.OperationalError, UnwritableError)
"""What a locked queue or a full disk raises; work that goes well goes on without its report."""

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL, label TEXT NOT NULL, payload TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'waiting', priority INTEGER NOT NULL DEFAULT 0,
        wants TEXT NOT NULL DEFAULT 'auto', device TEXT, device_lock TEXT,
        worker TEXT, child TEXT,
        claims INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0,
        max_failures INTEGER NOT NULL DEFAULT 3, outcome TEXT, error TEXT,
        stage TEXT NOT NULL DEFAULT '', done INTEGER NOT NULL DEFAULT 0,
        total INTEGER NOT NULL DEFAULT 0, stage_seconds REAL NOT NULL DEFAULT 0,
        seconds REAL NOT NULL DEFAULT 0, earlier_seconds REAL NOT NULL DEFAULT 0,
        estimate_seconds REAL, rss INTEGER, device_memory INTEGER,
        units_done INTEGER NOT NULL DEFAULT 0, units_total INTEGER NOT NULL DEFAULT 0,
        log_path TEXT NOT NULL DEFAULT '',
        created_at REAL NOT NULL, started_at REAL, finished_at REAL
    );
    CREATE INDEX jobs_by_state ON jobs (state, priority DESC, id);
    CREATE UNIQUE INDEX one_job_per_device ON jobs (device_lock) WHERE device_lock IS NOT NULL;
    CREATE TABLE units (
        job_id INTEGER NOT NULL REFERENCES jobs (id), name TEXT NOT NULL,
        seconds REAL NOT NULL, note TEXT NOT NULL, error TEXT,
        PRIMARY KEY (job_id, name)
    );
    CREATE TABLE workers (
        id TEXT PRIMARY KEY, host TEXT NOT NULL, process TEXT NOT NULL,
        beat INTEGER NOT NULL DEFAULT 0, devices TEXT NOT NULL DEFAULT '',
        started_at REAL NOT NULL
    );
    CREATE TABLE rates (
        id INTEGER PRIMARY KEY, device TEXT NOT NULL, kind TEXT NOT NULL,
        work REAL NOT NULL, seconds REAL NOT NULL
    );
    """,
    "ALTER TABLE jobs ADD COLUMN estimate_low REAL; ALTER TABLE jobs ADD COLUMN estimate_high REAL",
)


@contextmanager
def connect(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection in autocommit mode to the queue, made and migrated where that is needed.

    Where the folder may not be written, one that can only read what is there.
    Raises: JobError for a file that is no database, belongs to another program, or was written
    by a newer version; it is left untouched. UnwritableError when the disk is full or the folder
    may not be written.
    """
    try:
        with saying_what_is_refused(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            opened = closing(_open(path))
        with opened as connection:
            yield connection
    except sqlite3.DatabaseError as error:
        if (refused := refusal_in(path, str(error))) is not None:
            raise refused from error
        if type(error) is not sqlite3.DatabaseError:
            raise
        raise JobError(
            f"{path} is no readable SQLite database ({error}); it was left as it is: "
            "move it away or point LRD_DATA_DIR elsewhere"
        ) from error


def _open(path: Path) -> sqlite3.Connection:
    # SQLite makes files beside a database in this mode even to read it: without the right to do
    # that it can only be read as a file that nobody changes.
    fixed = path.exists() and not os.access(path.parent, os.W_OK)
    name = f"{path.as_uri()}?mode=ro&immutable=1" if fixed else str(path)
    connection = sqlite3.connect(name, timeout=WAIT_S, isolation_level=None, uri=fixed)
    try:
        connection.row_factory = sqlite3.Row
        _check_owner(connection, path)
        if not fixed:
            connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of the body's writes, or none; takes the write lock at once, so it cannot deadlock."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.OperationalError):  # a full disk has ended it already
            connection.execute("ROLLBACK")
        raise


def _check_owner(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("BEGIN")  # one look at all three, whatever another process migrates now
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    used = connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    connection.execute("COMMIT")
    if owner != APPLICATION_ID and used:
        raise JobError(
            f"{path} is the database of another program; it was left as it is: "
            "point LRD_DATA_DIR at another folder"
        )
    if version > len(MIGRATIONS):
        raise JobError(
            f"{path} has schema {version}, this version knows {len(MIGRATIONS)}; "
            "update LRD Explorer or point LRD_DATA_DIR at another folder"
        )
    if version < len(MIGRATIONS):
        _migrate(connection)


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """SQLite does not wait for the lock that this change needs, so two first visitors do here."""
    give_up = time.monotonic() + WAIT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.01)


def _migrate(connection: sqlite3.Connection) -> None:
    _use_write_ahead_log(connection)
    with transaction(connection):
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        for step in MIGRATIONS[version:]:
            for statement in step.split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
