"""Reads that every table has in common: its rows as a DataFrame, the newest values, doubles.

The columns of such a DataFrame are those that the table's declaration names.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lrd_core.store.table import Table


def read_table(connection: Any, table: Table, **where: Any) -> pd.DataFrame:
    """Rows of a table, filtered by equality; a tuple or list means any of its members.

    Values are always bound. Raises: ValueError for a name that is no column of the table.
    """
    table.check(where)
    clause, bound = condition(where)
    return as_table(table, connection.execute(f"SELECT * FROM {table.name}{clause}", bound))


def read_newest(
    connection: Any, table: Table, *, columns: Sequence[str] = (), **where: Any
) -> pd.DataFrame:
    """As `read_table`, without values that a newer version of their metric has replaced.

    columns: only these, which costs less; none for all. In the order in which rows were stored:
    comparing versions by groups would shuffle them, and with them the lines of a figure.
    """
    table.check([*where, *columns])
    rows, bound = newest(table, where, place=", rowid AS place")
    named = ", ".join(columns) or "* EXCLUDE (place)"
    query = f"SELECT {named} FROM {rows} ORDER BY place"
    return as_table(table, connection.execute(query, bound))


def newest(table: Table, where: Mapping[str, Any] = {}, place: str = "") -> tuple[str, list[Any]]:
    """SQL: the rows of a table that are of the newest version of their metric; and what it binds.

    place: SQL of one more column, with the comma before it.

    The one answer to what is newest: once a run has a metric in some version, all that older ones
    gave for this run, in whatever mode and with whatever parameters, is out of date.
    """
    # What names a run or a metric narrows the search; the rest must not hide a newer version.
    inside, bound = condition({name: where[name] for name in VERSIONED if name in where})
    outside, more = condition({name: where[name] for name in where if name not in VERSIONED})
    query = (
        f"(SELECT * FROM (SELECT *{place} FROM {table.name}{inside} "
        f"QUALIFY version = max(version) OVER (PARTITION BY {', '.join(VERSIONED)})){outside})"
    )
    return query, [*bound, *more]


VERSIONED = ("run_key", "metric")
"""What has versions, of which the newest counts."""


def as_table(table: Table, found: Any) -> pd.DataFrame:
    """The rows of a query whose columns are the table's, lists with NaN for what is missing."""
    rows = share_text(found.df())
    for name in rows.columns:
        if name in table.columns and table.columns[name].holds_reals:
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


def condition(where: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """A WHERE clause and its values; what is None asks for nothing.

    Names of columns come from code, never from a visitor.
    """
    conditions: list[str] = []
    bound: list[Any] = []
    for name, wanted in where.items():
        if isinstance(wanted, (list, tuple, set, frozenset)):
            conditions.append(f"list_contains(?, {name})")
            bound.append(list(wanted))
        elif wanted is not None:
            conditions.append(f"{name} = ?")
            bound.append(wanted)
    return (f" WHERE {' AND '.join(conditions)}" if conditions else ""), bound


def doubles(connection: Any, table: Table) -> int:
    """How many rows of a table have the key of another one."""
    names = ", ".join(table.key)
    found = connection.execute(
        f"SELECT coalesce(sum(rows - 1), 0) FROM "
        f"(SELECT count(*) AS rows FROM {table.name} GROUP BY {names} HAVING count(*) > 1)"
    ).fetchone()
    return int(found[0])


def content_mark(connection: Any, tables: Sequence[Table]) -> str:
    """Equal as long as the rows of these tables are; their order does not count."""
    marks = [
        connection.execute(f"SELECT count(*), sum(hash(t)::HUGEINT) FROM {table.name} t").fetchone()
        for table in tables
    ]
    return "/".join(f"{rows}-{total}" for rows, total in marks)
