"""Reads that every table has in common: its rows as a DataFrame, the newest values, doubles.

The columns of such a DataFrame are those that the table's declaration names.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lrd_core.store.table import Table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def read_table(connection: Any, table: Table, **where: Any) -> "pd.DataFrame":
    """Rows of a table, filtered by equality; a tuple or list means any of its members.

    Values are always bound. Raises: ValueError for a name that is no column of the table.
    """
    table.check(where)
    clause, bound = condition(where)
    return frame(connection, f"SELECT * FROM {table.name}{clause}", bound)


def read_newest(
    connection: Any, table: Table, *, columns: Sequence[str] = (), **where: Any
) -> "pd.DataFrame":
    """As `read_table`, without values that a newer version of their metric has replaced.

    columns: only these, which costs less; none for all. In the order in which rows were stored:
    comparing versions by groups would shuffle them, and with them the lines of a figure.
    """
    table.check([*where, *columns])
    rows, bound = newest(table, where, place=", rowid AS place")
    named = ", ".join(columns) or "* EXCLUDE (place)"
    query = f"SELECT {named} FROM {rows} ORDER BY place"
    return frame(connection, query, bound)


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


def frame(connection: Any, query: str, bound: Sequence[Any] = ()) -> "pd.DataFrame":
    """The rows of a query, with one object for each different text of a column.

    That is small to keep and to copy, and read in half the time of `fetchdf`. Texts are objects
    and not Arrow text, which makes pages of small tables half as slow again. Whole numbers of which
    some are missing have a type of pandas that can say so; in lists, what is missing is NaN.
    """
    import pandas as pd

    connection.complete()  # what was asked before and read in part
    rows = connection.sql(query, params=list(bound)).to_arrow_table()
    return pd.DataFrame({name: _column(rows[name]) for name in rows.column_names}, copy=False)


def _column(cells: "pa.ChunkedArray") -> "pd.Series":
    import pandas as pd
    import pyarrow as pa

    if pa.types.is_string(cells.type):
        coded = cells.combine_chunks().dictionary_encode()
        texts = np.array([*coded.dictionary.to_pylist(), np.nan], dtype=object)
        places = coded.indices.fill_null(len(texts) - 1).to_numpy(zero_copy_only=False)
        return pd.Series(texts[places], dtype=object)
    if cells.null_count and cells.type in _may_be_missing():
        return pd.Series(_may_be_missing()[cells.type].__from_arrow__(cells))
    return cells.to_pandas()


@functools.cache
def _may_be_missing() -> "dict[pa.DataType, Any]":
    import pandas as pd
    import pyarrow as pa

    return {pa.int32(): pd.Int32Dtype(), pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


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
