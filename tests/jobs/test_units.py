"""The loop over units that runs, scores and trials share."""

import pytest

from lrd_core.errors import JobCancelled, JobError, NonFiniteError
from lrd_core.jobs.context import JobContext
from lrd_core.jobs.units import each_unit, pairs_of

UNITS = {"a": 1, "b": 2, "c": 3}


@pytest.fixture
def claim(queue, config):
    """A job's context, as a worker has it; a second call is the attempt after a crash."""
    job = queue.enqueue("run", {})

    def attempt() -> JobContext:
        return JobContext(queue.claim("w", "cpu") or queue.get(job.id), config, "cpu")

    return attempt


def refuse_b(unit: int) -> str:
    if unit == 2:
        raise NonFiniteError("NaN in layer 3")
    return f"did {unit}"


def test_one_that_fails_stops_no_other_and_fails_the_job(claim, queue):
    with pytest.raises(JobError, match="1 of 3 failed; first: b: NaN in layer 3"):
        each_unit(claim(), UNITS, refuse_b)
    assert {unit.name: unit.note for unit in queue.units(1)} == {
        "a": "did 1",
        "b": "",
        "c": "did 3",
    }


def test_a_failure_before_a_crash_still_fails_the_job(claim):
    def crash_at_c(unit: int) -> str:
        if unit == 3:
            raise MemoryError
        return refuse_b(unit)

    with pytest.raises(MemoryError):
        each_unit(claim(), UNITS, crash_at_c)
    done: list[int] = []
    with pytest.raises(JobError, match="1 of 3 failed; first: b"):
        each_unit(claim(), UNITS, lambda unit: done.append(unit) or "done")
    assert done == [3]


def test_cancelling_is_no_failure(claim, queue):
    def cancelled(unit: int) -> str:
        raise JobCancelled("stop")

    with pytest.raises(JobCancelled):
        each_unit(claim(), UNITS, cancelled)
    assert queue.units(1) == []


def test_pairs_come_model_by_model():
    pairs = pairs_of({"models": ["m", "n"], "tasks": ["t", "u"]})
    assert list(pairs) == ["m on t", "m on u", "n on t", "n on u"]
    assert pairs["n on t"] == ("n", "t")
