"""Files and folders of embeddings, read by what they are."""

from collections.abc import Sequence
from pathlib import Path

from lrd_core.bringing.tables import saved_data_set, table_file
from lrd_core.bringing.vectors import Brought, array_file, checked, in_number_order
from lrd_core.errors import InputError
from lrd_core.tasks.columns import named_column
from lrd_core.tasks.tabular import read_table

ARRAYS = (".npy", ".npz")
TABLES = (".parquet", ".csv", ".tsv", ".jsonl")
SUFFIXES = (*ARRAYS, *TABLES)
_SAVED = ("dataset_info.json", "dataset_dict.json", "state.json")


def read_brought(paths: Sequence[Path], texts: Path | None = None) -> Brought:
    """Embeddings of one file or folder, or of several with a layer each, in their order.

    A folder is a saved data set, or holds .npy files of one layer each, in the order of their
    numbers. texts: a file with the text, and perhaps the label, of each row.
    Raises: InputError for what cannot be read or does not fit together, naming file and row.
    """
    if not paths:
        raise InputError("no file of embeddings; name one")
    parts = [_read(path) for path in paths]
    layers = tuple(layer for part in parts for layer in part.layers)
    first = next((part for part in parts if part.texts or part.labels), parts[0])
    found = Brought(layers, first.texts, first.labels)
    if texts is not None:
        words = _words_of(texts)
        found = Brought(layers, words.get("text", found.texts), words.get("label", found.labels))
    return checked(found)


def _read(path: Path) -> Brought:
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise InputError(f"{path} is no file and no folder of embeddings; check the path")
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            f"{path.name} is not read as embeddings; give {', '.join(SUFFIXES)}, or the folder of "
            "a saved data set"
        )
    return array_file(path) if suffix in ARRAYS else table_file(path)


def _folder(path: Path) -> Brought:
    if any((path / name).is_file() for name in _SAVED):
        return saved_data_set(path)
    names = in_number_order([file.name for file in path.glob("*.npy")])
    if not names:
        raise InputError(
            f"{path.name} holds no .npy files and is no data set that save_to_disk wrote"
        )
    parts = [array_file(path / name) for name in names]
    return Brought(tuple(layer for part in parts for layer in part.layers))


def _words_of(path: Path) -> dict[str, tuple[str, ...]]:
    """text, and label where there is one, of every row of a file."""
    table = read_table(path)
    found = {
        ours: tuple(str(cell) for cell in table.columns[theirs])
        for ours in ("text", "label")
        if (theirs := named_column(table, ours)) is not None
    }
    if not found:
        raise InputError(f"{path.name} has no column text or label")
    return found
