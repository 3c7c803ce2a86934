"""The queue's table of jobs: what the states of a job mean is up to the caller.

A job changes hands by guarded statements: a change names the states, and the claim, that it is
meant for, and says by its answer whether the row was still in one of them.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any

from lrd_core.store.table import Table
from lrd_core.store.workers import WorkerRow

Values = Mapping[str, Any]
"""Plain values by the names of columns; a payload as text."""


@dataclass(frozen=True, kw_only=True)
class JobRow:
    """One job of the queue.

    Times of day are Unix seconds and only shown; durations come from a monotonic clock, so a
    clock that goes backwards changes neither states nor durations. Memory is in bytes.
    payload: what its handler is given; kept as JSON text. claims: how often it was taken.
    earlier_seconds: of attempts before this one. estimate_seconds, estimate_low and
    estimate_high: how long it was thought to take when it was queued.
    """

    id: int
    kind: str
    label: str
    payload: Annotated[Mapping[str, Any], "VARCHAR"]
    state: str
    priority: int
    wants: str
    device: str | None
    device_lock: str | None
    worker: str | None
    child: str | None
    claims: int
    failures: int
    max_failures: int
    outcome: str | None
    error: str | None
    stage: str
    done: int
    total: int
    stage_seconds: float
    seconds: float
    earlier_seconds: float
    estimate_seconds: float | None
    estimate_low: float | None
    estimate_high: float | None
    rss: int | None
    device_memory: int | None
    units_done: int
    units_total: int
    log_path: str
    created_at: float
    started_at: float | None
    finished_at: float | None


JOBS = Table("jobs", JobRow, key=("id",))


@dataclass(frozen=True)
class HeldJob:
    """A job, and its worker; None where that is not known any more."""

    job: JobRow
    worker: WorkerRow | None


def payload_text(payload: Mapping[str, Any]) -> str:
    """Equal payloads give equal text, by which SQLite compares them."""
    return json.dumps(payload, sort_keys=True, allow_nan=False)


def add_job(connection: sqlite3.Connection, values: Values) -> JobRow:
    """Insert a job; returns its whole row, with the number that it got."""
    JOBS.check(values)
    names, marks = ", ".join(values), _marks(values)
    found = connection.execute(
        f"INSERT INTO jobs ({names}) VALUES ({marks}) RETURNING *", list(values.values())
    )
    return _job(found.fetchall()[0])


def read_job(connection: sqlite3.Connection, job_id: int) -> JobRow | None:
    """The job of this number."""
    return _first(connection.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)))


def newest_job(
    connection: sqlite3.Connection, kind: str, payload: str, states: Sequence[str]
) -> JobRow | None:
    """The newest job of this kind with exactly this payload in one of these states."""
    found = connection.execute(
        f"SELECT * FROM jobs WHERE kind = ? AND payload = ? AND state IN ({_marks(states)}) "
        "ORDER BY id DESC LIMIT 1",
        (kind, payload, *states),
    )
    return _first(found)


def read_jobs(connection: sqlite3.Connection, states: Sequence[str], limit: int) -> list[JobRow]:
    """The newest jobs in these states, the newest first."""
    found = connection.execute(
        f"SELECT * FROM jobs WHERE state IN ({_marks(states)}) ORDER BY id DESC LIMIT ?",
        (*states, limit),
    )
    return [_job(row) for row in found.fetchall()]


def claim_first(
    connection: sqlite3.Connection,
    *,
    states: Sequence[str],
    wants: Sequence[str],
    held_as: str,
    holder: Values,
    now: float,
) -> JobRow | None:
    """Mark the first job in one of `states` that wants one of `wants`; None if there is none.

    holder: worker, device and device_lock. While another job has that lock, none is taken.
    The choice and the mark are one statement, so no job is claimed twice.
    """
    changed = connection.execute(
        f"""
        UPDATE jobs SET state = ?, worker = ?, device = ?, device_lock = ?,
            claims = claims + 1, child = NULL, outcome = NULL, error = NULL, stage = 'starting',
            done = 0, total = 0, stage_seconds = 0, earlier_seconds = seconds,
            rss = NULL, device_memory = NULL, finished_at = NULL,
            started_at = coalesce(started_at, ?)
        WHERE id = (
            SELECT id FROM jobs WHERE state IN ({_marks(states)}) AND wants IN ({_marks(wants)})
            ORDER BY priority DESC, id LIMIT 1
        ) AND NOT EXISTS (SELECT 1 FROM jobs WHERE device_lock = ?)
        RETURNING *
        """,
        (
            held_as,
            holder["worker"],
            holder["device"],
            holder["device_lock"],
            now,
            *states,
            *wants,
            holder["device_lock"],
        ),
    )
    return _first(changed)


def change_job(
    connection: sqlite3.Connection,
    job_id: int,
    values: Values,
    *,
    claims: int | None = None,
    states: Sequence[str] = (),
) -> JobRow | None:
    """Set columns of a job; returns the changed row, None where the guard did not hold.

    claims: only while this is its newest claim. states: only while it is in one of them.
    """
    JOBS.check(values)
    guard = "id = ?"
    bound: list[object] = [job_id]
    if claims is not None:
        guard, bound = f"{guard} AND claims = ?", [*bound, claims]
    if states:
        guard, bound = f"{guard} AND state IN ({_marks(states)})", [*bound, *states]
    changes = ", ".join(f"{name} = ?" for name in values)
    changed = connection.execute(
        f"UPDATE jobs SET {changes} WHERE {guard} RETURNING *", [*values.values(), *bound]
    )
    return _first(changed)


def observe_job(
    connection: sqlite3.Connection,
    job_id: int,
    claims: int,
    states: Sequence[str],
    seconds: float,
    rss: int | None,
) -> JobRow | None:
    """Add the running time of this attempt to earlier ones, note memory; guarded as a change."""
    changed = connection.execute(
        "UPDATE jobs SET seconds = earlier_seconds + ?, rss = coalesce(?, rss) "
        f"WHERE id = ? AND claims = ? AND state IN ({_marks(states)}) RETURNING *",
        (seconds, rss, job_id, claims, *states),
    )
    return _first(changed)


def jobs_with_workers(connection: sqlite3.Connection, states: Sequence[str]) -> list[HeldJob]:
    """Jobs in these states, with their workers, as both are at one moment."""
    found = connection.execute(
        "SELECT jobs.*, workers.id AS worker_id, workers.host, workers.process, workers.beat, "
        "workers.devices, workers.started_at AS worker_started_at "
        "FROM jobs LEFT JOIN workers ON workers.id = jobs.worker "
        f"WHERE state IN ({_marks(states)})",
        list(states),
    )
    return [HeldJob(_job(row), _worker(row)) for row in found.fetchall()]


def _first(found: sqlite3.Cursor) -> JobRow | None:
    # All are fetched: a statement that RETURNs ends with its last row.
    rows = found.fetchall()
    return _job(rows[0]) if rows else None


def _job(row: sqlite3.Row) -> JobRow:
    values = {one.name: row[one.name] for one in fields(JobRow)}
    return JobRow(**values | {"payload": json.loads(row["payload"])})


def _worker(row: sqlite3.Row) -> WorkerRow | None:
    if row["worker_id"] is None:
        return None
    return WorkerRow(
        id=row["worker_id"],
        host=row["host"],
        process=row["process"],
        beat=row["beat"],
        devices=row["devices"],
        started_at=row["worker_started_at"],
    )


def _marks(values: Sequence[Any] | Values) -> str:
    return ", ".join("?" for _ in values)
