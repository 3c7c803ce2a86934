"""Sweeps: units, failures of single units, what is resumed; the run itself is replaced."""

import pytest

from lrd_core.errors import JobCancelled, JobError, NonFiniteError
from lrd_core.jobs import sweep
from lrd_core.jobs.context import JobContext
from lrd_core.jobs.estimate import measured_rates
from lrd_core.jobs.records import JobState
from lrd_core.jobs.sweep import run_sweep
from lrd_core.runs import RunReport

PAYLOAD = {
    "models": ["all-MiniLM-L6-v2", "gpt2"],
    "tasks": ["bbc-news", "chatterbot"],
    "metrics": ["frenet"],
    "settings": {"n": 50},
}


@pytest.fixture
def context(queue, config) -> JobContext:
    queue.enqueue("run", PAYLOAD)
    return JobContext(queue.claim("w", "cpu"), config, "cpu")


@pytest.fixture
def ran(monkeypatch) -> list[tuple[str, str]]:
    """Replaces the run by one that notes its request; gpt2 on bbc-news gives NaN at first."""
    done: list[tuple[str, str]] = []

    def fake(request, context, allowed):
        done.append((request.model, request.task))
        if done.count(("gpt2", "bbc-news")) == 1 and request.model == "gpt2":
            raise NonFiniteError("gpt2: NaN in layer 3 of text 5")
        return RunReport("k", request.model, request.task, 50, 100, ("frenet",), (), (), 3.0, 2.0)

    monkeypatch.setattr(sweep, "_execute", fake)
    return done


def test_a_failing_unit_is_named_and_the_others_are_finished(queue, context, ran):
    with pytest.raises(JobError, match="2 of 4 failed; first: gpt2 on bbc-news: gpt2: NaN in"):
        run_sweep(dict(PAYLOAD), context)
    assert len(ran) == 4
    units = {unit.name: unit.error for unit in queue.units(1)}
    assert units["all-MiniLM-L6-v2 on chatterbot"] is None
    assert units["gpt2 on bbc-news"] == "gpt2: NaN in layer 3 of text 5"


def test_retry_runs_only_what_failed(queue, context, ran, config):
    with pytest.raises(JobError):
        run_sweep(dict(PAYLOAD), context)
    queue.release(context.job, JobState.FAILED, "2 of 4 failed")
    queue.retry(1)
    ran.clear()
    ran.append(("gpt2", "bbc-news"))
    run_sweep(dict(PAYLOAD), JobContext(queue.claim("w", "cpu"), config, "cpu"))
    assert ran[1:] == [("gpt2", "bbc-news"), ("gpt2", "chatterbot")]
    assert queue.get(1).units_done == 4


def test_rates_are_kept_for_the_next_estimate(context, ran, config):
    with pytest.raises(JobError):
        run_sweep(dict(PAYLOAD), context)
    rates = measured_rates(config, "cpu")
    assert len(rates["forward"]) == 2
    assert rates["metrics"] == [], "50 texts are too few to tell"
    assert rates["forward"][0] == pytest.approx(2 * (12 * 6 * 384**2) * 50 * 150 / 2.0)


def test_cancel_between_units_leaves_the_rest(queue, context, monkeypatch):

    def cancel_meanwhile(request, context, allowed):
        queue.cancel(1)
        return RunReport("k", request.model, request.task, 50, 100, (), ("frenet",), (), 0.1, 0.0)

    monkeypatch.setattr(sweep, "_execute", cancel_meanwhile)
    with pytest.raises(JobCancelled, match="job 1 was cancelled"):
        run_sweep(dict(PAYLOAD), context)
    assert len(queue.units(1)) == 1


def test_progress_that_cannot_be_written_does_not_stop_the_work(context, config, monkeypatch):
    import sqlite3

    from lrd_core.jobs import context as module

    def full(path):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(module, "connect", full)
    context.progress("forward", 1, 2)


def test_context_of_a_lost_job_stops(queue, context):
    queue.crashed(context.job, "gone")
    with pytest.raises(JobCancelled):
        context.progress("forward", 0, 2)
    assert queue.get(1).state is JobState.STALE
