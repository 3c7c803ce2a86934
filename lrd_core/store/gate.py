"""Writers take turns at a gate that readers pass through, so that readers never beat a writer.

DuckDB lets any number of readers in at once, and a writer only when nobody is in: readers that
poll overlap, and a writer would never get its turn. A writer that waits for readers therefore
closes the gate in front of new ones for a while, and those inside leave meanwhile. A reader passes
in an instant and holds nothing, so that a writer can close however many come. While another writer
is inside the gate stays open: writers that follow one another would keep all readers out.

The gate is an advisory lock on the data folder: it ends with its process and leaves no file. Where
the system has no such lock (or the folder cannot be opened) everybody passes, as before.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

CLOSED_S = 2.0
"""How long a writer keeps readers out at most: a program of others may hold the store for hours."""

OPEN_S = 1.0
"""How long it then lets them through."""


class Gate:
    """One process's (or thread's) hold on the gate of one folder."""

    def __init__(self, folder: int | None) -> None:
        self._folder = folder
        self._closed_at: float | None = None
        self._opened_at = float("-inf")

    def wait(self, *, for_readers: bool) -> None:
        """For a writer that cannot enter yet: close where readers are in the way, for a while.

        Call it after every try; a gate that was closed long enough opens for a while.
        """
        now = time.monotonic()
        if self._closed_at is not None:
            if now - self._closed_at > CLOSED_S:
                self.open()
        elif for_readers and now - self._opened_at > OPEN_S and self._lock(exclusive=True):
            self._closed_at = now

    def open(self) -> None:
        """Let readers through."""
        if self._closed_at is not None:
            self._unlock()
            self._closed_at, self._opened_at = None, time.monotonic()

    def passes(self) -> bool:
        """For a reader: whether the gate is open now."""
        if self._folder is None:
            return True
        if not self._lock(exclusive=False):
            return False
        self._unlock()
        return True

    def _lock(self, *, exclusive: bool) -> bool:
        if self._folder is None:
            return False
        try:
            kind = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
            fcntl.flock(self._folder, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without such locks: everybody passes
            return not exclusive
        return True

    def _unlock(self) -> None:
        if self._folder is not None:
            with suppress(OSError):
                fcntl.flock(self._folder, fcntl.LOCK_UN)


@contextmanager
def gate_of(folder: Path) -> Iterator[Gate]:
    """The gate of a data folder; let go on leaving."""
    handle: int | None = None
    if fcntl is not None:
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
    try:
        yield Gate(handle)
    finally:
        if handle is not None:
            os.close(handle)
