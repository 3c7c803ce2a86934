"""From files to tables: which column is which, and are its cells usable."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from lrd_core.errors import TaskError
from lrd_core.tasks.content import REQUIRED_TABLES, Table, TaskType, noun_of
from lrd_core.tasks.file_items import FILE_ITEMS
from lrd_core.tasks.honesty import check_ids
from lrd_core.tasks.item_folder import item_beside
from lrd_core.tasks.tabular import FileTable

MOST_RELEVANT = 10**6
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")

ALIASES: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "sentences", "sentence", "content", "document", "body", "review", "message"),
    "image": ("image", "image_path", "picture", "img"),
    "audio": ("audio", "audio_path", "recording", "sound"),
    "label": ("label", "labels", "class", "category", "topic", "target", "label_text"),
    "sentence1": ("sentence1", "sent1", "text1", "sentence_1", "premise"),
    "sentence2": ("sentence2", "sent2", "text2", "sentence_2", "hypothesis"),
    "score": ("score", "similarity", "rating", "relevance"),
    "id": ("id", "_id"),
    "query": ("query", "query-id", "query_id"),
    "document": ("document", "corpus-id", "corpus_id", "document-id", "document_id"),
}
"""Names that are understood without task.toml; they include those of MTEB's data sets."""


def guess_type(files: Mapping[str, FileTable], columns: Mapping[str, str]) -> TaskType:
    """The type that the files and their columns suggest.

    A single file of labelled texts is `texts`: it has nothing to train on, and clustering is
    only done when task.toml says so.
    Raises: TaskError when no column is one that any type has.
    """
    if "corpus" in files:
        return "reranking" if "candidates" in files else "retrieval"
    test = files.get("test")
    if test is None:
        raise TaskError(f"no file 'test' or 'corpus' beside {', '.join(sorted(files))}")
    has = {name for name in ALIASES if _theirs(test, name, columns) is not None}
    if {"query", "positive", "negative"} <= set(test.columns):
        return "reranking"
    if {"sentence1", "sentence2"} <= has:
        return "sts" if "score" in has else "pair classification"
    if "train" in files and "label" in has:
        return "classification"
    _required(test, item_column(files, columns), columns)
    return "texts"


def item_column(files: Mapping[str, FileTable], columns: Mapping[str, str]) -> str:
    """What the items of these files are called: `text` unless they only name files of a kind."""
    test = files.get("test")
    if test is None or _theirs(test, "text", columns) is not None:
        return "text"
    return next((kind for kind in FILE_ITEMS if _theirs(test, kind, columns) is not None), "text")


def build_tables(
    kind: TaskType, files: Mapping[str, FileTable], columns: Mapping[str, str], item: str = "text"
) -> dict[str, Table]:
    """The tables of a task of this type, every cell checked.

    columns: ours = theirs, for all files alike. item: the column of the items, see `item_column`.
    Raises: TaskError naming file and line.
    """
    if kind == "reranking" and "corpus" not in files:
        return _from_positive_negative(files["test"])
    required = {**REQUIRED_TABLES[kind], "calibration": ("text",)}
    if item != "text" and "text" not in required.get("test", ()):
        raise TaskError(f"a task of type {kind!r} cannot be made of {noun_of(item)}s; use texts")
    tables = {
        name: _table(files[name], _of_items(wanted, item), columns, kind)
        for name, wanted in required.items()
        if name in files
    }
    _number_classes(tables)
    if "corpus" in tables:
        tables["corpus"] = _with_titles(files["corpus"], tables["corpus"])
        check_ids(files, tables)
    return tables


def _of_items(wanted: tuple[str, ...], item: str) -> tuple[str, ...]:
    return tuple(item if name == "text" else name for name in wanted)


def _with_titles(file: FileTable, table: Table) -> Table:
    """Documents as MTEB reads them: the title, where there is one, before the text."""
    titles = file.columns.get("title")
    if titles is None:
        return table
    joined = zip(titles, table["text"], strict=True)
    return {
        **table,
        "text": tuple(f"{title or ''} {text}".strip() or " " for title, text in joined),
    }


def _table(
    file: FileTable, wanted: tuple[str, ...], columns: Mapping[str, str], kind: TaskType
) -> Table:
    file = _unnested(file, [_required(file, name, columns) for name in wanted])
    optional = ("label",) if kind == "texts" else ()
    table: dict[str, tuple[Any, ...]] = {}
    used = set()
    for name in (*wanted, *optional):
        theirs = _theirs(file, name, columns)
        if theirs is not None:
            used.add(theirs)
            check = _SPECIAL.get((kind, name), _CELLS[name])
            cells = file.columns[theirs]
            table[name] = tuple(check(file, row, theirs, cell) for row, cell in enumerate(cells))
    if wanted[0] in _ITEMS:
        extra = {name: tuple(cells) for name, cells in file.columns.items() if name not in used}
        table = {**{name: cells for name, cells in extra.items() if name not in table}, **table}
    return table


def _theirs(file: FileTable, ours: str, columns: Mapping[str, str]) -> str | None:
    if ours in columns:
        return columns[ours] if columns[ours] in file.columns else None
    return named_column(file, ours)


def named_column(file: FileTable, ours: str) -> str | None:
    """The column with one of the names that are understood, in any case."""
    by_lower = {name.lower(): name for name in reversed(file.columns)}
    exact = {name: name for name in file.columns}
    names = by_lower | exact
    return next((names[alias] for alias in ALIASES[ours] if alias in names), None)


def _required(file: FileTable, ours: str, columns: Mapping[str, str]) -> str:
    theirs = _theirs(file, ours, columns)
    if theirs is None:
        asked = columns.get(ours, ours)
        raise TaskError(
            f"{file.path.name}, line 1: no column {asked!r} for {ours!r}; it has "
            f"{_shortened(file.columns)}; name the right one under [columns] in a task.toml beside "
            "the file. If line 1 is data already, put a line of names above it, such as text,label "
            "or sentence1,sentence2,score: without one it would be lost as a row"
        )
    return theirs


def _shortened(names: Iterable[str]) -> str:
    """Column names for a message; what a file calls a column can be a whole text."""
    shown = [repr(name if len(name) <= 40 else name[:37] + "...") for name in names]
    return ", ".join(shown[:12]) + (f" and {len(shown) - 12} more" if len(shown) > 12 else "")


def _unnested(file: FileTable, names: list[str]) -> FileTable:
    """Rows whose cells are lists, as some MTEB data sets have them, become one row an item.

    The column `set` keeps which row an item came from: MTEB clusters each set on its own.
    """
    if not all(isinstance(file.columns[name][0], list) for name in names):
        return file
    flat: dict[str, list[Any]] = {name: [] for name in (*names, "set")}
    lines: list[int] = []
    for row in range(len(file)):
        cells = [file.columns[name][row] for name in names]
        if any(not isinstance(cell, list) or len(cell) != len(cells[0]) for cell in cells):
            raise TaskError(f"{file.at(row)}: lists of different lengths in {', '.join(names)}")
        for name, cell in zip(names, cells, strict=True):
            flat[name] += cell
        flat["set"] += [row] * len(cells[0])
        lines += [file.lines[row]] * len(cells[0])
    return FileTable(file.path, flat, lines)


def _text(file: FileTable, row: int, column: str, cell: Any) -> str:
    if not isinstance(cell, str):
        raise TaskError(f"{file.at(row)}: {column} is {_cell(cell)}, not text")
    return cell if cell.strip() else " "


def _label(file: FileTable, row: int, column: str, cell: Any) -> Any:
    if cell is None or not str(cell).strip():
        raise TaskError(f"{file.at(row)}: {column} is empty; every text needs a class")
    if not isinstance(cell, str | int | bool):
        raise TaskError(
            f"{file.at(row)}: {column} is {_cell(cell)}; a class is a word or whole number"
        )
    return cell


def _number(file: FileTable, row: int, column: str, cell: Any) -> float:
    try:
        # Python reads 1_0 as 10 and Arabic digits as ours; no file means that without saying so.
        plain = not isinstance(cell, str) or _NUMBER.fullmatch(cell.strip()) is not None
        value = float(cell) if plain else float("nan")
    except (TypeError, ValueError, OverflowError):
        value = float("nan")
    if not math.isfinite(value):
        raise TaskError(f"{file.at(row)}: {column} is {_cell(cell)}, not a number")
    return value


def _relevance(file: FileTable, row: int, column: str, cell: Any) -> float:
    value = _number(file, row, column, cell)
    if not value.is_integer() or abs(value) > MOST_RELEVANT:
        raise TaskError(
            f"{file.at(row)}: {column} is {_cell(cell)}; a relevance is a whole number such as 0, "
            "1 or 2, because rankings are scored by grades"
        )
    return value


def _cell(cell: Any) -> str:
    """A cell for a message, however long it is."""
    if isinstance(cell, int) and abs(cell) > 10**40:
        return "a number of over 40 digits"
    shown = repr(cell)
    return shown if len(shown) <= 80 else shown[:77] + "..."


def _binary(file: FileTable, row: int, column: str, cell: Any) -> int:
    words = {"1": 1, "1.0": 1, "true": 1, "0": 0, "0.0": 0, "false": 0}
    value = words.get(str(cell).strip().lower())
    if value is None:
        raise TaskError(f"{file.at(row)}: {column} is {_cell(cell)}; a pair is 1 (same) or 0 (not)")
    return value


def _identifier(file: FileTable, row: int, column: str, cell: Any) -> str:
    if cell is None or not str(cell).strip():
        raise TaskError(f"{file.at(row)}: {column} is empty")
    return str(cell)


_CELLS: Mapping[str, Callable[[FileTable, int, str, Any], Any]] = {
    "text": _text,
    **{name: partial(item_beside, kind) for name, kind in FILE_ITEMS.items()},
    "sentence1": _text,
    "sentence2": _text,
    "label": _label,
    "score": _number,
    "id": _identifier,
    "query": _identifier,
    "document": _identifier,
}


_ITEMS = ("text", *FILE_ITEMS)
"""Columns of which a task's further ones are kept beside."""

_SPECIAL: Mapping[tuple[str, str], Callable[[FileTable, int, str, Any], Any]] = {
    ("pair classification", "label"): _binary,
    ("retrieval", "score"): _relevance,
    ("reranking", "score"): _relevance,
}
"""Cells that a type of task reads more strictly."""


def _number_classes(tables: dict[str, Table]) -> None:
    """Labels as whole numbers where all of them, in every table, are written as such.

    "01" is not: as a number it would be one class with "1".
    """
    labelled = [name for name, table in tables.items() if "label" in table]
    labels = {label for name in labelled for label in tables[name]["label"]}
    written = {str(label) for label in labels}
    numbers = {text.strip() for text in written}
    whole = len(numbers) == len(written) and all(map(_WHOLE.fullmatch, numbers))
    read: Callable[[Any], Any] = int if whole else str
    for name in labelled:
        cells = tuple(read(label) for label in tables[name]["label"])
        tables[name] = {**tables[name], "label": cells}


def _from_positive_negative(file: FileTable) -> dict[str, Table]:
    """Reranking rows of (query, positive texts, negative texts) as four tables."""
    for name in ("query", "positive", "negative"):
        if name not in file.columns:
            raise TaskError(
                f"{file.path.name}, line 1: no column {name!r}; a reranking task has query, "
                "positive, negative here, or files corpus, queries, relevant, candidates"
            )
    documents: dict[str, str] = {}
    queries, relevant, candidates = [], [], []
    for row in range(len(file)):
        cells = {name: file.columns[name][row] for name in ("query", "positive", "negative")}
        query = f"q{row}"
        queries.append((query, _text(file, row, "query", cells["query"])))
        for name in ("positive", "negative"):
            if not isinstance(cells[name], list) or (name == "positive" and not cells[name]):
                raise TaskError(
                    f"{file.at(row)}: {name} is {_cell(cells[name])}, not a list of texts"
                )
            for cell in cells[name]:
                text = _text(file, row, name, cell)
                document = documents.setdefault(text, f"d{len(documents)}")
                candidates.append((query, document))
                if name == "positive":
                    relevant.append((query, document, 1.0))
    return {
        "corpus": _columns(((name, text) for text, name in documents.items()), "id", "text"),
        "queries": _columns(queries, "id", "text"),
        "relevant": _columns(relevant, "query", "document", "score"),
        "candidates": _columns(candidates, "query", "document"),
    }


def _columns(tuples: Iterable[tuple[Any, ...]], *names: str) -> Table:
    return dict(zip(names, zip(*tuples, strict=True), strict=True))
