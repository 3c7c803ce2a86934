"""A store that others hold, or a disk that takes nothing, fails no job that could go on later."""

import sqlite3
from pathlib import Path

import pytest

from lrd_core.errors import JobError, StoreBusyError, UnwritableError
from lrd_core.jobs.context import JobContext
from lrd_core.jobs.records import JobState
from lrd_core.jobs.units import each_unit
from lrd_core.jobs.worker import Worker
from lrd_core.store import connect
from lrd_core.store.jobs import change_job
from lrd_core.store.queue_file import connect as connect_queue
from lrd_core.store.requests import REQUESTS
from lrd_core.store.spool import keep, kept
from lrd_core.store.writes import Write


@pytest.mark.parametrize("error", [StoreBusyError("held"), UnwritableError("full")])
def test_the_store_is_no_fault_of_a_unit(queue, config, error):
    queue.enqueue("run", {})
    context = JobContext(queue.claim("w", "cpu"), config, "cpu")

    def work(unit: int) -> str:
        if unit == 2:
            raise error
        return "done"

    with pytest.raises(type(error)):
        each_unit(context, {"a": 1, "b": 2, "c": 3}, work)
    assert [unit.name for unit in queue.units(1)] == ["a"]


def test_a_job_that_finds_the_store_held_waits_and_goes_on_with_its_next_unit(
    queue, start_worker, until, tmp_path, monkeypatch
):
    monkeypatch.setenv("SYNTHETIC_BUSY_PAUSE", "0.1")
    gate = tmp_path / "gate"
    payload = {"trace": str(tmp_path / "trace"), "units": ["a", "b"], "gate": str(gate)}
    job = queue.enqueue("busy_until", payload)
    start_worker()
    waited = until(job, lambda job: job.claims >= 2)
    assert (waited.over, waited.failures) == (False, 0)
    gate.touch()
    done = until(job, lambda job: job.over)
    assert (done.state, done.error) == (JobState.COMPLETE, None)
    assert (tmp_path / "trace").read_text() == "a\nb\n"
    assert "goes on where it stopped" in Path(done.log_path).read_text()


def test_cancelling_a_job_that_found_the_store_held_ends_it(queue):
    job = queue.enqueue("run", {})
    claimed = queue.claim("w", "cpu")
    queue.cancel(job.id)
    with connect_queue(queue.config.jobs_database) as connection:
        change_job(connection, job.id, {"outcome": JobState.WAITING})
    assert queue.crashed(claimed, "it ended").state is JobState.CANCELLED


def test_an_idle_worker_saves_what_finished_work_left_on_disk(config):
    with connect(config):
        pass
    keep(config, [Write(REQUESTS, [{"request_key": "asked", "run_key": "one"}])])
    Worker(config)._save_what_waits()
    assert kept(config) == []
    with connect(config, read_only=True) as connection:
        assert connection.execute("SELECT run_key FROM requests").fetchall() == [("one",)]


@pytest.mark.parametrize(
    ("said", "raised"),
    [
        ("database or disk is full", UnwritableError),
        ("attempt to write a readonly database", UnwritableError),
        ("database is locked", sqlite3.OperationalError),
    ],
)
def test_a_full_disk_under_the_queue_is_told_as_such_and_a_lock_is_not(config, said, raised):
    with pytest.raises(raised), connect_queue(config.jobs_database):
        raise sqlite3.OperationalError(said)


def test_a_job_that_does_not_exist_is_no_disk_fault(queue):
    queue.enqueue("run", {})
    with pytest.raises(JobError, match="there is no job 7"):
        queue.get(7)
