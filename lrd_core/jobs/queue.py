"""The queue of background work, in one SQLite file that every process may open.

It is small and our own because no kept library gives all three of what is needed without a
server: huey's SQLite storage loses the task of a killed consumer and cannot stop running work,
litequeue and persist-queue hand out messages but supervise nothing, and rq, dramatiq, celery and
procrastinate need Redis, RabbitMQ or PostgreSQL.

Every change of state is one guarded statement, so two processes can never both win it. A claim
carries a number; whoever lost the job meanwhile (a worker that slept through its own funeral)
writes with an old number and changes nothing.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lrd_core.config import Config
from lrd_core.disk import saying_what_is_refused
from lrd_core.errors import InputError, JobError
from lrd_core.jobs.foreseen import Foreseen
from lrd_core.jobs.liveness import HeartbeatWatch, kill_group, process_alive, this_host
from lrd_core.jobs.records import CLAIMABLE, HELD, OVER, Job, JobState, job_from_row
from lrd_core.store import jobs as store
from lrd_core.store import workers
from lrd_core.store.queue_file import connect, transaction
from lrd_core.store.units import UnitRow, forget_failed_units, read_units

UNDER_WAY = (*CLAIMABLE, JobState.RUNNING)
NOBODY = {"worker": None, "child": None, "device_lock": None}
"""Columns of a job that nobody holds."""

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
        expected: Foreseen | None = None,
        max_failures: int = 3,
    ) -> Job:
        """Add a job, or return the equal one (same kind and payload) that is not over yet.

        wants: "auto" (an accelerator where the worker has one), "cpu" or "accelerator".
        expected: how long it is thought to take.
        max_failures: how often its process may die in a row without finishing a unit.
        Raises: JobError on a read-only installation; InputError for an unknown `wants`.
        """
        self.config.refuse_read_only("start or stop work")
        if wants not in WANTS:
            raise InputError(f"a job cannot want {wants!r}; choose one of {', '.join(WANTS)}")
        text = store.payload_text(payload)
        with connect(self.config.jobs_database) as connection, transaction(connection):
            same = store.newest_job(connection, kind, text, UNDER_WAY)
            if same:
                return job_from_row(same)
            job = {
                "kind": kind,
                "label": label or kind,
                "payload": text,
                "state": JobState.WAITING,
                "priority": priority,
                "wants": wants,
                "estimate_seconds": expected and expected.seconds,
                "estimate_low": expected and expected.low,
                "estimate_high": expected and expected.high,
                "max_failures": max_failures,
                "created_at": time.time(),
            }
            row = store.add_job(connection, job)
            log = str(self.config.logs_dir / f"job-{row.id}.log")
            store.change_job(connection, row.id, {"log_path": log})
            return job_from_row(replace(row, log_path=log))

    def get(self, job_id: int) -> Job:
        """Raises: JobError if there is no such job."""
        with connect(self.config.jobs_database) as connection:
            row = store.read_job(connection, job_id)
        if row is None:
            raise JobError(f"there is no job {job_id}; `jobs list` shows the ones there are")
        return job_from_row(row)

    def newest(self, kind: str, payload: Mapping[str, Any]) -> Job | None:
        """The newest job of this kind with exactly this payload, over or not."""
        if not self._is_there():
            return None
        with connect(self.config.jobs_database) as connection:
            row = store.newest_job(connection, kind, store.payload_text(payload), tuple(JobState))
        return job_from_row(row) if row else None

    def jobs(self, *, states: Sequence[JobState] = tuple(JobState), limit: int = 200) -> list[Job]:
        """The newest jobs first; empty when nothing was ever queued (no file is made)."""
        if not self._is_there():
            return []
        with connect(self.config.jobs_database) as connection:
            rows = store.read_jobs(connection, states, limit)
        return [job_from_row(row) for row in rows]

    def units(self, job_id: int) -> list[UnitRow]:
        """What a job has finished so far, in order."""
        with connect(self.config.jobs_database) as connection:
            return read_units(connection, job_id)

    def claim(self, worker: str, device: str, wants: Sequence[str] = ("auto", "cpu")) -> Job | None:
        """Take the first job that this device may run; None if there is none or it is taken.

        The choice and the mark are one statement, so no job is claimed twice; the unique index
        on `device_lock` lets at most one job hold an accelerator.
        """
        lock = None if device == "cpu" else f"{this_host()}:{device}"
        with connect(self.config.jobs_database) as connection:
            row = store.claim_first(
                connection,
                states=CLAIMABLE,
                wants=wants,
                held_as=JobState.RUNNING,
                holder={"worker": worker, "device": device, "device_lock": lock},
                now=time.time(),
            )
        return job_from_row(row) if row else None

    def attach(self, job: Job, child: str) -> bool:
        """Note which process runs a job; False if the job is not ours any more."""
        with connect(self.config.jobs_database) as connection:
            row = store.change_job(connection, job.id, {"child": child}, claims=job.claims)
        return row is not None

    def observe(self, job: Job, seconds: float, rss: int | None) -> JobState | None:
        """Write running time and memory; returns the state, None if the job is not ours."""
        with connect(self.config.jobs_database) as connection:
            row = store.observe_job(connection, job.id, job.claims, HELD, seconds, rss)
        return JobState(row.state) if row else None

    def cancel(self, job_id: int) -> Job:
        """Stop a job: at once if it waits, within seconds if it runs; nothing if it is over.

        Raises: JobError if there is no such job, or on a read-only installation.
        """
        self.config.refuse_read_only("start or stop work")
        with connect(self.config.jobs_database) as connection, transaction(connection):
            for states, state in (
                ((JobState.RUNNING,), JobState.CANCELLING),
                (CLAIMABLE, JobState.CANCELLED),
            ):
                stopped = {"state": state, "finished_at": time.time()}
                store.change_job(connection, job_id, stopped, states=states)
        return self.get(job_id)

    def retry(self, job_id: int) -> Job:
        """Queue a job that is over again; units that finished well are not run again.

        Raises: JobError while the job is not over, or on a read-only installation.
        """
        self.config.refuse_read_only("start or stop work")
        with connect(self.config.jobs_database) as connection, transaction(connection):
            anew = {
                "state": JobState.WAITING,
                "failures": 0,
                "outcome": None,
                "error": None,
                "finished_at": None,
            }
            changed = store.change_job(connection, job_id, anew, states=OVER)
            if changed:
                forget_failed_units(connection, job_id)
        job = self.get(job_id)
        if not changed:
            raise JobError(f"job {job_id} is {job.state}; only a job that is over can be retried")
        return job

    def release(self, job: Job, state: JobState, error: str | None = None) -> bool:
        """The holder gives a job up in `state`; False if it is not the holder any more."""
        ended = time.time() if state in OVER else None
        left = NOBODY | {"state": state, "error": error, "finished_at": ended}
        with connect(self.config.jobs_database) as connection:
            row = store.change_job(connection, job.id, left, claims=job.claims, states=HELD)
        return row is not None

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
            again = {"state": JobState.STALE, "error": reason, "failures": current.failures + 1}
            running = (JobState.RUNNING,)
            with connect(self.config.jobs_database) as connection:
                store.change_job(
                    connection, job.id, NOBODY | again, claims=job.claims, states=running
                )
        return self.get(job.id)

    def recover(self, watch: HeartbeatWatch) -> list[Job]:
        """Find jobs whose worker died, end what it left running, and queue them again."""
        with connect(self.config.jobs_database) as connection:
            rows = store.jobs_with_workers(connection, HELD)
        found = []
        for held in rows:
            worker = held.worker
            if worker is not None and watch.alive(
                worker.id, worker.host, worker.process, worker.beat
            ):
                continue
            if held.job.child and worker is not None and worker.host == this_host():
                kill_group(held.job.child)
            found.append(self.crashed(job_from_row(held.job), "the worker died while it ran"))
        return found

    def register_worker(self, worker: str, process: str, devices: Sequence[str]) -> None:
        """Announce a worker, and forget those of this machine that are gone."""
        with connect(self.config.jobs_database) as connection, transaction(connection):
            others = workers.idle_workers_of(connection, this_host())
            gone = [row.id for row in others if not process_alive(row.process)]
            workers.remove_workers(connection, gone)
            row = workers.WorkerRow(
                id=worker,
                host=this_host(),
                process=process,
                devices=" ".join(devices),
                started_at=time.time(),
            )
            workers.add_worker(connection, row)

    def forget_worker(self, worker: str) -> None:
        """A worker leaves in good order."""
        with connect(self.config.jobs_database) as connection:
            workers.remove_workers(connection, [worker])

    def beat(self, worker: str) -> None:
        """Move a worker's heartbeat counter on by one."""
        with connect(self.config.jobs_database) as connection:
            workers.beat(connection, worker)

    def live_workers(self) -> list[workers.WorkerRow]:
        """Workers of this machine whose process runs."""
        if not self._is_there():
            return []
        with connect(self.config.jobs_database) as connection:
            rows = workers.workers_of(connection, this_host())
            return [row for row in rows if process_alive(row.process)]

    def _is_there(self) -> bool:
        with saying_what_is_refused(self.config.jobs_database):
            return self.config.jobs_database.exists()
