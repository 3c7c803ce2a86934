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


TELLING_WORK = {"forward": 1e10, "metrics": 1e9}
"""Operations by kind. What did less says how long a run takes to begin, and nothing of speed."""


def newest_rates(connection: sqlite3.Connection, device: str, kind: str, limit: int) -> list[float]:
    """Operations a second of the newest runs that did enough to tell, the newest first."""
    rows = connection.execute(
        "SELECT work / seconds AS rate FROM rates WHERE device = ? AND kind = ? "
        "AND seconds > 0 AND work >= ? ORDER BY id DESC LIMIT ?",
        (device, kind, TELLING_WORK.get(kind, 0.0), limit),
    )
    return [row["rate"] for row in rows]


def last_device(connection: sqlite3.Connection) -> str | None:
    """The kind of device of the newest run; None before any."""
    row = connection.execute("SELECT device FROM rates ORDER BY id DESC LIMIT 1").fetchone()
    return str(row["device"]) if row else None
