"""What is left of a job: never backwards, ranges that narrow, nothing where nothing is known."""

from dataclasses import replace

import pytest

from lrd_core.config import Config
from lrd_core.jobs.queue import JobQueue
from lrd_core.jobs.records import Job, JobState
from lrd_core.jobs.remaining import remaining
from lrd_core.views.pruning_work import TrialEstimate


@pytest.fixture
def job(config: Config) -> Job:
    expected = TrialEstimate(100.0, 50.0, 200.0, "", "", "")
    queued = JobQueue(config).enqueue("run", {}, expected=expected)
    return replace(queued, state=JobState.RUNNING, units_total=4)


def test_the_share_never_falls_and_ends_at_one(job: Job) -> None:
    finished: list[float] = []
    shares = [0.0]
    clock = 0.0
    for unit in (10.0, 70.0, 2.0, 40.0):
        for second in range(int(unit)):
            shares.append(remaining(replace(job, seconds=clock + second), finished).share)
        clock += unit
        finished.append(unit)
    shares.append(remaining(replace(job, state=JobState.COMPLETE), finished).share)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0 and max(shares[:-1]) < 1


def test_the_range_is_the_estimates_and_narrows_as_units_end(job: Job) -> None:
    first = remaining(job, [])
    assert (first.low, first.high) == (50.0, 200.0)
    widths = []
    for done in (1, 2, 3):
        left = remaining(replace(job, seconds=20.0 * done), [20.0] * done)
        assert left.low < (4 - done) * 20 < left.high
        widths.append(left.high / left.low)
    assert widths == sorted(widths, reverse=True)


def test_without_an_estimate_nothing_is_promised_before_a_unit_has_ended(job: Job) -> None:
    unknown = replace(job, estimate_seconds=None, estimate_low=None, estimate_high=None)
    left = remaining(replace(unknown, seconds=30.0), [])
    assert (left.share, left.low, left.high) == (0.0, None, None)
    after = remaining(replace(unknown, seconds=30.0), [30.0])
    assert after.share == 0.25 and after.low < 90 < after.high


def test_what_takes_longer_than_thought_stays_below_its_unit(job: Job) -> None:
    left = remaining(replace(job, seconds=1000.0, units_total=1), [])
    assert left.share == 0.95 and (left.low, left.high) == (0.0, 0.0)
