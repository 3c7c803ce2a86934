"""Parquet files from outside, looked at as a whole before the store sees any of them."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lrd_core.errors import InputError
from lrd_core.store.migrations import TABLES

MOST_ROWS = 20_000_000
MOST_BYTES = 2**30
MOST_BLOCKS = 2000

_KEY = re.compile(r"[0-9A-Za-z]{1,64}")
_MB = 2**20


def check_folder(folder: Path) -> None:
    """Read every .parquet file of `folder`, or the one that it is.

    Raises: InputError that names the file and what is wrong with it.
    """
    alone = [folder] if folder.suffix.lower() == ".parquet" else []
    for path in alone if folder.is_file() else sorted(folder.glob("*.parquet")):
        fault = _fault(path)
        if fault:
            raise InputError(fault)


def _fault(path: Path) -> str | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        if file.metadata.num_rows > MOST_ROWS:
            return f"{path.name} has {file.metadata.num_rows:,} rows; {MOST_ROWS:,} at most"
        table = file.read()
    except (MemoryError, pa.ArrowMemoryError):
        return f"{path.name} unpacks to more than may be read; it was not imported"
    except (pa.ArrowException, OSError) as error:
        return f"{path.name} is no Parquet file that can be read ({str(error).splitlines()[0]})"
    if table.nbytes > MOST_BYTES:
        return f"{path.name} unpacks to {table.nbytes / _MB:,.0f} MB; {MOST_BYTES // _MB} at most"
    if not table.column_names:
        return f"{path.name} has no columns"
    if path.stem not in TABLES:  # a table of scores or metrics, which its own reader checks
        return None
    return _strange_value(path.name, table) or _uneven_lists(path.name, table)


def _strange_value(name: str, table: Any) -> str | None:
    for column, (sound, expected) in _EXPECTED.items():
        if column not in table.column_names:
            continue
        for value in table.column(column).unique().to_pylist():
            if not sound(value):
                return f"{name}: {column} {str(value)[:60]!r} is not {expected}"
    return None


def _uneven_lists(name: str, table: Any) -> str | None:
    """Lists of one row that belong together, and are not equally long."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def even(first: str, second: str) -> Any:
        return pc.equal(pc.list_value_length(table[first]), pc.list_value_length(table[second]))

    columns = set(table.column_names)
    try:
        for first, second in EQUALLY_LONG:
            if {first, second} <= columns and not _all(even(first, second)):
                return f"{name}: {first} and {second} of a row have different lengths"
        if {"cells", "num_rows", "num_columns"} <= columns:
            sides = [table[side].cast("int64") for side in ("num_rows", "num_columns")]
            area = pc.multiply_checked(*sides)
            if not _all(pc.equal(pc.list_value_length(table["cells"]), area)):
                return f"{name}: a row has not num_rows times num_columns cells"
    except pa.ArrowException as error:
        return f"{name}: a column that holds lists has another type ({str(error).splitlines()[0]})"
    return None


def _all(verdicts: Any) -> bool:
    import pyarrow.compute as pc

    return bool(pc.all(pc.fill_null(verdicts, False), min_count=0).as_py())


def _is_key(value: object) -> bool:
    return isinstance(value, str) and _KEY.fullmatch(value) is not None


def _is_object(value: object) -> bool:
    try:
        return isinstance(json.loads(str(value)), dict)
    except (ValueError, RecursionError):
        return False


def _is_block_count(value: object) -> bool:
    return value is None or (isinstance(value, int) and 0 <= value <= MOST_BLOCKS)


def _is_size(value: object) -> bool:
    return isinstance(value, int) and 0 <= value <= MOST_ROWS


_EXPECTED: dict[str, tuple[Callable[[object], bool], str]] = {
    "run_key": (_is_key, "a key of letters and digits"),
    "parameters": (_is_object, "a JSON object"),
    "settings": (_is_object, "a JSON object"),
    "num_blocks": (_is_block_count, f"a number of blocks up to {MOST_BLOCKS}"),
    "layer": (_is_block_count, f"a layer up to {MOST_BLOCKS}"),
    "num_rows": (_is_size, "a number of rows"),
    "num_columns": (_is_size, "a number of columns"),
}
"""What later steps rely on: keys name files, parameters are parsed, blocks size figures."""

EQUALLY_LONG = (
    *(("text_index", "text_values"), ("ids", "similarity")),
    *(("text_index", "x"), ("text_index", "y")),
    *(("sizes", "values"), ("sizes", "repeats")),
)
