"""The app starts work and dies; the work does not."""

import os
import signal
import subprocess
import sys
import time

import pytest

from lrd_core.actions import work
from lrd_core.config import PROJECT_DIR
from lrd_core.jobs import launch
from lrd_core.jobs.liveness import process_alive
from lrd_core.jobs.records import JobState

EMPTY_SWEEP = {"models": [], "tasks": [], "metrics": []}
APP = """
import time
from lrd_core.config import load_config
from lrd_core.actions import work
work.start(load_config(), "run", {"models": [], "tasks": [], "metrics": []}, label="from the app")
print("started", flush=True)
time.sleep(60)
"""


@pytest.fixture
def end_workers(queue):
    yield
    for worker in queue.live_workers():
        os.kill(int(worker.process.partition("@")[0]), signal.SIGKILL)


def test_kill_9_of_the_app_and_its_group_leaves_worker_and_jobs(config, queue, until, end_workers):
    app = subprocess.Popen(
        [sys.executable, "-c", APP], stdout=subprocess.PIPE, cwd=PROJECT_DIR, start_new_session=True
    )
    with app:
        assert app.stdout.readline() == b"started\n"
        os.killpg(app.pid, signal.SIGKILL)
    (worker,) = queue.live_workers()
    (job,) = queue.jobs()
    assert until(job, lambda job: job.over).state is JobState.COMPLETE
    later = queue.enqueue("run", EMPTY_SWEEP | {"again": True})
    assert until(later, lambda job: job.over).state is JobState.COMPLETE
    (same,) = queue.live_workers()
    assert (same.id, process_alive(worker.process)) == (worker.id, True)


def test_two_visitors_who_press_at_once_get_one_worker(config, queue, until, end_workers):
    apps = [
        subprocess.Popen([sys.executable, "-c", APP], stdout=subprocess.PIPE, cwd=PROJECT_DIR)
        for _ in range(2)
    ]
    for app in apps:
        with app:
            assert app.stdout.readline() == b"started\n"
            app.kill()
    assert len(queue.live_workers()) == 1
    assert len(queue.jobs()) == 1


def test_no_worker_is_started_without_work_and_a_dead_one_is_replaced(
    config, queue, until, end_workers
):
    assert not launch.ensure_worker(config)
    job = queue.enqueue("run", EMPTY_SWEEP)
    assert launch.ensure_worker(config)
    assert not launch.ensure_worker(config)
    until(job, lambda job: job.over)
    (worker,) = queue.live_workers()
    os.kill(int(worker.process.partition("@")[0]), signal.SIGKILL)
    while queue.live_workers():
        time.sleep(0.01)
    again = work.retry(config, job.id)
    assert until(again, lambda job: job.over).state is JobState.COMPLETE
