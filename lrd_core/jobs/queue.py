"""The queue of background work, in one SQLite file that every process may open.

It is small and our own because no kept library gives all three of what is needed without a
server: huey's SQLite storage loses the task of a killed consumer and cannot stop running work,
litequeue and persist-queue hand out messages but supervise nothing, and rq, dramatiq, celery and
procrastinate need Redis, RabbitMQ or PostgreSQL.

Every change of state is one guarded statement, so two processes can never both win it. A claim
carries a number; whoever lost the job meanwhile (a worker that slept through its own funeral)
writes with an old number and changes nothing.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lrd_core.config import Config
from lrd_core.disk import saying_what_is_refused
from lrd_core.errors import InputError, JobError
from lrd_core.jobs.database import connect, transaction
from lrd_core.jobs.liveness import HeartbeatWatch, kill_group, process_alive, this_host
from lrd_core.jobs.records import OVER, Job, JobState, Unit, job_from_row

WANTS = ("auto", "cpu", "accelerator")


@dataclass(frozen=True)
class JobQueue:
    """The jobs of one data folder; holds no connection, so any thread or process may use it."""

    config: Config

    def enqueue(
        self,
        kind: str,
        payload: Mapping[str, Any],
        *,
        label: str = "",
        priority: int = 0,
        wants: str = "auto",
        estimate_seconds: float | None = None,
        max_failures: int = 3,
    ) -> Job:
        """Add a job, or return the equal one (same kind and payload) that is not over yet.

        wants: "auto" (an accelerator where the worker has one), "cpu" or "accelerator".
        max_failures: how often its process may die in a row without finishing a unit.
        Raises: JobError on a read-only installation; InputError for an unknown `wants`.
        """
        self.config.refuse_read_only("start or stop work")
        if wants not in WANTS:
            raise InputError(f"a job cannot want {wants!r}; choose one of {', '.join(WANTS)}")
        text = _payload_text(payload)
        with connect(self.config.jobs_database) as connection, transaction(connection):
            same = connection.execute(
                "SELECT * FROM jobs WHERE kind = ? AND payload = ? "
                "AND state IN ('waiting', 'stale', 'running') ORDER BY id DESC",
                (kind, text),
            ).fetchone()
            if same:
                return job_from_row(same)
            row = connection.execute(
                "INSERT INTO jobs (kind, label, payload, priority, wants, estimate_seconds, "
                "max_failures, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
                (
                    kind,
                    label or kind,
                    text,
                    priority,
                    wants,
                    estimate_seconds,
                    max_failures,
                    time.time(),
                ),
            ).fetchone()
            log = self.config.logs_dir / f"job-{row['id']}.log"
            connection.execute("UPDATE jobs SET log_path = ? WHERE id = ?", (str(log), row["id"]))
            return job_from_row({**dict(row), "log_path": str(log)})

    def get(self, job_id: int) -> Job:
        """Raises: JobError if there is no such job."""
        row = self._one("SELECT * FROM jobs WHERE id = ?", job_id)
        if row is None:
            raise JobError(f"there is no job {job_id}; `jobs list` shows the ones there are")
        return row

    def newest(self, kind: str, payload: Mapping[str, Any]) -> Job | None:
        """The newest job of this kind with exactly this payload, over or not."""
        if not self._is_there():
            return None
        return self._one(
            "SELECT * FROM jobs WHERE kind = ? AND payload = ? ORDER BY id DESC LIMIT 1",
            kind,
            _payload_text(payload),
        )

    def jobs(self, *, states: Sequence[JobState] = tuple(JobState), limit: int = 200) -> list[Job]:
        """The newest jobs first; empty when nothing was ever queued (no file is made)."""
        if not self._is_there():
            return []
        marks = ", ".join("?" for _ in states)
        with connect(self.config.jobs_database) as connection:
            rows = connection.execute(
                f"SELECT * FROM jobs WHERE state IN ({marks}) ORDER BY id DESC LIMIT ?",
                (*states, limit),
            ).fetchall()
        return [job_from_row(row) for row in rows]

    def units(self, job_id: int) -> list[Unit]:
        """What a job has finished so far, in order."""
        with connect(self.config.jobs_database) as connection:
            rows = connection.execute(
                "SELECT name, seconds, note, error FROM units WHERE job_id = ? ORDER BY rowid",
                (job_id,),
            ).fetchall()
        return [Unit(**dict(row)) for row in rows]

    def claim(self, worker: str, device: str, wants: Sequence[str] = ("auto", "cpu")) -> Job | None:
        """Take the first job that this device may run; None if there is none or it is taken.

        The choice and the mark are one statement, so no job is claimed twice; the unique index
        on `device_lock` lets at most one job hold an accelerator.
        """
        lock = None if device == "cpu" else f"{this_host()}:{device}"
        marks = ", ".join("?" for _ in wants)
        return self._one(
            f"""
            UPDATE jobs SET state = 'running', worker = ?, device = ?, device_lock = ?,
                claims = claims + 1, child = NULL, outcome = NULL, error = NULL, stage = 'starting',
                done = 0, total = 0, stage_seconds = 0, earlier_seconds = seconds,
                rss = NULL, device_memory = NULL, finished_at = NULL,
                started_at = coalesce(started_at, ?)
            WHERE id = (
                SELECT id FROM jobs WHERE state IN ('waiting', 'stale') AND wants IN ({marks})
                ORDER BY priority DESC, id LIMIT 1
            ) AND NOT EXISTS (SELECT 1 FROM jobs WHERE device_lock = ?)
            RETURNING *
            """,
            worker,
            device,
            lock,
            time.time(),
            *wants,
            lock,
        )

    def attach(self, job: Job, child: str) -> bool:
        """Note which process runs a job; False if the job is not ours any more."""
        return self._change(
            "UPDATE jobs SET child = ? WHERE id = ? AND claims = ?", child, job.id, job.claims
        )

    def observe(self, job: Job, seconds: float, rss: int | None) -> JobState | None:
        """Write running time and memory; returns the state, None if the job is not ours."""
        with connect(self.config.jobs_database) as connection:
            row = connection.execute(
                "UPDATE jobs SET seconds = earlier_seconds + ?, rss = coalesce(?, rss) "
                "WHERE id = ? AND claims = ? AND state IN ('running', 'cancelling') "
                "RETURNING state",
                (seconds, rss, job.id, job.claims),
            ).fetchone()
        return JobState(row["state"]) if row else None

    def cancel(self, job_id: int) -> Job:
        """Stop a job: at once if it waits, within seconds if it runs; nothing if it is over.

        Raises: JobError if there is no such job, or on a read-only installation.
        """
        self.config.refuse_read_only("start or stop work")
        self._change(
            "UPDATE jobs SET state = CASE state WHEN 'running' THEN 'cancelling' "
            "ELSE 'cancelled' END, finished_at = ? "
            "WHERE id = ? AND state IN ('waiting', 'stale', 'running')",
            time.time(),
            job_id,
        )
        return self.get(job_id)

    def retry(self, job_id: int) -> Job:
        """Queue a job that is over again; units that finished well are not run again.

        Raises: JobError while the job is not over, or on a read-only installation.
        """
        self.config.refuse_read_only("start or stop work")
        with connect(self.config.jobs_database) as connection, transaction(connection):
            changed = connection.execute(
                "UPDATE jobs SET state = 'waiting', failures = 0, outcome = NULL, error = NULL, "
                "finished_at = NULL, units_done = (SELECT count(*) FROM units WHERE "
                "job_id = jobs.id AND error IS NULL) "
                "WHERE id = ? AND state IN ('cancelled', 'complete', 'failed')",
                (job_id,),
            ).rowcount
            if changed:
                connection.execute(
                    "DELETE FROM units WHERE job_id = ? AND error IS NOT NULL", (job_id,)
                )
        job = self.get(job_id)
        if not changed:
            raise JobError(f"job {job_id} is {job.state}; only a job that is over can be retried")
        return job

    def release(self, job: Job, state: JobState, error: str | None = None) -> bool:
        """The holder gives a job up in `state`; False if it is not the holder any more."""
        return self._change(
            "UPDATE jobs SET state = ?, error = ?, worker = NULL, child = NULL, "
            "device_lock = NULL, finished_at = ? "
            "WHERE id = ? AND claims = ? AND state IN ('running', 'cancelling')",
            state,
            error,
            time.time() if state in OVER else None,
            job.id,
            job.claims,
        )

    def crashed(self, job: Job, reason: str) -> Job:
        """The job's process is gone: finish it if it had said how it ended, else resume it.

        A cancelled job stays cancelled; one that died too often without finishing a unit fails.
        """
        current = self.get(job.id)
        if current.outcome is JobState.WAITING and current.state is JobState.CANCELLING:
            self.release(job, JobState.CANCELLED)
        elif current.outcome is not None:
            self.release(job, current.outcome, current.error)
        elif current.state is JobState.CANCELLING:
            self.release(job, JobState.CANCELLED)
        elif current.failures + 1 >= current.max_failures:
            message = f"{reason}; that happened {current.failures + 1} times without progress"
            self.release(job, JobState.FAILED, f"{message}. See the log, then retry.")
        else:
            self._change(
                "UPDATE jobs SET state = 'stale', error = ?, failures = failures + 1, "
                "worker = NULL, child = NULL, device_lock = NULL "
                "WHERE id = ? AND claims = ? AND state = 'running'",
                reason,
                job.id,
                job.claims,
            )
        return self.get(job.id)

    def recover(self, watch: HeartbeatWatch) -> list[Job]:
        """Find jobs whose worker died, end what it left running, and queue them again."""
        with connect(self.config.jobs_database) as connection:
            rows = connection.execute(
                "SELECT jobs.*, workers.host, workers.process, workers.beat FROM jobs "
                "LEFT JOIN workers ON workers.id = jobs.worker "
                "WHERE state IN ('running', 'cancelling')"
            ).fetchall()
        found = []
        for row in rows:
            if row["host"] is not None and watch.alive(
                row["worker"], row["host"], row["process"], row["beat"]
            ):
                continue
            if row["child"] and row["host"] == this_host():
                kill_group(row["child"])
            found.append(self.crashed(job_from_row(row), "the worker died while it ran"))
        return found

    def register_worker(self, worker: str, process: str, devices: Sequence[str]) -> None:
        """Announce a worker, and forget those of this machine that are gone."""
        with connect(self.config.jobs_database) as connection, transaction(connection):
            others = connection.execute(
                "SELECT id, process FROM workers WHERE host = ? "
                "AND id NOT IN (SELECT worker FROM jobs WHERE worker IS NOT NULL)",
                (this_host(),),
            ).fetchall()
            gone = [(row["id"],) for row in others if not process_alive(row["process"])]
            connection.executemany("DELETE FROM workers WHERE id = ?", gone)
            connection.execute(
                "INSERT OR REPLACE INTO workers (id, host, process, devices, started_at) "
                "VALUES (?, ?, ?, ?, ?)",
                (worker, this_host(), process, " ".join(devices), time.time()),
            )

    def forget_worker(self, worker: str) -> None:
        """A worker leaves in good order."""
        self._change("DELETE FROM workers WHERE id = ?", worker)

    def beat(self, worker: str) -> None:
        """Move a worker's heartbeat counter on by one."""
        self._change("UPDATE workers SET beat = beat + 1 WHERE id = ?", worker)

    def live_workers(self) -> list[Mapping[str, Any]]:
        """Workers of this machine whose process runs: id, process, devices."""
        if not self._is_there():
            return []
        with connect(self.config.jobs_database) as connection:
            rows = connection.execute("SELECT * FROM workers WHERE host = ?", (this_host(),))
            return [dict(row) for row in rows if process_alive(row["process"])]

    def _is_there(self) -> bool:
        with saying_what_is_refused(self.config.jobs_database):
            return self.config.jobs_database.exists()

    def _one(self, query: str, *bound: Any) -> Job | None:
        with connect(self.config.jobs_database) as connection:
            row = connection.execute(query, bound).fetchone()
        return job_from_row(row) if row else None

    def _change(self, query: str, *bound: Any) -> bool:
        with connect(self.config.jobs_database) as connection:
            return connection.execute(query, bound).rowcount > 0


def _payload_text(payload: Mapping[str, Any]) -> str:
    """Equal payloads give equal text, by which SQLite compares them."""
    return json.dumps(payload, sort_keys=True, allow_nan=False)
