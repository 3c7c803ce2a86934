"""The queue's table of workers."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lrd_core.store.table import Table

Row = Mapping[str, Any]
"""The values of a row by the names of columns."""


@dataclass(frozen=True, kw_only=True)
class WorkerRow:
    """A process that does jobs. process: its number and start. beat: counts while it lives."""

    id: str
    host: str
    process: str
    beat: int
    devices: str
    started_at: float


WORKERS = Table("workers", WorkerRow, key=("id",))


def add_worker(connection: sqlite3.Connection, values: Row) -> None:
    """Write a worker (id, host, process, started_at, devices) in place of one of the same id."""
    names, marks = ", ".join(values), ", ".join("?" for _ in values)
    connection.execute(
        f"INSERT OR REPLACE INTO workers ({names}) VALUES ({marks})", list(values.values())
    )


def workers_of(connection: sqlite3.Connection, host: str) -> list[Row]:
    """The workers of one machine."""
    return connection.execute("SELECT * FROM workers WHERE host = ?", (host,)).fetchall()


def idle_workers_of(connection: sqlite3.Connection, host: str) -> list[Row]:
    """The workers of one machine that no job names."""
    return connection.execute(
        "SELECT * FROM workers WHERE host = ? "
        "AND id NOT IN (SELECT worker FROM jobs WHERE worker IS NOT NULL)",
        (host,),
    ).fetchall()


def remove_workers(connection: sqlite3.Connection, names: Iterable[str]) -> None:
    """Forget workers."""
    connection.executemany("DELETE FROM workers WHERE id = ?", [(name,) for name in names])


def beat(connection: sqlite3.Connection, worker: str) -> None:
    """Move a worker's heartbeat counter on by one."""
    connection.execute("UPDATE workers SET beat = beat + 1 WHERE id = ?", (worker,))
