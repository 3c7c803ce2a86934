"""What was brought, whatever kind of file it lay in: one (n, d) array a layer, texts, labels."""

import lzma
import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tokenize import TokenError
from typing import Any
from zipfile import BadZipFile

import numpy as np

from lrd_core.errors import InputError

MOST_BYTES = 4 * 2**30
"""Of what files unpack to: all layers are held in memory at once."""

_DAMAGED = (
    *(OSError, ValueError, EOFError, LookupError, ArithmeticError, MemoryError, RecursionError),
    *(BadZipFile, zlib.error, lzma.LZMAError, struct.error, NotImplementedError, RuntimeError),
    *(TokenError, SyntaxError, SystemError),
)
"""What NumPy and zipfile raise for a file that is cut or changed; the last three for a header,
which NumPy reads as Python writes it, and for letters that no alphabet has."""


@dataclass(frozen=True, eq=False)
class Brought:
    """layers: float32 arrays (n, d), first the one nearest to the input. texts, labels: of n."""

    layers: tuple[np.ndarray, ...] = field(repr=False)
    texts: tuple[str, ...] | None = field(default=None, repr=False)
    labels: tuple[str, ...] | None = field(default=None, repr=False)

    @property
    def n(self) -> int:
        return len(self.layers[0])


def as_layers(values: Any, what: str) -> list[np.ndarray]:
    """One array as layers: (layers, n, d), or (n, d), which is a single layer.

    Raises: InputError for another number of axes, an empty one, or what are no numbers.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "fiu":
        raise InputError(f"{what} holds {array.dtype}; give numbers, such as float32")
    if array.ndim not in (2, 3) or 0 in array.shape:
        raise InputError(
            f"{what} has the shape {array.shape}; give (layers, n, d), or (n, d) for one layer"
        )
    if array.nbytes > MOST_BYTES:
        raise InputError(f"{what} has {array.nbytes / 2**30:.1f} GB; {MOST_BYTES >> 30} at most")
    with np.errstate(over="ignore"):  # what is too large for float32 is found as Inf
        plain = array.astype(np.float32)
    return [plain] if plain.ndim == 2 else list(plain)


def checked(brought: Brought) -> Brought:
    """The same, once everything fits together.

    Raises: InputError for one layer alone, other numbers of rows, or NaN, naming layer and row.
    """
    layers = brought.layers
    if len(layers) < 2:
        raise InputError(
            "there is one layer alone, and what layers do is measured between two: give an array "
            "(layers, n, d), or the files of several layers in their order"
        )
    first = layers[0].shape
    for place, layer in enumerate(layers):
        if len(layer) != first[0]:
            raise InputError(
                f"layer {place} has {len(layer)} rows, layer 0 has {first[0]}; each layer needs "
                "a vector of every text"
            )
        if layer.shape != first:
            raise InputError(
                f"layer {place} has vectors of {layer.shape[1]} values, layer 0 of {first[1]}; "
                "all layers must be of one width"
            )
        wrong = ~np.isfinite(layer).all(axis=1)
        if wrong.any():
            raise InputError(
                f"layer {place} holds NaN or Inf, first in row {int(wrong.argmax())} (from 0); "
                "such values are never replaced: find the text that causes them"
            )
    for what, cells in (("texts", brought.texts), ("labels", brought.labels)):
        if cells is not None and len(cells) != brought.n:
            raise InputError(
                f"there are {len(cells)} {what} for {brought.n} vectors; give one for each"
            )
    return brought


def in_number_order(names: Sequence[str]) -> list[str]:
    """layer_2 before layer_10."""

    def parts(name: str) -> list[tuple[int, str]]:
        found = re.split(r"(\d+)", name)
        return [(int(part), "") if part.isdigit() else (-1, part) for part in found]

    return sorted(names, key=parts)


def array_file(path: Path) -> Brought:
    """An .npy array, or an .npz with one array of all layers or one a layer, in number order.

    Arrays `texts` and `labels` of an .npz are what they say.
    Raises: InputError for what is no such file, or holds Python objects.
    """
    try:
        with path.open("rb") as stream:  # a damaged archive would be left open by np.load(path)
            if stream.read(2) == b"PK":
                stream.seek(0)
                with np.load(stream, allow_pickle=False) as found:
                    return _archive(path, found)
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        return Brought(tuple(as_layers(array, path.name)))
    except InputError:
        raise
    except _DAMAGED as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise InputError(f"{path.name} cannot be read as arrays of numbers: {reason}") from error


def _archive(path: Path, found: Any) -> Brought:
    unpacked = sum(one.file_size for one in found.zip.infolist())
    if unpacked > MOST_BYTES:
        raise InputError(f"{path.name} unpacks to over {MOST_BYTES >> 30} GB; give less")
    words = {name: _words(found[name], name) for name in ("texts", "labels") if name in found}
    names = in_number_order([name for name in found.files if name not in words])
    if not names:
        raise InputError(f"{path.name} holds no array of vectors")
    layers = [layer for name in names for layer in as_layers(found[name], f"{path.name}, {name}")]
    return Brought(tuple(layers), words.get("texts"), words.get("labels"))


def _words(found: Any, name: str) -> tuple[str, ...]:
    cells = np.asarray(found)  # a damaged member of an archive is given as its bytes
    if cells.ndim != 1 or cells.dtype.kind not in "Uiub":
        raise InputError(
            f"{name} has the shape {cells.shape} of {cells.dtype}; give a list of strings"
        )
    words = tuple(str(cell) for cell in cells.tolist())
    for row, word in enumerate(words):
        try:
            word.encode()
        except UnicodeEncodeError as error:
            raise InputError(f"{name} holds half of a character in row {row}; mend it") from error
    return words
