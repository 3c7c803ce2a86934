"""The table of metric values: one number of a series at one layer or transition, or of a model."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from lrd_core.store.metric_id import METRIC_KEY, MetricId, MetricRow
from lrd_core.store.reading import condition, frame, newest
from lrd_core.store.runs import RUNS
from lrd_core.store.sources import TRUSTED
from lrd_core.store.table import Table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Value:
    """One number of a series. `position` is a layer, a transition (l + 0.5) or None (model)."""

    series: str
    position: float | None
    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    reason: str | None = None


@dataclass(frozen=True)
class MetricValueRow(Value, MetricRow):
    """A value, and which computation it came from."""


METRIC_VALUES = Table(
    "metric_values", MetricValueRow, key=(*METRIC_KEY, "series", "position"), whole=METRIC_KEY
)


class Kind(NamedTuple):
    """Which computation made a value, whatever its version."""

    metric: str
    mode: str
    parameters: str


def finished_metrics(connection: Any, run_key: str) -> set[MetricId]:
    """What was computed already for a run, here or in the bundled results."""
    rows = connection.execute(
        "SELECT DISTINCT metric, version, mode, parameters FROM metric_values "
        "WHERE run_key = ? AND list_contains(?, source)",
        [run_key, list(TRUSTED)],
    ).fetchall()
    return {MetricId(*row) for row in rows}


def newest_kinds(connection: Any) -> list[Kind]:
    """The kinds of values that runs of the store have in the newest version of their metric."""
    values, _ = newest(METRIC_VALUES)
    rows = connection.execute(
        f"SELECT DISTINCT metric, mode, parameters FROM {values} SEMI JOIN runs USING (run_key)"
    ).fetchall()
    return [Kind(*row) for row in rows]


def series_stored(connection: Any) -> "pd.DataFrame":
    """One row for each run, series and kind, ordered by series, mode and parameters.

    Columns: run_key, metric, series, mode, parameters, version (the newest alone), num_values,
    num_missing (values that could not be computed).
    """
    values, _ = newest(METRIC_VALUES)
    return frame(
        connection,
        f"""
        SELECT run_key, metric, series, mode, parameters, version,
               count(*) AS num_values, count(*) - count(value) AS num_missing
        FROM {values}
        GROUP BY run_key, metric, series, mode, parameters, version
        ORDER BY series, mode, parameters
        """,
    )


def read_profiles(connection: Any, **where: Any) -> "pd.DataFrame":
    """Metric values joined with the provenance of their run, newest metric version only.

    Columns: those of metric_values and of a run record; `source` and `n` are those of the value.
    Order: model, task, series, position, then run and variant, so that it never changes between
    two readings. Raises: ValueError for a name that is no column of either.
    """
    written = {one.column.name for one in RUNS.written}
    of_run = [name for name in RUNS.columns if name not in {*METRIC_VALUES.columns, *written}]
    of_value = {name: where[name] for name in where if name not in of_run}
    METRIC_VALUES.check(of_value)
    values, bound = newest(METRIC_VALUES, of_value)
    joined, more = condition({f"r.{name}": where[name] for name in where if name in of_run})
    return frame(
        connection,
        f"""
        SELECT v.*, {", ".join(f"r.{name}" for name in of_run)}
        FROM {values} v JOIN runs r USING (run_key){joined}
        ORDER BY model, task, series, position, run_key, metric, mode, parameters
        """,
        [*bound, *more],
    )
