"""Reads of the runs."""

from typing import Any


def read_run_keys(connection: Any) -> set[str]:
    """The keys of all runs of the store."""
    return {row[0] for row in connection.execute("SELECT run_key FROM runs").fetchall()}
