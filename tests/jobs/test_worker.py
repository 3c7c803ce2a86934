"""Real worker processes, killed and cancelled for real."""

import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from lrd_core.jobs.liveness import process_alive
from lrd_core.jobs.records import JobState
from lrd_core.views import runs as service


def over(job):
    return job.over


def trace_of(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def units_payload(tmp_path, units=("a", "b", "c"), **more):
    return {"trace": str(tmp_path / "trace"), "units": list(units), **more}


def test_job_runs_to_the_end_with_progress_and_log(queue, start_worker, until, tmp_path):
    payload = units_payload(tmp_path, pause=0.1, stop_at="b forward", gate=str(tmp_path / "gate"))
    job = queue.enqueue("work_through_units", payload, label="three")
    start_worker()
    middle = until(job, lambda job: job.units_done == 1 and job.done >= 2)
    (tmp_path / "gate").touch()
    assert (middle.state, middle.units_total, middle.total) == (JobState.RUNNING, 3, 5)
    assert middle.rate > 0
    left = service.left_of(queue.config, middle)
    assert 1 / 3 < left.share < 2 / 3 and 0 <= left.low < left.high
    assert middle.rss > 10_000_000
    done = until(job, over)
    assert (done.state, done.units_done, done.error) == (JobState.COMPLETE, 3, None)
    assert 1.0 < done.seconds < 90
    assert "complete after" in Path(done.log_path).read_text()


@pytest.mark.parametrize("stage", ["load", "forward", "metrics"])
def test_kill_9_of_the_worker_resumes_at_the_last_finished_unit(
    queue, start_worker, until, tmp_path, stage
):
    payload = units_payload(
        tmp_path,
        units=("a", "b"),
        stages=["load", "forward", "metrics"],
        stop_at=f"b {stage}",
        gate=str(tmp_path / "gate"),
    )
    job = queue.enqueue("work_through_units", payload)
    worker = start_worker()
    running = until(job, lambda job: job.units_done == 1 and job.stage == stage)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    deadline = time.monotonic() + 10
    while process_alive(running.child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not process_alive(running.child), "the job's process outlived its worker"
    assert queue.get(job.id).state is JobState.RUNNING

    (tmp_path / "gate").touch()
    start_worker()
    done = until(job, over)
    assert done.state is JobState.COMPLETE
    assert done.claims == 2
    lines = Counter(trace_of(tmp_path / "trace"))
    assert lines["a stored"] == lines["b stored"] == 1
    assert all(count == 1 for line, count in lines.items() if line.startswith("a "))


def test_kill_9_between_two_jobs_and_while_starting(queue, start_worker, until, tmp_path):
    jobs = [
        queue.enqueue("note_down", {"trace": str(tmp_path / "t"), "number": i}) for i in range(4)
    ]
    worker = start_worker()
    until(jobs[0], lambda job: job.state is not JobState.WAITING)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    start_worker()
    for job in jobs:
        assert until(job, over).state is JobState.COMPLETE
    assert set(trace_of(tmp_path / "t")) == {"0", "1", "2", "3"}


def test_a_living_job_is_left_alone_by_a_second_worker(queue, start_worker, until, tmp_path):
    job = queue.enqueue("work_through_units", units_payload(tmp_path, pause=0.1))
    start_worker()
    until(job, lambda job: job.state is JobState.RUNNING)
    start_worker()
    assert until(job, over).claims == 1


def test_cancel_of_work_that_reports(queue, start_worker, until):
    job = queue.enqueue("forever", {})
    start_worker()
    until(job, lambda job: job.done > 3)
    asked = time.monotonic()
    assert queue.cancel(job.id).state is JobState.CANCELLING
    assert until(job, over).state is JobState.CANCELLED
    assert time.monotonic() - asked < 2


def test_cancel_of_work_that_never_answers_kills_it_within_five_seconds(queue, start_worker, until):
    job = queue.enqueue("deaf", {})
    start_worker()
    child = until(job, lambda job: job.stage == "forward").child
    asked = time.monotonic()
    queue.cancel(job.id)
    assert until(job, over).state is JobState.CANCELLED
    assert time.monotonic() - asked < 5
    assert not process_alive(child)


def test_crashing_job_fails_after_three_attempts_and_the_worker_lives(
    queue, start_worker, until, tmp_path
):
    crashing = queue.enqueue("kill_itself", {})
    after = queue.enqueue("note_down", {"trace": str(tmp_path / "t"), "number": 1})
    worker = start_worker()
    failed = until(crashing, over)
    assert (failed.state, failed.claims) == (JobState.FAILED, 3)
    assert "ran out of memory" in failed.error
    assert "3 times without progress" in failed.error
    assert until(after, over).state is JobState.COMPLETE
    assert worker.poll() is None


def test_error_of_a_handler_reaches_the_job_and_its_log(queue, start_worker, until):
    job = queue.enqueue("refuse", {})
    start_worker()
    failed = until(job, over)
    assert (failed.state, failed.claims) == (JobState.FAILED, 1)
    assert failed.error == "tiny-nan: NaN in layer 2 of text 7 (float16); try float32"
    assert "Traceback" in Path(failed.log_path).read_text()


def test_terminated_worker_gives_its_job_back(queue, start_worker, until):
    job = queue.enqueue("forever", {})
    worker = start_worker()
    until(job, lambda job: job.done > 0)
    worker.terminate()
    assert worker.wait(60) == 0
    assert queue.get(job.id).state is JobState.WAITING
    assert queue.get(job.id).failures == 0
    assert queue.live_workers() == []


def test_idle_worker_ends(start_worker, queue):
    assert start_worker(idle_s=0.3).wait(90) == 0
    assert queue.live_workers() == []


def test_clock_that_goes_backwards_kills_nobody(queue, start_worker, until, tmp_path):
    job = queue.enqueue("clock_goes_back", units_payload(tmp_path, pause=0.1))
    start_worker(SYNTHETIC_CLOCK="backwards")
    start_worker(SYNTHETIC_CLOCK="backwards")
    done = until(job, over)
    assert (done.state, done.claims) == (JobState.COMPLETE, 1)
    assert 1.0 < done.seconds < 90


def test_two_workers_take_jobs_of_one_queue(queue, start_worker, until, tmp_path):
    payload = {"trace": str(tmp_path / "t")}
    jobs = [queue.enqueue("note_down", payload | {"number": i}) for i in range(8)]
    start_worker()
    start_worker()
    for job in jobs:
        until(job, over)
    assert sorted(trace_of(tmp_path / "t")) == [str(i) for i in range(8)]
