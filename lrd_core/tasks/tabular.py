"""A user's file as columns, with the line of every row, so that an error can point at it."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lrd_core.errors import TaskError

SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet", ".txt")
MAX_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class FileTable:
    """Columns of one file; `lines[row]` is where that row starts (row number in Parquet)."""

    path: Path
    columns: dict[str, list[Any]]
    lines: list[int]

    def __len__(self) -> int:
        return len(self.lines)

    def at(self, row: int) -> str:
        """The file and line of a row, as error messages begin."""
        unit = "row" if self.path.suffix == ".parquet" else "line"
        return f"{self.path.name}, {unit} {self.lines[row]}"


def read_table(path: Path) -> FileTable:
    """Read a CSV, TSV, JSONL, Parquet or .txt file (one text a line, blank lines left out).

    Raises: TaskError naming file and line for anything that cannot be read.
    """
    if path.stat().st_size > MAX_BYTES:
        size = path.stat().st_size / 2**20
        raise TaskError(f"{path.name} has {size:.0f} MB; at most {MAX_BYTES // 2**20} are read")
    readers = {".csv": _csv_rows, ".tsv": _csv_rows, ".jsonl": _jsonl_rows, ".txt": _text_rows}
    if path.suffix == ".parquet":
        return _read_parquet(path)
    if path.suffix not in readers:
        raise TaskError(f"{path.name}: files of type {path.suffix!r} are not read; use {SUFFIXES}")
    rows, lines = [], []
    try:
        for line, row in readers[path.suffix](path):
            rows.append(row)
            lines.append(line)
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise TaskError(f"{path.name}, near line {line}: not UTF-8; save it as UTF-8") from error
    if not rows:
        raise TaskError(f"{path.name} has no rows")
    names = dict.fromkeys(name for row in rows for name in row)
    return FileTable(path, {name: [row.get(name) for row in rows] for name in names}, lines)


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    csv.field_size_limit(MAX_BYTES)
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter="\t" if path.suffix == ".tsv" else ",")
        header = [name.strip() for name in next(reader, [])]
        if not header:
            raise TaskError(f"{path.name}, line 1: no column names")
        if len(set(header)) < len(header):
            raise TaskError(f"{path.name}, line 1: a column name occurs twice: {header}")
        start = reader.line_num + 1
        for cells in reader:
            if cells:
                if len(cells) != len(header):
                    raise TaskError(
                        f"{path.name}, line {start}: {len(cells)} cells, "
                        f"but line 1 names {len(header)} columns"
                    )
                yield start, dict(zip(header, cells, strict=True))
            start = reader.line_num + 1


def _jsonl_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig") as file:
        for line, content in enumerate(file, start=1):
            if not content.strip():
                continue
            try:
                row = json.loads(content)
            except json.JSONDecodeError as error:
                raise TaskError(f"{path.name}, line {line}: not JSON ({error.msg})") from error
            if not isinstance(row, dict):
                raise TaskError(f"{path.name}, line {line}: not an object with named values")
            yield line, row


def _text_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig") as file:
        for line, content in enumerate(file, start=1):
            if content.strip():
                yield line, {"text": content.strip()}


def _read_parquet(path: Path) -> FileTable:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise TaskError(f"{path.name} is not a readable Parquet file: {error}") from error
    if not table.num_rows:
        raise TaskError(f"{path.name} has no rows")
    return FileTable(path, table.to_pydict(), list(range(1, table.num_rows + 1)))
