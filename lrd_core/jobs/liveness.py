"""Is the process that holds a job still alive? Answered without any clock of the day.

On the same machine the process table knows: an identifier, together with the moment the process
started, names one process for ever. Elsewhere (a container with the same data folder, or before
a restart of the machine) the reader watches the other's heartbeat counter with its own
monotonic clock, so clocks that differ or go backwards cannot make the living look dead.
"""

import os
import signal
import time
from contextlib import suppress

from lrd_core.processes import process_alive as process_alive
from lrd_core.processes import process_mark as process_mark
from lrd_core.processes import this_host as this_host

SILENCE_S = 30.0
"""A heartbeat counter of another machine that stands still for this long means death."""


def kill_group(mark: str, wait_s: float = 5.0) -> None:
    """End a job's process and what it started, and wait until its memory is free."""
    if not process_alive(mark):
        return
    pid = int(mark.partition("@")[0])
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg") and os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + wait_s
    while process_alive(mark) and time.monotonic() < deadline:
        time.sleep(0.02)


class HeartbeatWatch:
    """Remembers when each worker's counter last moved, on the reader's own monotonic clock."""

    def __init__(self, silence_s: float = SILENCE_S) -> None:
        self.silence_s = silence_s
        self._host = this_host()
        self._seen: dict[str, tuple[int, float]] = {}

    def alive(self, worker: str, host: str, process: str, beat: int) -> bool:
        """Whether a worker lives; a silent one elsewhere is given `silence_s` from first sight."""
        if host == self._host:
            return process_alive(process)
        now = time.monotonic()
        known = self._seen.get(worker)
        if known is None or known[0] != beat:
            self._seen[worker] = (beat, now)
            return True
        return now - known[1] < self.silence_s
