"""Real weights, a real worker, kill -9 in the forward pass, in the metrics, and of the app."""

import os
import signal
import subprocess
import sys
import time

import pytest

from lrd_core.config import PROJECT_DIR
from lrd_core.jobs.launch import ensure_worker
from lrd_core.jobs.records import JobState
from lrd_core.store import connect
from lrd_core.store.metric_values import METRIC_VALUES
from lrd_core.store.neighbours import NEIGHBOURS
from lrd_core.store.reading import read_table
from lrd_core.store.runs import RUNS

pytestmark = pytest.mark.slow

APP = """
import time
from lrd_core.config import load_config
from lrd_core.settings import RunSettings
from lrd_core.actions import work
work.start_run(load_config(), ["all-MiniLM-L6-v2"], ["bbc-news-clustering", "bbc-news"],
               ["frenet", "nrs", "gfmi"], RunSettings(n=400, max_length=64))
print("started", flush=True)
time.sleep(600)
"""


def kill_worker(queue) -> None:
    (worker,) = queue.live_workers()
    os.kill(int(worker.process.partition("@")[0]), signal.SIGKILL)
    while queue.live_workers():
        time.sleep(0.02)


@pytest.fixture
def started(queue):
    """A job with two units, started by an app that was killed as soon as the work ran."""
    app = subprocess.Popen([sys.executable, "-c", APP], stdout=subprocess.PIPE, cwd=PROJECT_DIR)
    with app:
        assert app.stdout.readline() == b"started\n"
        app.kill()
    yield queue.jobs()[0]
    if queue.live_workers():
        kill_worker(queue)


def stored(config) -> dict[str, list]:
    with connect(config, read_only=True) as connection:
        return {
            table.name: read_table(connection, table).to_dict("records")
            for table in (RUNS, METRIC_VALUES, NEIGHBOURS)
        }


def test_killed_app_and_twice_killed_worker_lose_and_repeat_nothing(config, queue, until, started):
    until(started, lambda job: job.stage == "forward pass", seconds=300)
    kill_worker(queue)
    ensure_worker(config)
    until(
        started,
        lambda job: job.units_done == 1 and "bbc-news-clustering" not in job.stage,
        seconds=600,
    )
    first_unit = stored(config)
    assert len(first_unit["runs"]) >= 1
    kill_worker(queue)
    ensure_worker(config)
    done = until(started, lambda job: job.over, seconds=600)
    assert (done.state, done.units_done, done.claims) == (JobState.COMPLETE, 2, 3)

    final = stored(config)
    assert [run["task"] for run in final["runs"]] == ["bbc-news-clustering", "bbc-news"]
    kept = first_unit["runs"][0]
    assert final["runs"][0] == kept, "the finished unit was computed again"
    for run in final["runs"]:
        mine = [v for v in final["metric_values"] if v["run_key"] == run["run_key"]]
        names = [(v["metric"], v["series"], v["position"], v["parameters"]) for v in mine]
        assert len(names) == len(set(names))
        assert {v["metric"] for v in mine} == {"frenet", "nrs", "gfmi"}
    layers = [(row["run_key"], row["layer"]) for row in final["neighbours"]]
    assert len(layers) == len(set(layers)) == 2 * 7


def test_running_forward_pass_is_cancelled_within_five_seconds(queue, until, started):
    until(started, lambda job: job.stage == "forward pass", seconds=300)
    asked = time.monotonic()
    queue.cancel(started.id)
    done = until(started, lambda job: job.over, seconds=10)
    assert done.state is JobState.CANCELLED
    assert time.monotonic() - asked < 5
    assert queue.live_workers()
