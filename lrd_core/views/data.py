"""Browsing the store: filtered rows of its tables, its schema, where one row comes from."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from lrd_core.config import Config
from lrd_core.errors import InputError, UnknownNameError
from lrd_core.store.connection import connect
from lrd_core.store.migrations import TABLES
from lrd_core.store.results import read_table
from lrd_core.store.sql import ROW_LIMIT as ROW_LIMIT
from lrd_core.store.sql import TIME_LIMIT_S as TIME_LIMIT_S
from lrd_core.store.sql import run_sql as run_sql
from lrd_core.views.command_text import commands_for_runs
from lrd_core.views.provenance import model_notes, provenance_line, unvouched_notes

SHOWN_ROWS = 1000
DOWNLOADED_ROWS = 200_000


@dataclass(frozen=True)
class View:
    """A table of the store as a person wants to read it; `order` makes its rows stand still."""

    label: str
    query: str
    order: str


VIEWS: dict[str, View] = {
    "runs": View(
        "Runs",
        "SELECT * EXCLUDE (run_key), run_key FROM runs",
        "created_at DESC, model, task, run_key",
    ),
    "values": View(
        "Values",
        "SELECT r.model, r.task, r.condition, v.* EXCLUDE (run_key), v.run_key "
        "FROM metric_values v JOIN runs r USING (run_key)",
        "model, task, condition, series, mode, parameters, version, position, run_key",
    ),
    "scores": View(
        "Scores",
        "SELECT * FROM scores",
        "model, task, subset, split, score_name, layer, revision, source",
    ),
    "trials": View(
        "Trials", "SELECT * FROM trials", "model, task, rule, m, seed, trial_key, created_at"
    ),
    "latencies": View("Latencies", "SELECT * FROM latencies", "model, m, device, created_at"),
    "calibrations": View(
        "Calibrations", "SELECT * FROM calibrations", "model, task, calibration_key"
    ),
}

EXAMPLES: dict[str, str] = {
    "Lowest entropy of each model": (
        "SELECT r.model, r.task, arg_min(v.position, v.value) AS layer, min(v.value) AS lowest\n"
        "FROM metric_values v JOIN runs r USING (run_key)\n"
        "WHERE v.series = 'prompt_entropy' AND v.mode = 'exact' AND r.condition = ''\n"
        "GROUP BY r.model, r.task ORDER BY lowest"
    ),
    "Best layer against last layer": (
        "SELECT model, task, arg_max(layer, score) AS best_layer, max(score) AS best,\n"
        "       arg_max(score, layer) AS last\n"
        "FROM scores WHERE layer IS NOT NULL\n"
        "GROUP BY model, task ORDER BY best - last DESC"
    ),
    "Values that could not be computed": (
        "SELECT r.model, r.task, v.series, v.position, v.reason\n"
        "FROM metric_values v JOIN runs r USING (run_key) WHERE v.value IS NULL"
    ),
    "Exact against published formula": (
        "SELECT r.model, v.series, v.position,\n"
        "       max(v.value) FILTER (v.mode = 'exact') AS exact,\n"
        "       max(v.value) FILTER (v.mode = 'published') AS published\n"
        "FROM metric_values v JOIN runs r USING (run_key)\n"
        "WHERE r.condition = '' AND v.parameters = '{}'\n"
        "GROUP BY ALL HAVING published IS NOT NULL ORDER BY ALL"
    ),
    "Pruning rules by mean change": (
        "SELECT rule, m, count(*) AS trials, avg(change) AS mean_change\n"
        "FROM trials GROUP BY rule, m ORDER BY m, mean_change DESC"
    ),
}
"""Title -> a query that runs on any store of this version."""


@dataclass(frozen=True)
class Filter:
    """Which rows are wanted; empty means all. `text` is looked for in every text column."""

    models: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True)
class Rows:
    """The first rows of a view and how many meet the filter."""

    table: pd.DataFrame
    total: int


def browse(config: Config, view: str, wanted: Filter, limit: int = SHOWN_ROWS) -> Rows:
    """The first `limit` rows of a view that meet the filter, in the view's fixed order.

    Raises: UnknownNameError for a view that is not in VIEWS.
    """
    if view not in VIEWS:
        raise UnknownNameError("view", view, VIEWS)
    shown = VIEWS[view]
    with connect(config, read_only=True) as connection:
        source = f"({shown.query})"
        types = connection.execute(f"DESCRIBE {shown.query}").fetchall()
        clause, bound = _where(wanted, {row[0]: row[1] for row in types})
        (total,) = connection.execute(f"SELECT count(*) FROM {source} {clause}", bound).fetchone()
        table = connection.execute(
            f"SELECT * FROM {source} {clause} ORDER BY {shown.order} LIMIT {int(limit)}", bound
        ).df()
    return Rows(table, int(total))


def _where(wanted: Filter, types: dict[str, str]) -> tuple[str, list[Any]]:
    clauses: list[str] = []
    bound: list[Any] = []
    for column, names in (("model", wanted.models), ("task", wanted.tasks)):
        if names and column in types:
            clauses.append(f"list_contains(?, {column})")
            bound.append(list(names))
    if wanted.text.strip():
        texts = ", ".join(name for name, kind in types.items() if kind == "VARCHAR")
        clauses.append(f"contains(lower(concat_ws(' ', {texts})), lower(?))")
        bound.append(wanted.text.strip())
    return (f"WHERE {' AND '.join(clauses)}" if clauses else ""), bound


@dataclass(frozen=True)
class Origin:
    """Where one row comes from: the line and the command of its run, and every column."""

    line: str
    command: str
    columns: pd.DataFrame


def origin(config: Config, row: "pd.Series[Any]") -> Origin:
    """The provenance of a row of `browse`: its run, if it has one, and all its columns."""
    columns = pd.DataFrame(
        {"column": [str(name) for name in row.index], "value": [str(cell) for cell in row]}
    )
    if "run_key" not in row.index:
        notes = unvouched_notes(pd.DataFrame([row])) if "model_id" in row.index else []
        line = " · ".join([f"{row['model']}@{row['revision']}", str(row["source"]), *notes])
        return Origin(line, "", columns)
    with connect(config, read_only=True) as connection:
        run = read_table(connection, "runs", run_key=str(row["run_key"]))
    if run.empty:
        raise InputError(f"no run has the key {row['run_key']!r}; it was deleted meanwhile")
    metrics = [f"{row['metric']} v{row['version']}"] if "metric" in row.index else []
    if "metric" in row.index:
        columns = pd.concat([columns, _as_columns(run.iloc[0], set(row.index))])
    line = " · ".join([provenance_line(run, metrics), *model_notes(run)])
    return Origin(line, commands_for_runs(run), columns)


def _as_columns(run: "pd.Series[Any]", known: set[str]) -> pd.DataFrame:
    names = [name for name in run.index if name not in known]
    return pd.DataFrame({"column": names, "value": [str(run[name]) for name in names]})


def schema(config: Config) -> pd.DataFrame:
    """One row a column of the store: table, column, type."""
    with connect(config, read_only=True) as connection:
        return connection.execute(
            """
            SELECT table_name AS "table", column_name AS "column", data_type AS type
            FROM duckdb_columns() WHERE list_contains(?, table_name)
            ORDER BY list_position(?, table_name), column_index
            """,
            [list(TABLES), list(TABLES)],
        ).df()


def row_counts(config: Config) -> pd.DataFrame:
    """Rows by table of the store."""
    parts = " UNION ALL ".join(
        f"SELECT {place} AS place, '{name}' AS \"table\", count(*) AS rows FROM {name}"
        for place, name in enumerate(TABLES)
    )
    with connect(config, read_only=True) as connection:
        return connection.execute(f'SELECT "table", rows FROM ({parts}) ORDER BY place').df()
