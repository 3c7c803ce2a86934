"""Pictures or recordings of a folder: one folder a label, or named in a table beside them."""

from pathlib import Path
from typing import Any

from lrd_core.errors import TaskError
from lrd_core.tasks.file_items import FILE_ITEMS, FileItem
from lrd_core.tasks.tabular import FileTable

_TABLES = ("train", "test", "calibration")


def item_tables(root: Path) -> dict[str, FileTable]:
    """Table name -> its items by name below `root`, with the folder each lies in as its label.

    `label/x.png` alone is the table `test`. Items directly in a table's folder have no label. The
    first column is what the items are. Nothing for a folder without any.
    Raises: TaskError for items of two kinds, or with and without label in one table, or a folder
        that cannot be read.
    """
    try:
        named = {name: root / name for name in _TABLES if (root / name).is_dir()}
        found = {name: _below(folder) for name, folder in (named or {"test": root}).items()}
    except OSError as error:
        raise TaskError(f"{root.name} cannot be read: {error.strerror}") from error
    files = [file for table in found.values() for _, file in table]
    kinds = [kind for kind in FILE_ITEMS.values() if any(map(kind.holds, files))]
    if len(kinds) > 1:
        both = " and ".join(f"{kind.noun}s" for kind in kinds)
        raise TaskError(f"{root.name} holds {both}; put each kind into a folder of its own")
    return {name: _table(root, name, found[name], kinds[0]) for name in found if found[name]}


def item_beside(kind: FileItem, file: FileTable, row: int, column: str, cell: Any) -> Any:
    """The item that a cell names, beside its file or below it.

    Raises: TaskError naming file and line.
    """
    folder = file.path.parent.resolve()
    shown = repr(cell) if len(repr(cell)) <= 80 else f"{repr(cell)[:77]}..."
    try:
        path = (folder / str(cell)).resolve()
        inside, there = path.is_relative_to(folder), path.is_file()
    except (OSError, RuntimeError, ValueError):
        path, inside, there = folder, True, False
    if not isinstance(cell, str) or not inside or not there:
        raise TaskError(
            f"{file.at(row)}: {column} is {shown}, and no {kind.noun} of that name lies in "
            f"{folder.name} or below it"
        )
    if path.suffix.lower() not in kind.suffixes:
        raise TaskError(f"{file.at(row)}: {shown} ends in none of {', '.join(kind.suffixes)}")
    return kind.read(path)


def _below(folder: Path) -> list[tuple[str, Path]]:
    """(label, file) of every item in the folders of a folder, or without label in itself."""
    labelled = [
        (place.name, file)
        for place in sorted(folder.iterdir())
        if place.is_dir() and not place.name.startswith(".")
        for file in sorted(place.iterdir())
    ]
    loose = [("", file) for file in sorted(folder.iterdir())]
    kinds = FILE_ITEMS.values()
    found = [
        (label, file)
        for label, file in (*labelled, *loose)
        if any(kind.holds(file) for kind in kinds)
    ]
    if len({bool(label) for label, _ in found}) == 2:
        noun = next(kind.noun for kind in kinds if kind.holds(found[0][1]))
        raise TaskError(
            f"{folder.name} holds {noun}s in folders, which are their labels, and others beside "
            "them; put those into a folder too"
        )
    return found


def _table(root: Path, name: str, found: list[tuple[str, Path]], kind: FileItem) -> FileTable:
    names: list[object] = [file.relative_to(root).as_posix() for _, file in found]
    labels: list[object] = [label for label, _ in found]
    columns = {kind.column: names} | ({"label": labels} if labels[0] else {})
    return FileTable(root / name, columns, names, unit=kind.noun)
