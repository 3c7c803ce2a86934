"""Parquet files from outside, looked at as a whole before the store sees any of them."""

from pathlib import Path
from typing import Any

from lrd_core.errors import InputError
from lrd_core.store.table import MOST_ROWS, Table
from lrd_core.store.tables import all_tables

MOST_BYTES = 2**30
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
    declared = next((one for one in all_tables() if one.name == path.stem), None)
    if declared is None:  # a table of scores or metrics, which its own reader checks
        return None
    return _strange_value(path.name, declared, table) or _uneven_lists(path.name, declared, table)


def _strange_value(name: str, declared: Table, found: Any) -> str | None:
    for column in declared.columns.values():
        if not column.sound or column.name not in found.column_names:
            continue
        for value in found.column(column.name).unique().to_pylist():
            if (expected := column.fault(value)) is not None:
                return f"{name}: {column.name} {str(value)[:60]!r} is not {expected}"
    return None


def _uneven_lists(name: str, declared: Table, found: Any) -> str | None:
    """Lists of one row that belong together, and are not as long as they have to be."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def all_there(*columns: str) -> bool:
        return set(columns) <= set(found.column_names)

    def length(column: str) -> Any:
        return pc.list_value_length(found[column]).cast("int64")

    try:
        for first, second in declared.even:
            if all_there(first, second) and not _all(pc.equal(length(first), length(second))):
                return f"{name}: {first} and {second} of a row have different lengths"
        if declared.area is not None and all_there(*declared.area):
            cells, *sides = declared.area
            area = pc.multiply_checked(*(found[side].cast("int64") for side in sides))
            if not _all(pc.equal(length(cells), area)):
                return f"{name}: a row has not {' times '.join(sides)} {cells}"
        for listed, count in declared.counted:
            if all_there(listed, count) and not _all(pc.equal(length(listed), found[count])):
                return f"{name}: a row has not {count} {listed}"
        if declared.multiple is not None and all_there(*declared.multiple):
            listed, part = declared.multiple
            size = found[part].cast("int64")
            whole = pc.multiply(pc.divide(length(listed), size), size)
            if not _all(pc.equal(length(listed), whole)):
                return f"{name}: {listed} of a row are not whole lists of {part}"
    except pa.ArrowException as error:
        return f"{name}: a column that holds lists has another type ({str(error).splitlines()[0]})"
    return None


def _all(verdicts: Any) -> bool:
    import pyarrow.compute as pc

    return bool(pc.all(pc.fill_null(verdicts, False), min_count=0).as_py())
