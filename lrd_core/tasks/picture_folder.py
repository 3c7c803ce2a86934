"""Pictures of a folder: as a table, one folder a label, or named in a table beside them."""

from pathlib import Path
from typing import Any

from lrd_core.errors import TaskError
from lrd_core.tasks.pictures import SUFFIXES, Picture
from lrd_core.tasks.tabular import FileTable

_TABLES = ("train", "test", "calibration")


def picture_tables(root: Path) -> dict[str, FileTable]:
    """Table name -> its pictures by name below `root`, with the folder each lies in as its label.

    `label/x.png` alone is the table `test`. Pictures directly in a table's folder have no label.
    Nothing for a folder without pictures. Raises: TaskError for pictures with and without label in
    one table, or a folder that cannot be read.
    """
    try:
        named = {name: root / name for name in _TABLES if (root / name).is_dir()}
        found = {name: _below(folder) for name, folder in (named or {"test": root}).items()}
    except OSError as error:
        raise TaskError(f"{root.name} cannot be read: {error.strerror}") from error
    return {name: _table(root, name, found[name]) for name in found if found[name]}


def picture_beside(file: FileTable, row: int, column: str, cell: Any) -> Picture:
    """The picture that a cell names, beside its file or below it.

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
            f"{file.at(row)}: {column} is {shown}, and no picture of that name lies in "
            f"{folder.name} or below it"
        )
    if path.suffix.lower() not in SUFFIXES:
        raise TaskError(f"{file.at(row)}: {shown} ends in none of {', '.join(SUFFIXES)}")
    return Picture.of_file(path)


def _below(folder: Path) -> list[tuple[str, Path]]:
    """(label, file) of every picture in the folders of a folder, or without label in itself."""
    labelled = [
        (place.name, file)
        for place in sorted(folder.iterdir())
        if place.is_dir() and not place.name.startswith(".")
        for file in sorted(place.iterdir())
    ]
    loose = [("", file) for file in sorted(folder.iterdir())]
    found = [(label, file) for label, file in (*labelled, *loose) if _is_picture(file)]
    if len({bool(label) for label, _ in found}) == 2:
        raise TaskError(
            f"{folder.name} holds pictures in folders, which are their labels, and others beside "
            "them; put those into a folder too"
        )
    return found


def _is_picture(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES and file.is_file() and not file.name.startswith(".")


def _table(root: Path, name: str, found: list[tuple[str, Path]]) -> FileTable:
    names: list[object] = [file.relative_to(root).as_posix() for _, file in found]
    labels: list[object] = [label for label, _ in found]
    columns = {"image": names} | ({"label": labels} if labels[0] else {})
    return FileTable(root / name, columns, names, unit="picture")
