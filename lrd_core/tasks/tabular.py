"""A user's file as columns, with the line of every row, so that an error can point at it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lrd_core.errors import TaskError
from lrd_core.tasks.quoting import split_rows

SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet", ".txt")
MAX_BYTES = 512 * 1024 * 1024
MOST_UNPACKED = 2**30
MOST_ROWS = 20_000_000
_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True)
class FileTable:
    """Columns of one file; `lines[row]` is where that row starts (row number in Parquet).

    unit: what lines are called where they are none, such as the names of pictures in a folder.
    """

    path: Path
    columns: dict[str, list[Any]]
    lines: Sequence[Any]
    unit: str = ""

    def __len__(self) -> int:
        return len(self.lines)

    def at(self, row: int) -> str:
        """The file and line of a row, as error messages begin."""
        unit = self.unit or ("row" if self.path.suffix.lower() == ".parquet" else "line")
        return f"{self.path.name}, {unit} {self.lines[row]}"


def read_table(path: Path) -> FileTable:
    """Read a CSV, TSV, JSONL, Parquet or .txt file (one text a line, blank lines left out).

    Every cell is what the file says: CSV and TSV cells are texts, whatever they look like.
    Raises: TaskError naming file and line for anything that cannot be read.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise TaskError(f"{path.name}: files of type {path.suffix!r} are not read; use {SUFFIXES}")
    if suffix == ".parquet":
        check_readable(path)
        return _read_parquet(path)
    text = read_text(path)
    if suffix in _DELIMITERS:
        return _read_delimited(path, text, _DELIMITERS[suffix])
    return _read_lines(path, text) if suffix == ".txt" else _read_jsonl(path, text)


def check_readable(path: Path) -> None:
    """Raises: TaskError for what is no plain file (a pipe would block), or is too large."""
    try:
        size = path.stat().st_size if path.is_file() else None
    except OSError as error:
        raise TaskError(f"{path.name[:80]} cannot be read: {error.strerror}") from error
    if size is None:
        raise TaskError(f"{path.name} is no plain file; give a file of type {', '.join(SUFFIXES)}")
    if size > MAX_BYTES:
        raise TaskError(
            f"{path.name} has {size / 2**20:.0f} MB; at most {MAX_BYTES // 2**20} are read"
        )


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, line ends as they are.

    Raises: TaskError for another encoding, naming the line.
    """
    check_readable(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TaskError(f"{path.name} cannot be read: {error.strerror}") from error
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise TaskError(f"{path.name}, line 1: UTF-16, not UTF-8; save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise TaskError(f"{path.name}, near line {line}: not UTF-8; save it as UTF-8") from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise TaskError(
            f"{path.name}, line {line}: a zero byte, as UTF-16 and binary files have them; "
            "save it as UTF-8 text"
        )
    return text


def refuse_no_rows(path: Path, rows: int) -> None:
    """Raises: TaskError for a file without a single row."""
    if not rows:
        raise TaskError(f"{path.name} has no rows")


def _read_delimited(path: Path, text: str, delimiter: str) -> FileTable:
    rows = split_rows(text, delimiter, path.name)
    first = next(rows, None)
    if first is None:
        raise TaskError(f"{path.name}, line 1: no column names")
    width = len(first.cells)
    _refuse_other_separator(path, first.cells)
    cells: list[list[str]] = [[] for _ in range(width)]
    lines = []
    for row in rows:
        if len(row.cells) != width:
            raise TaskError(
                f"{path.name}, line {row.line}: {len(row.cells)} cells, "
                f"but line {first.line} names {width} columns"
            )
        for column, cell in zip(cells, row.cells, strict=True):
            column.append(cell)
        lines.append(row.line)
    refuse_no_rows(path, len(lines))
    return FileTable(path, _named(path, [name.strip() for name in first.cells], cells), lines)


def _refuse_other_separator(path: Path, names: list[str]) -> None:
    words = {";": "semicolons", "\t": "tabs", ",": "commas"}
    wanted = _DELIMITERS[path.suffix.lower()]
    for sign, word in words.items():
        if len(names) == 1 and sign in names[0] and sign != wanted:
            raise TaskError(
                f"{path.name}, line 1: one column, {names[0][:60]!r}; if {word} separate its "
                f"cells, save it with {words[wanted]}"
            )


def _named(path: Path, names: list[str], cells: list[list[str]]) -> dict[str, list[Any]]:
    """Columns by name. One without a name goes when it is empty, as spreadsheets leave some."""
    columns: dict[str, list[Any]] = {}
    for place, (name, column) in enumerate(zip(names, cells, strict=True), start=1):
        if not name and not any(cell.strip() for cell in column):
            continue
        name = name or f"column {place}"
        if name in columns:
            raise TaskError(
                f"{path.name}, line 1: a column name occurs twice: {name[:60]!r}; rename one of "
                "them, or put a line of column names first if there is none"
            )
        columns[name] = column
    if not columns:
        raise TaskError(f"{path.name}, line 1: no column names")
    return columns


def _read_lines(path: Path, text: str) -> FileTable:
    numbered = [
        (line, content.strip())
        for line, content in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    ]
    kept = [(line + 1, content) for line, content in numbered if content]
    refuse_no_rows(path, len(kept))
    return FileTable(path, {"text": [content for _, content in kept]}, [line for line, _ in kept])


def _read_jsonl(path: Path, text: str) -> FileTable:
    rows = list(_json_rows(path, text))
    refuse_no_rows(path, len(rows))
    names = dict.fromkeys(name for _, row in rows for name in row)
    columns = {name: [row.get(name) for _, row in rows] for name in names}
    return FileTable(path, columns, [line for line, _ in rows])


def _json_rows(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for line, content in enumerate(text.split("\n"), start=1):
        if not content.strip():
            continue
        where = f"{path.name}, line {line}"
        try:
            row = json.loads(content, object_pairs_hook=_once_each)
        except json.JSONDecodeError as error:
            raise TaskError(f"{where}: not JSON ({error.msg})") from error
        except (ValueError, RecursionError) as error:
            raise TaskError(f"{where}: JSON that cannot be read ({_reason(error)})") from error
        if not isinstance(row, dict):
            raise TaskError(f"{where}: not an object with named values")
        if has_half_character(content, row):
            raise TaskError(f"{where}: half of a character (a lone surrogate); mend the text")
        yield line, row


def has_half_character(text: str, value: Any) -> bool:
    """Whether JSON text escapes half of a character: what no file and no store can hold."""
    if _ESCAPED_HALF.search(text) is None:
        return False
    return _HALF_CHARACTER.search(json.dumps(value, ensure_ascii=False)) is not None


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice[:60]!r} occurs twice")
    return found


def _reason(error: BaseException) -> str:
    """The first line of an error, or what kind it is: Python's own messages can be long."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _read_parquet(path: Path) -> FileTable:
    """Row groups one after the other: what a file unpacks to is not known before."""
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            total = file.metadata.num_rows
            if total > MOST_ROWS:
                raise TaskError(f"{path.name} has {total:,} rows; {MOST_ROWS:,} at most are read")
            names = file.schema_arrow.names
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise TaskError(f"{path.name}: a column name occurs twice: {twice[:60]!r}")
            columns: dict[str, list[Any]] = {name: [] for name in names}
            unpacked = 0
            for batch in file.iter_batches():
                unpacked += batch.nbytes
                if unpacked > MOST_UNPACKED:
                    raise TaskError(
                        f"{path.name} unpacks to over {MOST_UNPACKED // 2**20} MB; give less"
                    )
                for name, column in zip(names, batch.columns, strict=True):
                    columns[name] += column.to_pylist()
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        raise TaskError(f"{path.name} is not a readable Parquet file: {_reason(error)}") from error
    refuse_no_rows(path, total)
    return FileTable(path, columns, range(1, total + 1))
