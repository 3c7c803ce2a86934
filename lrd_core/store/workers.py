"""The queue's table of workers."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from lrd_core.store.table import Table


@dataclass(frozen=True, kw_only=True)
class WorkerRow:
    """A process that does jobs. process: its number and start. beat: counts while it lives."""

    id: str
    host: str
    process: str
    started_at: float
    beat: int = 0
    devices: str = ""


WORKERS = Table("workers", WorkerRow, key=("id",))


def add_worker(connection: sqlite3.Connection, worker: WorkerRow) -> None:
    """Write a worker in place of one of the same id."""
    names, marks = ", ".join(WORKERS.columns), ", ".join("?" for _ in WORKERS.columns)
    connection.execute(
        f"INSERT OR REPLACE INTO workers ({names}) VALUES ({marks})",
        [getattr(worker, name) for name in WORKERS.columns],
    )


def workers_of(connection: sqlite3.Connection, host: str) -> list[WorkerRow]:
    """The workers of one machine."""
    found = connection.execute("SELECT * FROM workers WHERE host = ?", (host,))
    return [WorkerRow(**dict(row)) for row in found.fetchall()]


def idle_workers_of(connection: sqlite3.Connection, host: str) -> list[WorkerRow]:
    """The workers of one machine that no job names."""
    found = connection.execute(
        "SELECT * FROM workers WHERE host = ? "
        "AND id NOT IN (SELECT worker FROM jobs WHERE worker IS NOT NULL)",
        (host,),
    )
    return [WorkerRow(**dict(row)) for row in found.fetchall()]


def remove_workers(connection: sqlite3.Connection, names: Iterable[str]) -> None:
    """Forget workers."""
    connection.executemany("DELETE FROM workers WHERE id = ?", [(name,) for name in names])


def beat(connection: sqlite3.Connection, worker: str) -> None:
    """Move a worker's heartbeat counter on by one."""
    connection.execute("UPDATE workers SET beat = beat + 1 WHERE id = ?", (worker,))
