"""Reads of the values by text: which series there are."""

from collections.abc import Sequence
from typing import Any, NamedTuple


class SeriesKind(NamedTuple):
    """A series and which computation made it, whatever its version."""

    series: str
    metric: str
    mode: str
    parameters: str


def per_text_kinds(connection: Any, run_key: str) -> list[SeriesKind]:
    """What this run holds a value for each text of."""
    rows = connection.execute(
        "SELECT DISTINCT series, metric, mode, parameters FROM per_text WHERE run_key = ?",
        [run_key],
    ).fetchall()
    return [SeriesKind(*row) for row in rows]


def series_of_texts(connection: Any, run_keys: Sequence[str]) -> list[str]:
    """Series that hold a value for each text in one of these runs, sorted."""
    found = connection.execute(
        "SELECT DISTINCT series FROM per_text WHERE list_contains(?, run_key) ORDER BY series",
        [list(run_keys)],
    ).fetchall()
    return [row[0] for row in found]
