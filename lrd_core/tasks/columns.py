"""From files to tables: which column is which, and are its cells usable."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lrd_core.errors import TaskError
from lrd_core.tasks.content import REQUIRED_TABLES, Table, TaskType
from lrd_core.tasks.tabular import FileTable

ALIASES: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "sentences", "sentence", "content", "document", "body", "review", "message"),
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
    return "texts"


def build_tables(
    kind: TaskType, files: Mapping[str, FileTable], columns: Mapping[str, str]
) -> dict[str, Table]:
    """The tables of a task of this type, every cell checked.

    Raises: TaskError naming file and line.
    """
    if kind == "reranking" and "corpus" not in files:
        return _from_positive_negative(files["test"])
    required = {**REQUIRED_TABLES[kind], "calibration": ("text",)}
    tables = {
        name: _table(files[name], wanted, columns, kind)
        for name, wanted in required.items()
        if name in files
    }
    if kind == "classification":
        _check_classes(files, tables)
    if "corpus" in tables:
        tables["corpus"] = _with_titles(files["corpus"], tables["corpus"])
        _check_ids(files, tables)
    return tables


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
            check = _binary if (name, kind) == ("label", "pair classification") else _CELLS[name]
            cells = file.columns[theirs]
            table[name] = tuple(check(file, row, theirs, cell) for row, cell in enumerate(cells))
    if "label" in table:
        table["label"] = _whole_numbers(table["label"])
    if wanted[0] == "text":
        extra = {name: tuple(cells) for name, cells in file.columns.items() if name not in used}
        table = {**{name: cells for name, cells in extra.items() if name not in table}, **table}
    return table


def _theirs(file: FileTable, ours: str, columns: Mapping[str, str]) -> str | None:
    if ours in columns:
        return columns[ours] if columns[ours] in file.columns else None
    by_lower = {name.lower(): name for name in file.columns}
    return next((by_lower[alias] for alias in ALIASES[ours] if alias in by_lower), None)


def _required(file: FileTable, ours: str, columns: Mapping[str, str]) -> str:
    theirs = _theirs(file, ours, columns)
    if theirs is None:
        asked = columns.get(ours, ours)
        raise TaskError(
            f"{file.path.name}, line 1: no column {asked!r} for {ours!r}; it has "
            f"{', '.join(map(repr, file.columns))}; name the right one in task.toml under [columns]"
        )
    return theirs


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
        raise TaskError(f"{file.at(row)}: {column} is {cell!r}, not text")
    return cell if cell.strip() else " "


def _label(file: FileTable, row: int, column: str, cell: Any) -> Any:
    if cell is None or not str(cell).strip():
        raise TaskError(f"{file.at(row)}: {column} is empty; every text needs a class")
    if not isinstance(cell, str | int | bool):
        raise TaskError(f"{file.at(row)}: {column} is {cell!r}; a class is a word or whole number")
    return cell


def _number(file: FileTable, row: int, column: str, cell: Any) -> float:
    try:
        value = float(cell)
    except (TypeError, ValueError):
        value = float("nan")
    if value != value or value in (float("inf"), float("-inf")):
        raise TaskError(f"{file.at(row)}: {column} is {cell!r}, not a number")
    return value


def _binary(file: FileTable, row: int, column: str, cell: Any) -> int:
    words = {"1": 1, "1.0": 1, "true": 1, "0": 0, "0.0": 0, "false": 0}
    value = words.get(str(cell).strip().lower())
    if value is None:
        raise TaskError(f"{file.at(row)}: {column} is {cell!r}; a pair is 1 (same) or 0 (not)")
    return value


def _identifier(file: FileTable, row: int, column: str, cell: Any) -> str:
    if cell is None or not str(cell).strip():
        raise TaskError(f"{file.at(row)}: {column} is empty")
    return str(cell)


_CELLS: Mapping[str, Callable[[FileTable, int, str, Any], Any]] = {
    "text": _text,
    "sentence1": _text,
    "sentence2": _text,
    "label": _label,
    "score": _number,
    "id": _identifier,
    "query": _identifier,
    "document": _identifier,
}


def _whole_numbers(labels: tuple[Any, ...]) -> tuple[Any, ...]:
    """Labels as whole numbers where all of them are, as a CSV reader with types would give."""
    if all(str(label).strip().lstrip("-").isdecimal() for label in labels):
        return tuple(int(label) for label in labels)
    return tuple(str(label) for label in labels)


def _check_classes(files: Mapping[str, FileTable], tables: Mapping[str, Table]) -> None:
    known = set(tables["train"]["label"])
    if len(known) < 2:
        raise TaskError(
            f"{files['train'].path.name}: only one class, {next(iter(known))!r}; "
            "classification needs at least two"
        )
    for row, label in enumerate(tables["test"]["label"]):
        if label not in known:
            raise TaskError(
                f"{files['test'].at(row)}: class {label!r} has no text in "
                f"{files['train'].path.name}"
            )
    texts = set(tables["train"]["text"])
    for row, text in enumerate(tables["test"]["text"]):
        if text in texts:
            raise TaskError(
                f"{files['test'].at(row)}: this text is also in {files['train'].path.name}; "
                "a score on it would not be honest, so remove it from one of them"
            )


def _check_ids(files: Mapping[str, FileTable], tables: Mapping[str, Table]) -> None:
    for name in ("corpus", "queries"):
        seen: set[str] = set()
        for row, identifier in enumerate(tables[name]["id"]):
            if identifier in seen:
                raise TaskError(f"{files[name].at(row)}: id {identifier!r} occurs twice")
            seen.add(identifier)
    known = {"query": set(tables["queries"]["id"]), "document": set(tables["corpus"]["id"])}
    for name in ("relevant", "candidates"):
        for column, identifiers in known.items():
            for row, identifier in enumerate(tables.get(name, {}).get(column, ())):
                if identifier not in identifiers:
                    raise TaskError(f"{files[name].at(row)}: unknown {column} {identifier!r}")


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
                raise TaskError(f"{file.at(row)}: {name} is {cells[name]!r}, not a list of texts")
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
