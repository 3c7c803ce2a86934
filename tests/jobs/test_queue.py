"""The queue itself: claims, states, liveness, files that are not ours."""

import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from lrd_core.config import PROJECT_DIR
from lrd_core.errors import InputError, JobError, UnknownNameError
from lrd_core.jobs import liveness
from lrd_core.jobs.context import JobContext
from lrd_core.jobs.handlers import load_handler
from lrd_core.jobs.liveness import HeartbeatWatch
from lrd_core.jobs.queue import JobQueue
from lrd_core.jobs.records import JobState
from lrd_core.store import queue_file

CLAIM_ALL = """
import sys
from lrd_core.config import load_config
from lrd_core.jobs.queue import JobQueue
from lrd_core.jobs.records import JobState
queue = JobQueue(load_config())
print("ready", flush=True)
sys.stdin.readline()
while job := queue.claim(sys.argv[1], "cpu"):
    print(job.id)
    queue.release(job, JobState.COMPLETE)
"""


def test_two_workers_claim_500_jobs_none_twice(queue):
    for number in range(500):
        queue.enqueue("note_down", {"number": number})
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIM_ALL, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=PROJECT_DIR,
        )
        for name in ("one", "two")
    ]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    shares = [
        [int(line) for line in worker.communicate(timeout=300)[0].split()] for worker in workers
    ]
    counted = Counter(shares[0] + shares[1])
    assert set(counted) == {job.id for job in queue.jobs(limit=1000)}
    assert set(counted.values()) == {1}
    assert all(len(share) > 50 for share in shares), "one worker did all: no contest"


def test_higher_priority_first_then_oldest(queue):
    low, high, later = (
        queue.enqueue("a", {"n": n}, priority=priority) for n, priority in enumerate((0, 5, 5))
    )
    assert [queue.claim("w", "cpu").id for _ in range(3)] == [high.id, later.id, low.id]
    assert queue.claim("w", "cpu") is None


def test_at_most_one_job_on_each_accelerator(queue):
    for number in range(3):
        queue.enqueue("a", {"n": number})
    first = queue.claim("one", "cuda:0")
    assert queue.claim("two", "cuda:0") is None
    assert queue.claim("two", "cuda:1") is not None
    queue.release(first, JobState.COMPLETE)
    assert queue.claim("two", "cuda:0") is not None


def test_database_itself_refuses_two_jobs_on_one_device(queue, config):
    queue.enqueue("a", {"n": 0})
    queue.enqueue("a", {"n": 1})
    queue.claim("one", "cuda:0")
    with (
        queue_file.connect(config.jobs_database) as connection,
        pytest.raises(sqlite3.IntegrityError),
    ):
        connection.execute(
            "UPDATE jobs SET device_lock = (SELECT device_lock FROM jobs WHERE id = 1) WHERE id = 2"
        )


def test_a_device_takes_only_what_it_can_run(queue):
    queue.enqueue("a", {}, wants="accelerator")
    assert queue.claim("w", "cpu", ("auto", "cpu")) is None
    assert queue.claim("w", "cuda:0", ("auto", "accelerator")) is not None
    with pytest.raises(InputError, match="cannot want 'tpu'; choose one of auto, cpu"):
        queue.enqueue("a", {}, wants="tpu")


def test_equal_work_is_queued_once_until_it_is_over(queue):
    first = queue.enqueue("run", {"models": ["a"], "n": 1})
    assert queue.enqueue("run", {"n": 1, "models": ["a"]}).id == first.id
    assert queue.enqueue("run", {"models": ["a"], "n": 2}).id != first.id
    queue.cancel(first.id)
    assert queue.enqueue("run", {"models": ["a"], "n": 1}).id != first.id


def test_the_newest_equal_job_is_found_however_many_came_after_it(queue, config):
    payload = {"models": ["a"], "n": (1, 2)}
    assert queue.newest("run", payload) is None
    assert not config.jobs_database.exists()
    queue.cancel(queue.enqueue("run", payload).id)
    second = queue.enqueue("run", {"n": [1, 2], "models": ["a"]})
    queue.cancel(second.id)
    for number in range(220):
        queue.enqueue("other", {"number": number})
    found = queue.newest("run", payload)
    assert (found.id, found.state) == (second.id, JobState.CANCELLED)
    assert queue.newest("prune", payload) is None
    assert queue.newest("run", {"models": ["a"], "n": [1, 2, 3]}) is None


def test_cancel_of_waiting_running_and_finished_jobs(queue):
    waiting = queue.enqueue("a", {"n": 0})
    assert queue.cancel(waiting.id).state is JobState.CANCELLED
    queue.enqueue("a", {"n": 1})
    running = queue.claim("w", "cpu")
    assert queue.cancel(running.id).state is JobState.CANCELLING
    queue.release(running, JobState.CANCELLED)
    assert queue.cancel(running.id).state is JobState.CANCELLED
    with pytest.raises(JobError, match="there is no job 99"):
        queue.cancel(99)


def test_retry_keeps_units_that_went_well_and_forgets_the_failed(queue, config):
    job = queue.enqueue("a", {})
    claimed = queue.claim("w", "cpu")
    context = JobContext(claimed, config, "cpu")
    assert list(context.remaining(["x", "y", "z"])) == ["x", "y", "z"]
    context.finish_unit("x", 1.0)
    context.finish_unit("y", 1.0, error="NaN")
    with pytest.raises(JobError, match="is running; only a job that is over"):
        queue.retry(job.id)
    queue.release(claimed, JobState.FAILED, "1 of 3 failed")
    again = queue.retry(job.id)
    assert (again.state, again.error, again.units_done) == (JobState.WAITING, None, 1)
    context = JobContext(queue.claim("w", "cpu"), config, "cpu")
    assert list(context.remaining(["x", "y", "z"])) == ["y", "z"]


def test_a_worker_that_lost_its_job_changes_nothing(queue):
    queue.enqueue("a", {})
    lost = queue.claim("slept", "cpu")
    queue.crashed(lost, "gone")
    current = queue.claim("other", "cpu")
    assert not queue.release(lost, JobState.COMPLETE)
    assert queue.observe(lost, 1.0, None) is None
    assert queue.get(lost.id).worker == "other"
    assert queue.release(current, JobState.COMPLETE)


def test_dead_worker_without_row_and_cancelled_before_death(queue):
    queue.enqueue("a", {})
    job = queue.claim("never registered", "cpu")
    assert queue.recover(HeartbeatWatch())[0].state is JobState.STALE
    job = queue.claim("never registered", "cpu")
    queue.cancel(job.id)
    assert queue.recover(HeartbeatWatch())[0].state is JobState.CANCELLED
    assert queue.recover(HeartbeatWatch()) == []


def test_outcome_that_was_said_before_the_worker_died_counts(queue, config):
    queue.enqueue("a", {})
    job = queue.claim("w", "cpu")
    with queue_file.connect(config.jobs_database) as connection:
        connection.execute("UPDATE jobs SET outcome = 'complete'")
    assert queue.recover(HeartbeatWatch())[0].state is JobState.COMPLETE
    assert queue.get(job.id).claims == 1


def test_worker_of_another_machine_lives_while_its_counter_moves(queue, config, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(liveness.time, "monotonic", lambda: clock[0])
    watch = HeartbeatWatch(silence_s=30)
    args = ("w", "elsewhere", "1@1")
    assert watch.alive(*args, beat=1)
    clock[0] += 29
    assert watch.alive(*args, beat=1)
    assert watch.alive(*args, beat=2)
    clock[0] += 29
    assert watch.alive(*args, beat=2)
    clock[0] += 2
    assert not watch.alive(*args, beat=2)


def test_process_number_used_again_is_another_process():
    mark = liveness.process_mark(1)
    assert liveness.process_alive(mark)
    assert not liveness.process_alive("1@12345")


def test_read_only_installation_starts_and_stops_nothing(config):
    queue = JobQueue(replace(config, read_only=True))
    for action in (lambda: queue.enqueue("a", {}), lambda: queue.cancel(1), lambda: queue.retry(1)):
        with pytest.raises(JobError, match="without LRD_READ_ONLY to start or stop work"):
            action()
    assert queue.jobs() == []
    assert not config.jobs_database.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"PK\x03\x04 no database at all" * 100, "no readable SQLite"), (None, "another program")],
)
def test_foreign_queue_file_is_left_untouched(queue, config, content, message):
    config.data_dir.mkdir(parents=True)
    if content is None:
        with sqlite3.connect(config.jobs_database) as other:
            other.execute("CREATE TABLE bookmarks (url TEXT)")
        other.close()
    else:
        config.jobs_database.write_bytes(content)
    before = config.jobs_database.read_bytes()
    with pytest.raises(JobError, match=message):
        queue.enqueue("a", {})
    assert config.jobs_database.read_bytes() == before


def test_truncated_queue_file_is_left_untouched(queue, config):
    for number in range(300):
        queue.enqueue("a", {"n": number, "padding": "x" * 500})
    whole = config.jobs_database.read_bytes()
    config.jobs_database.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(JobError, match="left as it is"):
        queue.jobs()
    assert config.jobs_database.read_bytes() == whole[: len(whole) // 2]


def test_queue_of_a_newer_version_is_refused(queue, config):
    queue.enqueue("a", {})
    with queue_file.connect(config.jobs_database) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(JobError, match="schema 99, this version knows"):
        queue.jobs()


def test_unknown_kind_names_the_known_ones():
    with pytest.raises(UnknownNameError, match="no kind of job is called 'runn'; did you mean run"):
        load_handler("runn")


def test_first_visitors_at_once_make_one_queue(tmp_path):
    def open_at_once(path, barrier):
        barrier.wait()
        with queue_file.connect(path) as connection:
            return connection.execute("SELECT count(*) FROM jobs").fetchone()[0]

    for number in range(20):
        path, barrier = tmp_path / f"{number}.sqlite", threading.Barrier(8)
        with ThreadPoolExecutor(8) as visitors:
            opened = [visitors.submit(open_at_once, path, barrier) for _ in range(8)]
        assert [visitor.result() for visitor in opened] == [0] * 8
