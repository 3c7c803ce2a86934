"""How long work reads and saves: what is finished is on disk first, and the store may take hours.

A page that finds the store held by another process says so after seconds. Work that took hours to
compute does not end over it: it keeps each finished piece as a file, goes on, and waits at its end.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from lrd_core.config import Config
from lrd_core.errors import StoreBusyError
from lrd_core.progress import Progress, silent
from lrd_core.store import connection as store
from lrd_core.store.spool import keep, kept
from lrd_core.store.writes import Write

PATIENCE_S = 12 * 3600.0
"""How long work waits for the store before it ends with its results on disk alone."""

GLANCE_S = 0.05
"""How long a piece is tried to be saved once the store was found busy."""

RETRY_S = 30.0
"""How long after that it is waited for again."""

KEPT = "kept on disk, saved when the store is free"


class Saver:
    """Saves the finished pieces of one piece of work. Call `settle` at its end."""

    def __init__(self, config: Config, progress: Progress = silent) -> None:
        self.config = config
        self._progress = progress
        self._busy_since: float | None = None
        self._said = False

    @property
    def waiting(self) -> int:
        """Pieces on disk that the store does not have, of this and of earlier work."""
        return len(kept(self.config))

    def save(self, writes: Sequence[Write]) -> None:
        """Keep finished work on disk, and save it now if the store is free.

        Raises: UnwritableError when there is no room; JobCancelled.
        """
        self.keep(writes)
        self.catch_up()

    def keep(self, writes: Sequence[Write]) -> None:
        """Keep finished work on disk; `catch_up` saves it. Raises: UnwritableError."""
        keep(self.config, writes)

    def catch_up(self) -> None:
        """Save what is kept, if the store is free now or within seconds. Raises: JobCancelled."""
        now = time.monotonic()
        hopeless = self._busy_since is not None and now - self._busy_since < RETRY_S
        try:
            self._take_in(GLANCE_S if hopeless else None)
            self._busy_since = None
        except StoreBusyError:
            if not hopeless:
                self._busy_since = time.monotonic()

    def settle(self) -> int:
        """Wait until everything is saved, for hours if need be; returns what still is not.

        Raises: JobCancelled while it waits; nothing is lost then.
        """
        if self.waiting:
            try:
                self._take_in(PATIENCE_S)
            except StoreBusyError as error:
                logging.getLogger("lrd").warning("%s; finished work is %s", error, KEPT)
        return self.waiting

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """A connection for reading that waits as long as the work can.

        What earlier work left on disk is saved first, if that can be done within seconds.
        """
        if self.waiting:
            self.catch_up()
        with store.connect(
            self.config, read_only=True, wait_s=PATIENCE_S, waiting=self._say
        ) as connection:
            yield connection

    def _take_in(self, wait_s: float | None) -> None:
        with store.connect(self.config, wait_s=wait_s, waiting=self._say):
            pass  # opening for writing takes in what is kept

    def _say(self, holder: str) -> None:
        if not self._said:
            self._said = True
            logging.getLogger("lrd").warning(
                "waiting for the store (%s); finished work is %s", holder, KEPT
            )
        self._progress(f"waiting for the store: {holder}", 0, 1)
