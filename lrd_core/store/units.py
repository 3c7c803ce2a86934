"""The queue's table of finished units, and their number in the job's row."""

import sqlite3
from dataclasses import dataclass

from lrd_core.store.table import Table


@dataclass(frozen=True, kw_only=True)
class UnitRow:
    """A part of a job that is finished, well or badly, and will not be run again."""

    job_id: int
    name: str
    seconds: float
    note: str
    error: str | None


UNITS = Table("units", UnitRow, key=("job_id", "name"))


def read_units(connection: sqlite3.Connection, job_id: int) -> list[UnitRow]:
    """What a job has finished so far, in order."""
    found = connection.execute("SELECT * FROM units WHERE job_id = ? ORDER BY rowid", (job_id,))
    return [UnitRow(**dict(row)) for row in found.fetchall()]


def finish_unit(connection: sqlite3.Connection, unit: UnitRow) -> None:
    """Write a finished unit; that is progress, so the job's failures are forgotten."""
    connection.execute(
        "INSERT OR REPLACE INTO units (job_id, name, seconds, note, error) VALUES (?, ?, ?, ?, ?)",
        (unit.job_id, unit.name, unit.seconds, unit.note, unit.error),
    )
    connection.execute("UPDATE jobs SET failures = 0 WHERE id = ?", (unit.job_id,))
    _count(connection, unit.job_id)


def forget_failed_units(connection: sqlite3.Connection, job_id: int) -> None:
    """Take out the units that ended badly, so that they are run again."""
    connection.execute("DELETE FROM units WHERE job_id = ? AND error IS NOT NULL", (job_id,))
    _count(connection, job_id)


def _count(connection: sqlite3.Connection, job_id: int) -> None:
    connection.execute(
        "UPDATE jobs SET units_done = (SELECT count(*) FROM units WHERE job_id = jobs.id) "
        "WHERE id = ?",
        (job_id,),
    )
