"""Start a worker on demand, detached from whoever asked."""

import os
import subprocess
import sys
import time
import uuid

from lrd_core.config import APP_DIR, Config
from lrd_core.jobs.devices import likely_accelerators
from lrd_core.jobs.liveness import process_mark, this_host
from lrd_core.jobs.queue import JobQueue
from lrd_core.jobs.records import CLAIMABLE, HELD
from lrd_core.store.queue_file import connect, transaction
from lrd_core.store.workers import WorkerRow, add_worker

_started: list[subprocess.Popen[bytes]] = []


def ensure_worker(config: Config, *, idle_s: float = 300.0) -> bool:
    """Start a worker process if work waits and too few run; returns whether one was started.

    At most one worker an accelerator, or one where there is none. The worker is in a session
    of its own, so it outlives this process, and ends by itself after `idle_s` without work.
    """
    _started[:] = [process for process in _started if process.poll() is None]
    queue = JobQueue(config)
    if not queue.jobs(states=CLAIMABLE + HELD, limit=1):
        return False
    with connect(config.jobs_database) as connection, transaction(connection):
        # Inside the write lock, two visitors who press start at once start one worker.
        living = len(queue.live_workers())
        open_jobs = len(queue.jobs(states=CLAIMABLE + HELD))
        if living >= min(max(1, likely_accelerators()), open_jobs):
            return False
        name = uuid.uuid4().hex[:12]
        process = _spawn(config, name, idle_s)
        mark = process_mark(process.pid) or ""
        started = time.time()
        worker = WorkerRow(id=name, host=this_host(), process=mark, started_at=started)
        add_worker(connection, worker)
    _started.append(process)
    return True


def _spawn(config: Config, name: str, idle_s: float) -> subprocess.Popen[bytes]:
    config.logs_dir.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "lrd_core.jobs.worker", name, str(idle_s)]
    with (config.logs_dir / "worker.log").open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=APP_DIR,
            env=os.environ | {"LRD_DATA_DIR": str(config.data_dir)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
