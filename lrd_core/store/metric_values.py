"""Reads of the metric values: which there are, of which computation."""

from typing import Any, NamedTuple

import pandas as pd

from lrd_core.store.results import share_text


class Kind(NamedTuple):
    """Which computation made a value, whatever its version."""

    metric: str
    mode: str
    parameters: str


def newest_kinds(connection: Any) -> list[Kind]:
    """The kinds of values that runs of the store have in the newest version of their metric."""
    rows = connection.execute(
        """
        SELECT DISTINCT metric, mode, parameters FROM (
            SELECT * FROM metric_values SEMI JOIN runs USING (run_key)
            QUALIFY version = max(version) OVER (PARTITION BY run_key, metric)
        )
        """
    ).fetchall()
    return [Kind(*row) for row in rows]


def series_stored(connection: Any) -> pd.DataFrame:
    """One row for each run, series and kind, ordered by series, mode and parameters.

    Columns: run_key, metric, series, mode, parameters, version (the newest), num_values,
    num_missing (values that could not be computed).
    """
    counted = connection.execute(
        """
        SELECT run_key, metric, series, mode, parameters, max(version) AS version,
               count(*) AS num_values, count(*) - count(value) AS num_missing
        FROM metric_values
        GROUP BY run_key, metric, series, mode, parameters
        ORDER BY series, mode, parameters
        """
    ).df()
    return share_text(counted)
