"""Real worker processes over a queue of the test's own."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lrd_core.config import PROJECT_DIR, Config
from lrd_core.jobs.queue import JobQueue
from lrd_core.jobs.records import Job

SYNTHETIC = str(Path(__file__).with_name("synthetic.py"))
StartWorker = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def queue(config: Config) -> JobQueue:
    return JobQueue(config)


@pytest.fixture
def start_worker(config: Config) -> Iterator[StartWorker]:
    """Starts workers that know the synthetic handlers; all are ended after the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(idle_s: float = 30.0, **environment: str) -> "subprocess.Popen[bytes]":
        log = (config.data_dir / "worker.out").open("ab")
        with log:
            started.append(
                subprocess.Popen(
                    [
                        sys.executable,
                        str(Path(__file__).with_name("synthetic.py")),
                        "worker",
                        str(idle_s),
                    ],
                    env=os.environ | {"PYTHONPATH": str(PROJECT_DIR)} | environment,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            )
        return started[-1]

    config.data_dir.mkdir(parents=True, exist_ok=True)
    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def until(queue: JobQueue) -> Callable[..., Job]:
    """Waits until a job satisfies a condition; fails with the job and its log otherwise."""

    def wait(job: Job, condition: Callable[[Job], bool], seconds: float = 90.0) -> Job:
        deadline = time.monotonic() + seconds
        while not condition(current := queue.get(job.id)):
            if time.monotonic() > deadline:
                log = Path(current.log_path)
                pytest.fail(f"{current}\n{log.read_text() if log.exists() else 'no log'}")
            time.sleep(0.02)
        return current

    return wait
