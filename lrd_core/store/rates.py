"""The queue's table of how fast finished runs were, by kind of device."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from lrd_core.store.table import Table


@dataclass(frozen=True, kw_only=True)
class RateRow:
    """work: operations of this kind (forward, metrics) that took `seconds`."""

    id: int
    device: str
    kind: str
    work: float
    seconds: float


RATES = Table("rates", RateRow, key=("id",))


def add_rates(
    connection: sqlite3.Connection, device: str, rows: Sequence[tuple[str, float, float]]
) -> None:
    """Write (kind, operations, seconds) of a finished run on a kind of device."""
    connection.executemany(
        "INSERT INTO rates (device, kind, work, seconds) VALUES (?, ?, ?, ?)",
        [(device, *row) for row in rows],
    )


TELLING_S = 3.0
"""Work that is over sooner says more of what every run costs than of how fast this machine is."""


def newest_rates(connection: sqlite3.Connection, device: str, kind: str, limit: int) -> list[float]:
    """Operations a second of the newest runs, the newest first; of short ones where all were."""
    for least in (TELLING_S, 0.0):
        rows = connection.execute(
            "SELECT work / seconds AS rate FROM rates WHERE device = ? AND kind = ? "
            "AND seconds > ? ORDER BY id DESC LIMIT ?",
            (device, kind, least, limit),
        )
        found = [row["rate"] for row in rows]
        if found:
            return found
    return []


def last_device(connection: sqlite3.Connection) -> str | None:
    """The kind of device of the newest run; None before any."""
    row = connection.execute("SELECT device FROM rates ORDER BY id DESC LIMIT 1").fetchone()
    return str(row["device"]) if row else None
