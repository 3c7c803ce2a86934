"""What a job is: its states and its progress."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from lrd_core.store.jobs import JobRow


class JobState(StrEnum):
    """Where a job is. `stale`: its process died; it waits to be resumed where it stopped."""

    WAITING = "waiting"
    RUNNING = "running"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    COMPLETE = "complete"
    FAILED = "failed"
    STALE = "stale"


CLAIMABLE = (JobState.WAITING, JobState.STALE)
HELD = (JobState.RUNNING, JobState.CANCELLING)
OVER = (JobState.CANCELLED, JobState.COMPLETE, JobState.FAILED)


@dataclass(frozen=True, kw_only=True)
class Job(JobRow):
    """A job of the queue, its state as what that means."""

    state: JobState
    outcome: JobState | None

    @property
    def over(self) -> bool:
        return self.state in OVER

    @property
    def rate(self) -> float | None:
        """Steps of the current stage a second, or None before the first step."""
        if self.done <= 0 or self.stage_seconds <= 0:
            return None
        return self.done / self.stage_seconds


def job_from_row(row: JobRow) -> Job:
    """A job from a row of the jobs table."""
    outcome = JobState(row.outcome) if row.outcome else None
    return Job(**vars(row) | {"state": JobState(row.state), "outcome": outcome})


def row_of(job: Job) -> dict[str, Any]:
    """A job for display; `created` in UTC."""
    return {
        "id": job.id,
        "state": job.state.value,
        "label": job.label,
        "kind": job.kind,
        "units": f"{job.units_done}/{job.units_total}" if job.units_total else "",
        "seconds": round(job.seconds, 1),
        "device": job.device or "",
        "created": datetime.fromtimestamp(int(job.created_at), UTC),
        "error": job.error or "",
    }
