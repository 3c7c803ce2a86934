"""What a job is: its states, its progress and what it left behind."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


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


@dataclass(frozen=True)
class Job:
    """One row of the queue.

    Times of day are Unix seconds and only shown; durations come from a monotonic clock, so a
    clock that goes backwards changes neither states nor durations. Memory is in bytes.
    """

    id: int
    kind: str
    label: str
    payload: Mapping[str, Any]
    state: JobState
    priority: int
    wants: str
    device: str | None
    worker: str | None
    child: str | None
    claims: int
    failures: int
    max_failures: int
    outcome: JobState | None
    error: str | None
    stage: str
    done: int
    total: int
    stage_seconds: float
    seconds: float
    estimate_seconds: float | None
    rss: int | None
    device_memory: int | None
    units_done: int
    units_total: int
    log_path: str
    created_at: float
    started_at: float | None
    finished_at: float | None

    @property
    def over(self) -> bool:
        return self.state in OVER

    @property
    def rate(self) -> float | None:
        """Steps of the current stage a second, or None before the first step."""
        if self.done <= 0 or self.stage_seconds <= 0:
            return None
        return self.done / self.stage_seconds

    @property
    def seconds_left(self) -> float | None:
        """Time left in the current stage, plus the units that follow at the pace so far."""
        rate = self.rate
        if self.state is not JobState.RUNNING or rate is None or self.total <= 0:
            return None
        stage = max(self.total - self.done, 0) / rate
        following = self.units_total - self.units_done - 1
        if following <= 0:
            return stage
        if self.units_done == 0:
            return None
        return stage + following * self.seconds / self.units_done


@dataclass(frozen=True)
class Unit:
    """A part of a job that is finished, well or badly, and will not be run again."""

    name: str
    seconds: float
    note: str
    error: str | None


def job_from_row(row: Mapping[str, Any]) -> Job:
    """A Job from a row of the jobs table."""
    values = {name: row[name] for name in Job.__dataclass_fields__}
    values["payload"] = json.loads(row["payload"])
    values["state"] = JobState(row["state"])
    values["outcome"] = JobState(row["outcome"]) if row["outcome"] else None
    return Job(**values)
