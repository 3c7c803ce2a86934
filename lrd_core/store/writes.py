"""Finished work as plain rows: what is written of it, and how, without a database at hand.

`apply` puts such writes into the store in one transaction, or nothing of them. Applying them twice
is applying them once, so they may wait in a file (see spool.py) and be taken in by whoever comes.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import duckdb

from lrd_core.store.sources import IMPORTED
from lrd_core.store.table import Table

How = Literal["add", "replace", "change"]
"""add: rows whose key the store lacks; own rows take the place of imported ones.
replace: what meets `where` goes first. change: set the columns of the one row where `where` is met.
"""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Write:
    """Rows for one table, as plain values (numbers, texts, dates, lists, None).

    Raises: ValueError for a name that is no column of the table.
    """

    table: Table
    rows: Sequence[Row]
    how: How = "add"
    where: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.table.check({**self.where, **(self.rows[0] if self.rows else {})})


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


def apply(connection: Any, writes: Sequence[Write]) -> list[int]:
    """Do all of it in one transaction; returns how many rows each write added or changed."""
    with transaction(connection):
        return [_DO[write.how](connection, write) for write in writes]


def insert_rows(connection: Any, table: Table, rows: Sequence[Row]) -> int:
    """Insert dictionaries with equal names of columns. Raises: ValueError for a name of none."""
    table.check(rows[0] if rows else {})
    return _insert(connection, table.name, rows)


def _insert(connection: Any, table: str, rows: Sequence[Row]) -> int:
    # One registered frame is far faster than executemany.
    if not rows:
        return 0
    import pandas as pd

    frame = pd.DataFrame(list(rows))
    names = ", ".join(frame.columns)
    connection.register("incoming", frame)
    connection.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM incoming")
    connection.unregister("incoming")
    return len(rows)


def _replace(connection: Any, write: Write) -> int:
    met, bound = _condition(write.where)
    connection.execute(f"DELETE FROM {write.table.name} WHERE {met}", bound)
    return _insert(connection, write.table.name, write.rows)


def _change(connection: Any, write: Write) -> int:
    met, bound = _condition(write.where)
    (row,) = write.rows
    changes = ", ".join(f"{name} = ?" for name in row)
    (count,) = connection.execute(
        f"UPDATE {write.table.name} SET {changes} WHERE {met}", [*row.values(), *bound]
    ).fetchone()
    return int(count)


def _add(connection: Any, write: Write) -> int:
    table, key = write.table.name, write.table.key
    if not write.rows:
        return 0
    # Through a table of the same columns: equal values have equal types there.
    connection.execute(f"CREATE OR REPLACE TEMP TABLE arriving AS FROM {table} LIMIT 0")
    _insert(connection, "arriving", first_of_each(write))
    if write.table.sourced and "source" not in key:
        connection.execute(
            f"DELETE FROM {table} s WHERE starts_with(s.source, '{IMPORTED}') AND EXISTS ("
            f"SELECT 1 FROM arriving f WHERE {same('s', 'f', key)} "
            f"AND NOT starts_with(f.source, '{IMPORTED}'))"
        )
    names = ", ".join(write.rows[0])  # other columns get what the table says they have
    (count,) = connection.execute(
        f"INSERT INTO {table} ({names}) SELECT {names} FROM arriving f "
        f"WHERE NOT EXISTS (SELECT 1 FROM {table} s WHERE {same('s', 'f', key)})"
    ).fetchone()
    connection.execute("DROP TABLE arriving")
    return int(count)


def first_of_each(write: Write) -> list[Row]:
    """The rows of a write without those that have the key of an earlier one."""
    found: dict[tuple[Any, ...], Row] = {}
    for row in write.rows:
        found.setdefault(tuple(row.get(name) for name in write.table.key), row)
    return list(found.values())


def same(left: str, right: str, columns: Sequence[str]) -> str:
    """SQL: the rows of both tables are equal in these columns, NULL counting as a value."""
    return " AND ".join(f"{left}.{name} IS NOT DISTINCT FROM {right}.{name}" for name in columns)


def _condition(where: Mapping[str, Any]) -> tuple[str, list[Any]]:
    return " AND ".join(f"{name} = ?" for name in where), list(where.values())


_DO = {"add": _add, "replace": _replace, "change": _change}
