"""Tables of the store as a person reads them: filtered rows, columns, sizes, example queries."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from lrd_core.store.reading import frame
from lrd_core.store.tables import all_tables


@dataclass(frozen=True)
class View:
    """A table of the store as a person wants to read it; `order` makes its rows stand still.

    about: columns that say what a row is about beside its model: rows of two models that agree in
    them can be laid beside each other. names: columns that name one row and always differ.
    A number of texts that an import does not state is stored as 0 and read as missing.
    """

    label: str
    query: str
    order: str
    about: tuple[str, ...] = ()
    names: tuple[str, ...] = ("model", "model_id", "created_at")


VIEWS: dict[str, View] = {
    "runs": View(
        "Runs",
        "SELECT model, task, nullif(n, 0) AS n, condition, "
        "* EXCLUDE (model, task, n, condition, run_key) REPLACE (nullif(n_total, 0) AS n_total), "
        "run_key FROM runs",
        "created_at DESC, model, task, run_key",
        ("task", "condition"),
        ("model", "model_id", "created_at", "run_key"),
    ),
    "values": View(
        "Values",
        "SELECT r.model, r.task, r.condition, "
        "v.* EXCLUDE (run_key) REPLACE (nullif(v.n, 0) AS n), v.run_key "
        "FROM metric_values v JOIN runs r USING (run_key)",
        "model, task, condition, series, mode, parameters, version, position, run_key",
        ("task", "condition", "series", "mode", "parameters", "position"),
        ("model", "run_key"),
    ),
    "scores": View(
        "Scores",
        "SELECT model, task, layer, score_name, score, n, "
        "* EXCLUDE (model, task, layer, score_name, score, n) FROM scores",
        "model, task, subset, split, score_name, layer, revision, source",
        ("task", "subset", "split", "score_name", "layer"),
    ),
    "trials": View(
        "Trials",
        "SELECT model, task, rule, m, change, n, "
        "* EXCLUDE (model, task, rule, m, change, n) FROM trials",
        "model, task, rule, m, seed, trial_key, created_at",
        ("task", "rule", "budget", "m", "seed"),
        ("model", "model_id", "created_at", "trial_key", "calibration_key"),
    ),
    "latencies": View(
        "Latencies", "SELECT * FROM latencies", "model, m, device, created_at", ("m", "device")
    ),
    "calibrations": View(
        "Calibrations",
        "SELECT * FROM calibrations",
        "model, task, calibration_key",
        ("task",),
        ("model", "model_id", "created_at", "calibration_key"),
    ),
}

_EXAMPLES: dict[str, str] = {
    "Lowest entropy of each model": (
        "SELECT r.model, r.task, arg_min(v.position, v.value) AS layer, min(v.value) AS lowest\n"
        "FROM metric_values v JOIN runs r USING (run_key)\n"
        "WHERE v.series = 'SERIES' AND v.mode = 'exact' AND r.condition = ''\n"
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
"""Title -> a query that runs on any store of this version; SERIES stands for an entropy."""


def examples(entropy: str) -> dict[str, str]:
    """Queries by title that run on any store of this version. entropy: a series over depth."""
    return {title: query.replace("SERIES", entropy) for title, query in _EXAMPLES.items()}


FIRST_EXAMPLE = "SELECT model, task, n FROM runs"
"""Shown in the empty box for queries."""


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


def read_view(connection: Any, view: View, wanted: Filter, limit: int) -> Rows:
    """The first `limit` rows of a view that meet the filter, in the view's fixed order."""
    source = f"({view.query})"
    types = connection.execute(f"DESCRIBE {view.query}").fetchall()
    clause, bound = _where(wanted, {row[0]: row[1] for row in types})
    (total,) = connection.execute(f"SELECT count(*) FROM {source} {clause}", bound).fetchone()
    ordered = f"SELECT * FROM {source} {clause} ORDER BY {view.order} LIMIT {int(limit)}"
    table = frame(connection, ordered, bound)
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


def table_columns(connection: Any) -> pd.DataFrame:
    """One row a column of the store: table, column, type."""
    names = [table.name for table in all_tables()]
    return frame(
        connection,
        """
        SELECT table_name AS "table", column_name AS "column", data_type AS type
        FROM duckdb_columns()
        WHERE database_name = current_database() AND list_contains(?, table_name)
        ORDER BY list_position(?, table_name), column_index
        """,
        [names, names],
    )


def table_sizes(connection: Any) -> pd.DataFrame:
    """Rows by table of the store: table, rows."""
    parts = " UNION ALL ".join(
        f"SELECT {place} AS place, '{table.name}' AS \"table\", count(*) AS rows FROM {table.name}"
        for place, table in enumerate(all_tables())
    )
    return frame(connection, f'SELECT "table", rows FROM ({parts}) ORDER BY place')
