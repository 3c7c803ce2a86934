"""What names a row of each table: two rows with equal names are one row, however they came."""

from collections.abc import Mapping, Sequence
from typing import Any

IMPORTED = "import:"
"""How the source of every imported row begins."""

METRIC = ("run_key", "metric", "version", "mode", "parameters")

UNIQUE: dict[str, tuple[str, ...]] = {
    "runs": ("run_key",),
    "requests": ("request_key",),
    "metric_values": (*METRIC, "series", "position"),
    "per_text": (*METRIC, "series", "position"),
    "matrices": (*METRIC, "series"),
    "scores": (
        *("model_id", "revision", "task", "task_revision", "subset", "split", "layer"),
        *("score_name", "settings", "source"),
    ),
    "neighbours": ("run_key", "layer"),
    "projections": ("run_key", "projection_key", "layer"),
    "trials": ("trial_key",),
    "latencies": ("model_id", "revision", "m", "device", "dtype", "batch", "length"),
    "calibrations": ("calibration_key",),
    "subsamples": (*METRIC, "series", "position"),
}
"""Scores name their source too: two leaderboards may disagree about one model."""


def doubles(connection: Any, table: str) -> int:
    """How many rows of a table have the name of another one."""
    names = ", ".join(UNIQUE[table])
    found = connection.execute(
        f"SELECT coalesce(sum(rows - 1), 0) FROM "
        f"(SELECT count(*) AS rows FROM {table} GROUP BY {names} HAVING count(*) > 1)"
    ).fetchone()
    return int(found[0])


def first_of_each(table: str, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows without those that have the name of an earlier one."""
    found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for row in rows:
        found.setdefault(tuple(row.get(name) for name in UNIQUE[table]), row)
    return list(found.values())


def same(left: str, right: str, columns: Sequence[str]) -> str:
    """SQL: the rows of both tables are equal in these columns, NULL counting as a value."""
    return " AND ".join(f"{left}.{name} IS NOT DISTINCT FROM {right}.{name}" for name in columns)
