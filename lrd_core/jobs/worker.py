"""One process that takes jobs and watches over them; the work itself is done by a child.

A job that crashes, runs out of memory or does not answer a cancel takes only its own process
with it. The worker holds no results and loads no torch.
"""

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from lrd_core.config import INSTALLED, PROJECT_DIR, Config, load_config
from lrd_core.errors import LrdError
from lrd_core.jobs.child import EXIT_CODES
from lrd_core.jobs.devices import offers
from lrd_core.jobs.liveness import HeartbeatWatch, kill_group, process_mark
from lrd_core.jobs.queue import JobQueue
from lrd_core.jobs.records import Job, JobState
from lrd_core.store.connection import connect as open_store
from lrd_core.store.leftovers import collect_leftovers
from lrd_core.store.queue_file import STUMBLES
from lrd_core.store.spool import kept

POLL_S = 0.2
BEAT_S = 2.0
GRACE_S = 3.0
"""How long a cancelled job may take to stop by itself before its process is killed."""

IDLE_S = 300.0
SAVE_EVERY_S = 5.0
"""How often an idle worker tries to save what finished work left on disk."""

BUSY_PAUSE_S = 5.0
"""How long a worker rests before it takes a job again that found the store held."""


@dataclass
class Worker:
    """Takes one job at a time until it was idle for `idle_s` or is told to stop."""

    config: Config
    idle_s: float = IDLE_S
    name: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    child_command: tuple[str, ...] = (sys.executable, "-m", "lrd_core.jobs.child")
    grace_s: float = GRACE_S

    def __post_init__(self) -> None:
        self.queue = JobQueue(self.config)
        self._stop = threading.Event()
        self._watch = HeartbeatWatch()

    def run(self) -> None:
        """Work until idle or stopped. Raises: JobError if the queue's file cannot be used."""
        self._offers = offers()
        self._register()
        collect_leftovers(self.config)
        threading.Thread(target=self._beat, daemon=True).start()
        idle_since = tried = time.monotonic()
        while not self._stop.is_set():
            if time.monotonic() - tried > SAVE_EVERY_S:
                self._save_what_waits()
                tried = time.monotonic()
            if self._take_one():
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since < self.idle_s:
                self._stop.wait(POLL_S)
            elif self._leave():
                return
        self.queue.forget_worker(self.name)

    def stop(self) -> None:
        """Finish soon: the running job goes back into the queue."""
        self._stop.set()

    def _register(self) -> None:
        devices = [device for device, _ in self._offers]
        self.queue.register_worker(self.name, process_mark(os.getpid()) or "", devices)

    def _leave(self) -> bool:
        # Leave first, look again after: who queued a job in between either sees no worker and
        # starts one, or is seen here.
        self.queue.forget_worker(self.name)
        if not self.queue.jobs(states=(JobState.WAITING, JobState.STALE), limit=1):
            return True
        self._register()
        return not self._take_one()

    def _take_one(self) -> bool:
        try:
            self.queue.recover(self._watch)
            for device, wants in self._offers:
                job = self.queue.claim(self.name, device, wants)
                if job:
                    self._do(job)
                    return True
        except STUMBLES as error:
            print(f"the queue cannot be written, trying again: {error}", flush=True)
            self._stop.wait(1.0)
        return False

    def _save_what_waits(self) -> None:
        """Finished work that ended while another process held the store."""
        if kept(self.config):
            with suppress(LrdError), open_store(self.config, wait_s=0.5):
                pass  # opening for writing takes it in

    def _do(self, job: Job) -> None:
        log = Path(job.log_path)
        log.parent.mkdir(parents=True, exist_ok=True)
        environment = os.environ | {"LRD_DATA_DIR": str(self.config.data_dir)}
        if not INSTALLED:  # an installed package is found anyway, and its folder holds others too
            path = [str(PROJECT_DIR), os.environ.get("PYTHONPATH")]
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, path))
        with log.open("ab") as output:
            child = subprocess.Popen(
                [*self.child_command, str(job.id), str(job.claims)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        with child:
            mark = process_mark(child.pid) or f"{child.pid}@gone"
            self.queue.attach(job, mark)
            self._supervise(job, child, mark)
        self._settle(job, child.returncode)

    def _supervise(self, job: Job, child: subprocess.Popen[bytes], mark: str) -> None:
        started = time.monotonic()
        cancelled_at: float | None = None
        while child.poll() is None:
            if self._stop.is_set():
                kill_group(mark)
                break
            state: JobState | None = JobState.RUNNING
            with suppress(*STUMBLES):
                state = self.queue.observe(job, time.monotonic() - started, _memory(child.pid))
            if state is None:
                kill_group(mark)
            if state is JobState.CANCELLING and cancelled_at is None:
                cancelled_at = time.monotonic()
            if cancelled_at is not None and time.monotonic() - cancelled_at > self.grace_s:
                kill_group(mark)
            with suppress(subprocess.TimeoutExpired):
                child.wait(POLL_S)
        child.wait()

    def _settle(self, job: Job, code: int) -> None:
        while True:
            try:
                if self._stop.is_set() and code < 0 and self._go_back(job):
                    return
                for state, its_code in EXIT_CODES.items():
                    if code == its_code and self.queue.get(job.id).outcome is None:
                        self.queue.release(job, state, "its log says how it ended")
                        return
                self.queue.crashed(job, _how_it_died(code))
                if code == EXIT_CODES[JobState.WAITING]:
                    self._stop.wait(BUSY_PAUSE_S)
                return
            except STUMBLES as error:
                print(f"the end of job {job.id} cannot be written: {error}", flush=True)
                time.sleep(1.0)

    def _go_back(self, job: Job) -> bool:
        current = self.queue.get(job.id)
        return current.state is JobState.RUNNING and self.queue.release(job, JobState.WAITING)

    def _beat(self) -> None:
        while not self._stop.wait(BEAT_S):
            with suppress(*STUMBLES):
                self.queue.beat(self.name)


def serve(worker: Worker) -> None:
    """Run a worker in this process; SIGTERM and SIGINT give its job back and end it."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    worker.run()


def _how_it_died(code: int) -> str:
    if code == -signal.SIGKILL:
        return "its process was killed (signal 9; usually the system ran out of memory)"
    if code < 0:
        return f"its process died of signal {-code} ({signal.Signals(-code).name})"
    return f"its process ended with code {code} without saying why"


def _memory(pid: int) -> int | None:
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return int(sum(member.memory_info().rss for member in family))
    except psutil.Error:
        return None


if __name__ == "__main__":
    serve(Worker(load_config(), name=sys.argv[1], idle_s=float(sys.argv[2])))
