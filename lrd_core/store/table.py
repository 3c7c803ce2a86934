"""What a table is: declared once, and everything that needs to know of it reads the declaration.

A row class (a frozen dataclass) says which columns there are: the annotation of a field is the
column's type, whether it may be missing, and what an import relies on. `Table` adds what is true of
rows as a whole: their key, lists that are equally long, what the store writes of its own accord.
"""

import json
import re
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from lrd_core.version import __version__

MOST_ROWS = 20_000_000
MOST_BLOCKS = 2000

_KEY = re.compile(r"[0-9A-Za-z]{1,64}")


@dataclass(frozen=True)
class Sound:
    """What a value that comes from outside has to be. `words` follow "is not"."""

    holds: Callable[[Any], bool]
    words: str


def _is_key(value: Any) -> bool:
    return isinstance(value, str) and _KEY.fullmatch(value) is not None


def _is_object(value: Any) -> bool:
    try:
        return isinstance(json.loads(str(value)), dict)
    except (ValueError, RecursionError):
        return False


def _whole(least: int, most: int, words: str) -> Sound:
    return Sound(lambda value: isinstance(value, int) and least <= value <= most, words)


Big = Annotated[int, "BIGINT"]
Ints = Annotated[np.ndarray, "INTEGER[]"]
Floats = Annotated[np.ndarray, "FLOAT[]"]
Doubles = Annotated[np.ndarray, "DOUBLE[]"]
Words = Annotated[Sequence[str], "VARCHAR[]"]
Key = Annotated[str, Sound(_is_key, "a key of letters and digits")]
"""Names files."""
Json = Annotated[str, Sound(_is_object, "a JSON object")]
Blocks = Annotated[int, _whole(0, MOST_BLOCKS, f"a number of blocks up to {MOST_BLOCKS}")]
"""Sizes figures."""
Layer = Annotated[int, _whole(0, MOST_BLOCKS, f"a layer up to {MOST_BLOCKS}")]
Layers = Annotated[int, _whole(1, MOST_BLOCKS + 1, f"a number of layers up to {MOST_BLOCKS + 1}")]
Size = Annotated[int, _whole(0, MOST_ROWS, "a number of rows or columns")]
Length = Annotated[int, _whole(1, MOST_ROWS, "the length of a list")]

_TYPES: Mapping[Any, str] = {
    str: "VARCHAR",
    int: "INTEGER",
    float: "DOUBLE",
    bool: "BOOLEAN",
    datetime: "TIMESTAMP",
    tuple[int, ...]: "INTEGER[]",
    tuple[float, ...]: "DOUBLE[]",
    Sequence[int]: "INTEGER[]",
    Sequence[float]: "DOUBLE[]",
}
_LISTS: Mapping[str, Any] = {
    "INTEGER[]": np.int32,
    "FLOAT[]": np.float32,
    "DOUBLE[]": np.float64,
    "VARCHAR[]": object,
}


@dataclass(frozen=True)
class Column:
    """type: as DuckDB names it. optional: may be missing. plain: what rows of before have, of a
    column that came later. sound: what an import relies on, beside the type."""

    name: str
    type: str
    optional: bool = False
    plain: str | None = None
    sound: tuple[Sound, ...] = ()

    @property
    def is_list(self) -> bool:
        return self.type in _LISTS

    def plain_value(self, value: Any) -> Any:
        """A value of a row as it is written: an array or tuple as a list, row by row."""
        if value is None or not self.is_list:
            return value
        return np.asarray(value, dtype=_LISTS[self.type]).ravel().tolist()

    def fault(self, value: Any) -> str | None:
        """What the value is not, if anything."""
        if value is None:
            return None if self.optional or not self.sound else self.sound[0].words
        return next((sound.words for sound in self.sound if not sound.holds(value)), None)


@dataclass(frozen=True)
class Written:
    """A column that the store writes of its own accord: from the row and the time of writing."""

    column: Column
    value: Callable[[Any, datetime], Any]


CREATED_AT = Written(Column("created_at", "TIMESTAMP"), lambda row, moment: moment)
ENGINE_VERSION = Written(Column("engine_version", "VARCHAR"), lambda row, moment: __version__)


@dataclass(frozen=True)
class Table:
    """A table, as its module declares it.

    row: the class of its rows; with what is `written`, its fields are the columns.
    key: names a row; two rows with equal keys are one row, however they came.
    whole: names a result of several rows, which comes into a store whole or not at all; empty
    where every row is a result of its own.
    even: lists of a row that are equally long. area: a list, and the two columns whose product
    is its length. multiple: a list, and the column that its length is a multiple of.
    counted: lists, each with the column that says its length.
    fuller: of two rows of one key in one bundle, the one that has more in this column stays.
    same_apart_from: a row that is equal to one there but for these columns is no new one.
    always: columns that no row lacks, though the type of their field would allow it.
    Raises: ValueError, when the module is imported, for a name that is no column.
    """

    name: str
    row: type
    key: tuple[str, ...]
    written: tuple[Written, ...] = ()
    whole: tuple[str, ...] = ()
    even: tuple[tuple[str, str], ...] = ()
    area: tuple[str, str, str] | None = None
    multiple: tuple[str, str] | None = None
    counted: tuple[tuple[str, str], ...] = ()
    fuller: str | None = None
    same_apart_from: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    columns: Mapping[str, Column] = field(init=False)
    """By name."""

    def __post_init__(self) -> None:
        told = [
            replace(column, optional=column.plain is not None)
            if column.name in self.always
            else column
            for column in [*columns_of(self.row), *(one.column for one in self.written)]
        ]
        object.__setattr__(self, "columns", {column.name: column for column in told})
        lists = [name for pair in self.even for name in pair]
        groups = [group for group in (self.area, self.multiple, *self.counted) if group]
        lists += [group[0] for group in groups]
        named = [*self.key, *self.whole, *lists, *self.same_apart_from, *self.always]
        named += [name for group in groups for name in group]
        self.check([*named, *([self.fuller] if self.fuller else [])])
        if wrong := [name for name in lists if not self.columns[name].is_list]:
            raise ValueError(f"table {self.name}: {wrong[0]} is no list")
        if not set(self.key) or len(self.columns) < len(told):
            raise ValueError(f"table {self.name} has no key, or a column twice")

    def check(self, names: Sequence[str] | Mapping[str, Any]) -> None:
        """Raises: ValueError for a name that is no column."""
        for name in names:
            if name not in self.columns:
                raise ValueError(f"table {self.name} has no column {name!r}")

    @property
    def unit(self) -> tuple[str, ...]:
        """What names a result that is there already, see `whole`."""
        return self.whole or self.key

    @property
    def of_runs(self) -> bool:
        """Whether its rows belong to a run of the table of runs."""
        return "run_key" in self.columns and self.key != ("run_key",)

    @property
    def sourced(self) -> bool:
        """Whether its rows say where they came from."""
        return "source" in self.columns

    def plain(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Rows as plain values by column, with what the store itself writes."""
        moment = now()
        told = [self.columns[one.name] for one in fields(self.row)]
        return [
            {column.name: column.plain_value(getattr(row, column.name)) for column in told}
            | {one.column.name: one.value(row, moment) for one in self.written}
            for row in rows
        ]


def now() -> datetime:
    """The time in UTC without a zone, as every table keeps it."""
    return datetime.now(UTC).replace(tzinfo=None)


def columns_of(row: type) -> list[Column]:
    """The columns that the fields of a dataclass are.

    A field whose metadata say `added_later` is a column of a later version: rows of before have
    its `plain` value. Raises: ValueError for a type that is no column's.
    """
    hints = get_type_hints(row, include_extras=True)
    return [column(one.name, hints[one.name], one.metadata) for one in fields(row)]


def column(name: str, hint: Any, about: Mapping[str, Any] = {}) -> Column:
    """The column that a field of this annotation is."""
    optional = False
    if get_origin(hint) in (Union, types.UnionType):
        (hint,) = [part for part in get_args(hint) if part is not type(None)]
        optional = True
    kind, *told = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    named = [part for part in told if isinstance(part, str)]
    if not named and kind not in _TYPES:
        raise ValueError(f"{name}: no column can hold {kind}")
    later = bool(about.get("added_later"))
    return Column(
        name,
        named[0] if named else _TYPES[kind],
        optional=later or optional,
        plain=str(about["plain"]) if later else None,
        sound=tuple(part for part in told if isinstance(part, Sound)),
    )
