"""The process that does one job: `python -m lrd_core.jobs.child ID CLAIM`.

It is started by the worker, which keeps the other end of its standard input. When the worker
dies, however it dies, that end closes and this process ends too.
"""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from lrd_core.config import Config, load_config
from lrd_core.errors import JobCancelled, JobError, LrdError, StoreBusyError
from lrd_core.jobs.context import JobContext
from lrd_core.jobs.handlers import load_handler
from lrd_core.jobs.queue import JobQueue
from lrd_core.jobs.records import Job, JobState
from lrd_core.store.jobs import change_job
from lrd_core.store.queue_file import STUMBLES, connect

EXIT_CODES = {
    JobState.COMPLETE: 0,
    JobState.FAILED: 71,
    JobState.CANCELLED: 72,
    JobState.WAITING: 75,
}
"""How the process ends, in case even the queue could not be written. WAITING: the store was held by
another process all the time, so the job goes back into the queue and on from its last unit."""


def main(arguments: list[str], handlers: Callable[[str], Any] = load_handler) -> int:
    """Run the job's handler and write how it ended."""
    _die_with_worker()
    config = load_config()
    job = JobQueue(config).get(int(arguments[0]))
    if job.claims != int(arguments[1]):
        raise JobError(f"job {job.id} was claimed by another worker meanwhile")
    outcome, message = _run(config, job, handlers)
    with suppress(*STUMBLES):
        _write_outcome(config, job, outcome, message)
    return EXIT_CODES[outcome]


def _run(config: Config, job: Job, handlers: Callable[[str], Any]) -> tuple[JobState, str | None]:
    context = JobContext(job, config, job.device or "cpu")
    context.log(f"job {job.id} ({job.label}) on {context.device}, attempt {job.claims}")
    started = time.monotonic()
    try:
        handlers(job.kind)(dict(job.payload), context)
    except JobCancelled as error:
        context.log(str(error))
        return JobState.CANCELLED, None
    except StoreBusyError as error:
        context.log(f"{error}; the job waits and goes on where it stopped")
        return JobState.WAITING, str(error)
    except LrdError as error:
        traceback.print_exc()
        return JobState.FAILED, str(error)
    except Exception as error:
        traceback.print_exc()
        return JobState.FAILED, f"{type(error).__name__}: {error}"
    context.log(f"complete after {time.monotonic() - started:.1f} s")
    return JobState.COMPLETE, None


def _write_outcome(config: Config, job: Job, outcome: JobState, message: str | None) -> None:
    with connect(config.jobs_database) as connection:
        ended = {"outcome": outcome, "error": message}
        change_job(connection, job.id, ended, claims=job.claims)


def _die_with_worker() -> None:
    if sys.platform == "linux":
        import ctypes

        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)

    def wait_for_the_end() -> None:
        while os.read(0, 1024):
            pass
        own_group = hasattr(os, "killpg") and os.getpgrp() == os.getpid()
        os.killpg(0, signal.SIGKILL) if own_group else os._exit(1)

    threading.Thread(target=wait_for_the_end, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
