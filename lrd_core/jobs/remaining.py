"""How much of a whole job is done and how long the rest takes: honest ranges, never backwards.

A job is reckoned in units, a model and task each. Before the first one ends, the estimate that was
made when the job was queued says how long a unit takes; then the finished units do. The range
narrows with every unit. Stages inside a unit differ too much in pace to be reckoned with.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lrd_core.jobs.estimate import UNMEASURED_SPREAD
from lrd_core.jobs.records import Job, JobState

MOST_OF_A_UNIT = 0.95
"""Share of a unit that counts as done at most before it has ended."""


@dataclass(frozen=True)
class Remaining:
    """share: of the whole job that is done, 0 to 1. low, high: seconds left; None if not known."""

    share: float
    low: float | None = None
    high: float | None = None


def remaining(job: Job, finished: Sequence[float]) -> Remaining:
    """What is left of a job.

    finished: seconds of each unit that has ended. The share never falls while a job runs: inside a
    unit the time that it is thought to take does not change, and no unit counts as done early.
    """
    if job.state is JobState.COMPLETE:
        return Remaining(1.0)
    units = max(job.units_total, len(finished), 1)
    done = len(finished) / units
    taken = _unit_seconds(job, finished, units)
    if taken is None or job.state is not JobState.RUNNING or (len(finished) == units):
        return Remaining(done)
    low, middle, high = taken
    spent = max(0.0, job.seconds - sum(finished))
    share = done + min(spent / middle, MOST_OF_A_UNIT) / units
    following = units - len(finished) - 1
    return Remaining(
        share, max(low - spent, 0.0) + following * low, max(high - spent, 0.0) + following * high
    )


def _unit_seconds(
    job: Job, finished: Sequence[float], units: int
) -> tuple[float, float, float] | None:
    """The least, the likely and the most seconds of a unit; None where nothing tells."""
    if not finished:
        if not job.estimate_seconds:
            return None
        low = job.estimate_low or job.estimate_seconds
        high = job.estimate_high or job.estimate_seconds
        return low / units, job.estimate_seconds / units, high / units
    spread = UNMEASURED_SPREAD
    if job.estimate_low and job.estimate_high:
        spread = math.sqrt(job.estimate_high / job.estimate_low)
    doubt = spread ** (1 / (len(finished) + 1))
    known = [max(seconds, 0.1) for seconds in finished]
    return min(known) / doubt, sum(known) / len(known), max(known) * doubt
