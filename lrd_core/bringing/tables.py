"""Vectors in the columns of a table: CSV, TSV, JSONL, Parquet, or a saved data set."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from lrd_core.bringing.vectors import MOST_BYTES, Brought, as_layers, in_number_order
from lrd_core.errors import InputError
from lrd_core.extras import need
from lrd_core.tasks.columns import named_column
from lrd_core.tasks.tabular import FileTable, read_table

VECTORS = ("embedding", "embeddings", "vector", "vectors", "hidden_states", "hidden_state")
LAYER = "layer"
_NUMBERED = re.compile(r".*\d+")


def table_file(path: Path) -> Brought:
    """A table with one vector column, one a layer (layer_0, layer_1, ...), or a column `layer`.

    A cell is a list of numbers, in CSV written as [0.1, 0.2]; of one column it may be (layers, d).
    Raises: TaskError for a file that cannot be read; InputError for its columns and cells.
    """
    return brought_of(read_table(path))


def saved_data_set(folder: Path) -> Brought:
    """The same of a folder that `save_to_disk` of Hugging Face datasets wrote.

    Raises: InputError where it is none, or has several splits.
    """
    need("datasets", "a folder of Hugging Face datasets")
    from datasets import DatasetDict, load_from_disk

    try:
        found = load_from_disk(str(folder))
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise InputError(f"{folder.name} is no folder of a saved data set: {reason}") from error
    if isinstance(found, DatasetDict):
        if len(found) != 1:
            raise InputError(
                f"{folder.name} has the splits {', '.join(found)}; give the folder of one of them"
            )
        found = next(iter(found.values()))
    if found.data.nbytes > MOST_BYTES:
        raise InputError(f"{folder.name} has over {MOST_BYTES >> 30} GB; give less")
    table = found.with_format("arrow")[:]
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    return brought_of(FileTable(folder, columns, range(1, len(found) + 1)))


def brought_of(table: FileTable) -> Brought:
    """Layers, texts and labels by their columns. Raises: InputError naming file and row."""
    if not len(table):
        raise InputError(f"{table.path.name} has no rows")
    names = _vector_columns(table)
    texts, labels = (_words(table, named_column(table, ours)) for ours in ("text", "label"))
    if LAYER in table.columns:
        if len(names) > 1:
            raise InputError(
                f"{table.path.name} has a column {LAYER} and vectors in {', '.join(names)}; with "
                "a row for each text and layer there is one column of vectors"
            )
        return _by_layer(table, names[0], texts, labels)
    layers = [layer for name in names for layer in _layers_of(table, name)]
    return Brought(tuple(layers), texts, labels)


def _vector_columns(table: FileTable) -> list[str]:
    """Columns of vectors: numbered ones in their order, or a single one."""
    found = [name for name, cells in table.columns.items() if _is_vector(cells[0])]
    numbered = in_number_order([name for name in found if _NUMBERED.fullmatch(name)])
    named = [name for name in found if name.lower() in VECTORS]
    chosen = numbered if len(numbered) > 1 else named[:1] if len(named) == 1 else found
    if not chosen:
        raise InputError(
            f"{table.path.name} has no column of vectors: a cell is a list of numbers, in CSV "
            "written as [0.1, 0.2]"
        )
    if chosen is found and len(found) > 1:
        raise InputError(
            f"{table.path.name} has vectors in {', '.join(found)[:200]}; call the one that counts "
            f"{VECTORS[0]}, or those of layers layer_0, layer_1 and so on"
        )
    return chosen


def _is_vector(cell: Any) -> bool:
    return isinstance(cell, list | tuple) or (isinstance(cell, str) and cell.startswith("["))


def _layers_of(table: FileTable, name: str) -> list[np.ndarray]:
    """A column as layers; cells of (layers, d) give several."""
    rows = [_vector(table, name, row, cell) for row, cell in enumerate(table.columns[name])]
    shape = rows[0].shape
    for row, vector in enumerate(rows):
        if vector.shape != shape:
            raise InputError(
                f"{table.at(row)}: {name} has the shape {vector.shape}, the first row has {shape}"
            )
    stacked = np.stack(rows)
    return as_layers(stacked if stacked.ndim == 2 else stacked.swapaxes(0, 1), name)


def _vector(table: FileTable, name: str, row: int, cell: Any) -> np.ndarray:
    try:
        values = json.loads(cell) if isinstance(cell, str) else cell
        vector = np.asarray(values, dtype=np.float64)
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(
            f"{table.at(row)}: {name} is no list of numbers of equal length"
        ) from error
    if vector.ndim not in (1, 2) or vector.size == 0:
        raise InputError(f"{table.at(row)}: {name} has the shape {vector.shape}; give a vector")
    return vector


def _words(table: FileTable, name: str | None) -> tuple[str, ...] | None:
    if name is None:
        return None
    for row, cell in enumerate(table.columns[name]):
        if cell is None:
            raise InputError(f"{table.at(row)}: {name} is empty; give every row one, or no column")
    return tuple(str(cell) for cell in table.columns[name])


def _by_layer(
    table: FileTable, name: str, texts: tuple[str, ...] | None, labels: tuple[str, ...] | None
) -> Brought:
    """Rows of all layers, told apart by their number; the texts of each in one order."""
    try:
        numbers = np.array([int(cell) for cell in table.columns[LAYER]])
    except (ValueError, TypeError) as error:
        raise InputError(
            f"{table.path.name}: {LAYER} must be a whole number in each row"
        ) from error
    vectors = _layers_of(table, name)
    if len(vectors) > 1:
        raise InputError(f"{table.path.name}: with a column {LAYER}, a cell holds one vector")
    places = [np.flatnonzero(numbers == number) for number in np.unique(numbers)]
    kept: list[tuple[str, ...] | None] = []
    for what, cells in (("texts", texts), ("labels", labels)):
        of_layers = [tuple(cells[row] for row in rows) for rows in places] if cells else [None]
        for number, found in zip(np.unique(numbers), of_layers, strict=False):
            if found != of_layers[0]:
                raise InputError(
                    f"{table.path.name}: layer {number} has other {what} than layer "
                    f"{numbers.min()}, or another order; give the same for each layer"
                )
        kept.append(of_layers[0])
    return Brought(tuple(vectors[0][rows] for rows in places), kept[0], kept[1])
