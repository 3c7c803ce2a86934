"""Typed reads and writes. A write is one transaction: all of it is there, or nothing."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from lrd_core import __version__
from lrd_core.store.keys import canonical_json

LIST_COLUMNS = {"cells", "text_values", "similarity", "subsample_values"}
"""Columns that hold arrays of numbers, in which NaN marks what is missing."""


@dataclass(frozen=True)
class RunRecord:
    """One model on one task under one set of settings: the provenance of its numbers."""

    run_key: str
    model: str
    model_id: str
    revision: str
    family: str
    num_blocks: int
    hidden_size: int
    num_parameters: int | None
    model_note: str
    task: str
    task_revision: str
    task_type: str
    split: str
    n: int
    n_total: int
    seed: int
    max_length: int
    pooling: str
    final_norm: str
    dtype: str
    prompt: str
    condition: str
    capture: str
    device: str
    source: str = "own"
    reading: str = ""
    tail: str = "none"


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


@contextmanager
def transaction(connection: Any) -> Iterator[None]:
    """All of the body's writes, or none of them."""
    connection.begin()
    try:
        yield
        connection.commit()
    except BaseException:
        # A commit that failed, say on a full disk, has ended the transaction already.
        with suppress(duckdb.TransactionException):
            connection.rollback()
        raise


def save_run(connection: Any, run: RunRecord, request_key: str | None = None) -> None:
    """Write a run once; an equal key that is there already stays as it is.

    request_key: what was asked for, so that `find_run_key` knows the run without its model.
    """
    row = asdict(run) | {"engine_version": __version__, "created_at": now()}
    names = ", ".join(row)
    marks = ", ".join("?" for _ in row)
    with transaction(connection):
        connection.execute(
            f"INSERT OR IGNORE INTO runs ({names}) VALUES ({marks})", list(row.values())
        )
        if request_key is not None:
            connection.execute(
                "INSERT OR IGNORE INTO requests VALUES (?, ?)", [request_key, run.run_key]
            )


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
) -> None:
    """Write everything one metric gave for one run; what it gave before is replaced."""
    identity = {"run_key": run_key} | asdict(metric)
    tables: dict[str, list[dict[str, Any]]] = {
        "metric_values": [identity | asdict(value) for value in values],
        "per_text": [
            identity
            | {
                "series": row.series,
                "position": row.position,
                "text_index": np.asarray(row.text_index, dtype=np.int32).tolist(),
                "text_values": np.asarray(row.values, dtype=np.float32).tolist(),
            }
            for row in per_text
        ],
        "matrices": [
            identity
            | {
                "series": matrix.series,
                "num_rows": matrix.cells.shape[0],
                "num_columns": matrix.cells.shape[1],
                "cells": np.asarray(matrix.cells, dtype=np.float64).ravel().tolist(),
            }
            for matrix in matrices
        ],
    }
    with transaction(connection):
        for table, rows in tables.items():
            connection.execute(
                f"DELETE FROM {table} WHERE run_key = ? AND metric = ? AND version = ? "
                "AND mode = ? AND parameters = ?",
                list(identity.values()),
            )
            insert_rows(connection, table, rows)


def save_scores(connection: Any, rows: Sequence[ScoreRow]) -> int:
    """Write scores; returns how many were new.

    A score that is there already (same model, revision, task, subset, split, layer, settings,
    source) stays.
    """
    frame = pd.DataFrame([asdict(row) | {"created_at": now()} for row in rows])
    if frame.empty:
        return 0
    key = ["model_id", "revision", "task", "subset", "split", "score_name", "settings", "source"]
    same = " AND ".join(f"s.{name} = f.{name}" for name in key)
    same += " AND s.layer IS NOT DISTINCT FROM f.layer"
    names = ", ".join(frame.columns)
    frame["layer"] = frame["layer"].astype("Int64")
    connection.register("incoming", frame)
    with transaction(connection):
        before = connection.execute("SELECT count(*) FROM scores").fetchone()[0]
        connection.execute(
            f"INSERT INTO scores ({names}) SELECT {names} FROM incoming f "
            f"WHERE NOT EXISTS (SELECT 1 FROM scores s WHERE {same})"
        )
        after = connection.execute("SELECT count(*) FROM scores").fetchone()[0]
    connection.unregister("incoming")
    return int(after - before)


def save_neighbours(
    connection: Any, run_key: str, layer: int, ids: np.ndarray, similarity: np.ndarray
) -> None:
    """Write the (n, k) neighbour lists of one layer, nearest first; replaces older ones."""
    row = {
        "run_key": run_key,
        "layer": layer,
        "k": ids.shape[1],
        "ids": np.asarray(ids, dtype=np.int32).ravel().tolist(),
        "similarity": np.asarray(similarity, dtype=np.float32).ravel().tolist(),
    }
    with transaction(connection):
        connection.execute(
            "DELETE FROM neighbours WHERE run_key = ? AND layer = ?", [run_key, layer]
        )
        insert_rows(connection, "neighbours", [row])


def insert_rows(connection: Any, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert dictionaries with equal keys; one registered frame, far faster than executemany."""
    if not rows:
        return
    frame = pd.DataFrame(list(rows))
    names = ", ".join(frame.columns)
    connection.register("incoming", frame)
    connection.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM incoming")
    connection.unregister("incoming")


def finished_metrics(connection: Any, run_key: str) -> set[MetricId]:
    """What was computed already for a run."""
    rows = connection.execute(
        "SELECT DISTINCT metric, version, mode, parameters FROM metric_values WHERE run_key = ?",
        [run_key],
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

    Columns: those of metric_values and runs. Order: model, task, series, position, then
    run and variant, so that it never changes between two readings.
    """
    of_run = [f.name for f in fields(RunRecord) if f.name not in {"run_key", "n"}]
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


def is_empty(connection: Any) -> bool:
    """Whether the store holds no run and no score."""
    (found,) = connection.execute(
        "SELECT (SELECT count(*) FROM runs) + (SELECT count(*) FROM scores)"
    ).fetchone()
    return bool(found == 0)


def now() -> datetime:
    """The time in UTC without a zone, as every table keeps it."""
    return datetime.now(UTC).replace(tzinfo=None)
