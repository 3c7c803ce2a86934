"""Typed reads and writes. A write is one transaction: all of it is there, or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from lrd_core.settings import RunIdentity
from lrd_core.store.keys import canonical_json
from lrd_core.store.writes import Write, apply
from lrd_core.store.writes import insert_rows as insert_rows
from lrd_core.store.writes import transaction as transaction
from lrd_core.version import __version__

TRUSTED = ("own", "demo")
"""Sources whose rows stand for work that need not be done again; nothing imported does."""

LIST_COLUMNS = {"cells", "text_values", "similarity", "subsample_values"}
"""Columns that hold arrays of numbers, in which NaN marks what is missing."""


@dataclass(frozen=True, kw_only=True)
class RunRecord(RunIdentity):
    """A run as it is kept: how it was embedded, and facts that belong to it."""

    run_key: str
    family: str
    num_blocks: int
    hidden_size: int
    num_parameters: int | None
    model_note: str
    task_type: str
    n_total: int
    source: str = "own"


@dataclass(frozen=True)
class MetricId:
    """Which computation a value came from."""

    metric: str
    version: int
    mode: str = "exact"
    parameters: str = "{}"

    @classmethod
    def of(
        cls, name: str, version: int, mode: str = "exact", parameters: Mapping[str, Any] = {}
    ) -> "MetricId":
        return cls(name, version, mode, canonical_json(parameters))


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
class PerText:
    """One number for each of `text_index` at one position of a series."""

    series: str
    position: float
    text_index: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class Matrix:
    """A (rows, columns) array of a series, such as layer-to-layer distances."""

    series: str
    cells: np.ndarray


@dataclass(frozen=True)
class ScoreRow:
    """A downstream result of one layer; `layer` None where only the final one is known."""

    model: str
    model_id: str
    revision: str
    task: str
    task_revision: str
    task_type: str
    score_name: str
    score: float | None
    layer: int | None
    subset: str = "default"
    split: str = "test"
    family: str | None = None
    num_blocks: int | None = None
    hidden_size: int | None = None
    n: int | None = None
    settings: str = "{}"
    source: str = "own"


def save_run(connection: Any, run: RunRecord, request_key: str | None = None) -> None:
    """Write a run once, see `run_writes`."""
    apply(connection, run_writes(run, request_key))


def run_writes(run: RunRecord, request_key: str | None = None) -> list[Write]:
    """A run; one with its key that is there already stays, unless it was imported.

    request_key: what was asked for, so that `find_run_key` knows the run without its model.
    """
    row = asdict(run) | {"engine_version": __version__, "created_at": now()}
    writes = [Write("runs", [row])]
    if request_key is not None:
        asked = {"request_key": request_key, "run_key": run.run_key}
        writes.append(Write("requests", [asked]))
    return writes


def find_run_key(connection: Any, request_key: str) -> str | None:
    """The run that an earlier, equal request led to, if there was one."""
    found = connection.execute(
        "SELECT run_key FROM requests WHERE request_key = ?", [request_key]
    ).fetchone()
    return None if found is None else str(found[0])


def save_metric(
    connection: Any,
    run_key: str,
    metric: MetricId,
    values: Sequence[Value],
    per_text: Sequence[PerText] = (),
    matrices: Sequence[Matrix] = (),
    source: str = "own",
) -> None:
    """Write everything one metric gave for one run; what it gave before is replaced."""
    apply(connection, metric_writes(run_key, metric, values, per_text, matrices, source))


def metric_writes(
    run_key: str,
    metric: MetricId,
    values: Sequence[Value],
    per_text: Sequence[PerText] = (),
    matrices: Sequence[Matrix] = (),
    source: str = "own",
) -> list[Write]:
    """Everything one metric gave for one run, in place of what it gave before."""
    identity = {"run_key": run_key} | asdict(metric)
    shared = identity | {"source": source}
    tables: dict[str, list[dict[str, Any]]] = {
        "metric_values": [shared | asdict(value) for value in values],
        "per_text": [
            shared
            | {
                "series": row.series,
                "position": row.position,
                "text_index": np.asarray(row.text_index, dtype=np.int32).tolist(),
                "text_values": np.asarray(row.values, dtype=np.float32).tolist(),
            }
            for row in per_text
        ],
        "matrices": [
            shared
            | {
                "series": matrix.series,
                "num_rows": matrix.cells.shape[0],
                "num_columns": matrix.cells.shape[1],
                "cells": np.asarray(matrix.cells, dtype=np.float64).ravel().tolist(),
            }
            for matrix in matrices
        ],
    }
    return [Write(table, rows, "replace", identity) for table, rows in tables.items()]


def save_scores(connection: Any, rows: Sequence[ScoreRow]) -> int:
    """Write scores; returns how many were new.

    A score that is there already (same model, revision, task and its revision, subset, split,
    layer, settings, source) stays.
    """
    return apply(connection, score_writes(rows))[0]


def score_writes(rows: Sequence[ScoreRow]) -> list[Write]:
    """Scores; one that is there already stays."""
    stamp = {"created_at": now()}
    names = [entry.name for entry in fields(ScoreRow)]
    return [Write("scores", [{n: getattr(row, n) for n in names} | stamp for row in rows])]


def save_neighbours(
    connection: Any, run_key: str, layer: int, ids: np.ndarray, similarity: np.ndarray
) -> None:
    """Write the (n, k) neighbour lists of one layer, nearest first; replaces older ones."""
    apply(connection, neighbour_writes(run_key, layer, ids, similarity))


def neighbour_writes(
    run_key: str, layer: int, ids: np.ndarray, similarity: np.ndarray
) -> list[Write]:
    """The (n, k) neighbour lists of one layer, in place of older ones."""
    place = {"run_key": run_key, "layer": layer}
    row = place | {
        "k": ids.shape[1],
        "ids": np.asarray(ids, dtype=np.int32).ravel().tolist(),
        "similarity": np.asarray(similarity, dtype=np.float32).ravel().tolist(),
        "source": "own",
    }
    return [Write("neighbours", [row], "replace", place)]


def finished_metrics(connection: Any, run_key: str) -> set[MetricId]:
    """What was computed already for a run, here or in the bundled results."""
    rows = connection.execute(
        "SELECT DISTINCT metric, version, mode, parameters FROM metric_values "
        "WHERE run_key = ? AND list_contains(?, source)",
        [run_key, list(TRUSTED)],
    ).fetchall()
    return {MetricId(*row) for row in rows}


def read_table(connection: Any, table: str, **where: Any) -> pd.DataFrame:
    """Rows of a table, filtered by equality; a tuple or list means any of its members.

    Column names come from code, never from a visitor; values are always bound.
    """
    clause, bound = _where(where)
    rows = share_text(connection.execute(f"SELECT * FROM {table}{clause}", bound).df())
    for name in LIST_COLUMNS & set(rows.columns):
        rows[name] = pd.Series([_with_nan(cells) for cells in rows[name]], dtype=object)
    return rows


def share_text(rows: pd.DataFrame) -> pd.DataFrame:
    """The same table with one object for each different text of a column: small to keep and copy.

    As objects and not as Arrow text, which makes pages of small tables half as slow again.
    """
    for name in rows.columns:
        if pd.api.types.infer_dtype(rows[name]) == "string":
            rows[name] = rows[name].astype("category").astype(object)
    return rows


def _with_nan(cells: Any) -> Any:
    # DuckDB keeps NaN as NULL and gives it back masked; np.asarray would read 0 there.
    return cells.filled(np.nan) if isinstance(cells, np.ma.MaskedArray) else cells


def _where(where: Mapping[str, Any], owner: Mapping[str, str] = {}) -> tuple[str, list[Any]]:
    """A WHERE clause and its values; `owner` names the table of columns that several have."""
    conditions: list[str] = []
    bound: list[Any] = []
    for column, wanted in where.items():
        name = f"{owner[column]}.{column}" if column in owner else column
        if isinstance(wanted, (list, tuple, set, frozenset)):
            conditions.append(f"list_contains(?, {name})")
            bound.append(list(wanted))
        elif wanted is not None:
            conditions.append(f"{name} = ?")
            bound.append(wanted)
    return (f" WHERE {' AND '.join(conditions)}" if conditions else ""), bound


def read_profiles(connection: Any, **where: Any) -> pd.DataFrame:
    """Metric values joined with the provenance of their run, newest metric version only.

    Columns: those of metric_values and runs; `source` is that of the value. Order: model, task,
    series, position, then run and variant, so that it never changes between two readings.
    """
    of_run = [f.name for f in fields(RunRecord) if f.name not in {"run_key", "n", "source"}]
    columns = ", ".join(f"r.{name}" for name in of_run)
    # What names a run or a metric narrows the join; the rest must not hide a newer version.
    owner = dict.fromkeys(of_run, "r") | {"run_key": "v", "metric": "v"}
    first = {column: wanted for column, wanted in where.items() if column in owner}
    rest = {column: wanted for column, wanted in where.items() if column not in owner}
    joined, bound = _where(first, owner)
    kept, more = _where(rest)
    found = connection.execute(
        f"""
        SELECT * FROM (
            SELECT v.*, {columns}
            FROM metric_values v JOIN runs r USING (run_key){joined}
            QUALIFY version = max(version) OVER (PARTITION BY v.run_key, v.metric)
        ){kept}
        ORDER BY model, task, series, position, run_key, metric, mode, parameters
        """,
        [*bound, *more],
    ).df()
    return share_text(found)


def content_mark(connection: Any, tables: Sequence[str]) -> str:
    """Equal as long as the rows of these tables are; their order does not count."""
    marks = [
        connection.execute(f"SELECT count(*), sum(hash(t)::HUGEINT) FROM {table} t").fetchone()
        for table in tables
    ]
    return "/".join(f"{rows}-{total}" for rows, total in marks)


def is_empty(connection: Any) -> bool:
    """Whether the store holds no run and no score."""
    (found,) = connection.execute(
        "SELECT (SELECT count(*) FROM runs) + (SELECT count(*) FROM scores)"
    ).fetchone()
    return bool(found == 0)


def now() -> datetime:
    """The time in UTC without a zone, as every table keeps it."""
    return datetime.now(UTC).replace(tzinfo=None)
