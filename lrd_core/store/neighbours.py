"""The table of neighbour lists: (n, k) arrays by layer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrd_core.store.table import Floats, Ints, Key, Layer, Length, Table
from lrd_core.store.writes import Write, apply


@dataclass(frozen=True, kw_only=True)
class NeighbourRow:
    """The lists of one layer, one text after the other. Shape: ids and similarity (n * k,).

    recall: see lrd_core.metrics.knn.Neighbours.
    """

    run_key: Key
    layer: Layer
    k: Length
    ids: Ints
    similarity: Floats
    source: str = "own"
    recall: float = field(default=1.0, metadata={"added_later": True, "plain": 1.0})


NEIGHBOURS = Table(
    "neighbours",
    NeighbourRow,
    key=("run_key", "layer"),
    even=(("ids", "similarity"),),
    multiple=("ids", "k"),
)


@dataclass(frozen=True)
class StoredNeighbours:
    """The k nearest texts of every text at one layer, nearest first; both (n, k)."""

    ids: np.ndarray
    similarity: np.ndarray

    @property
    def k(self) -> int:
        return int(self.ids.shape[1])


def save_neighbours(
    connection: Any, run_key: str, layer: int, ids: np.ndarray, similarity: np.ndarray
) -> None:
    """Write the (n, k) neighbour lists of one layer, nearest first; replaces older ones."""
    apply(connection, neighbour_writes(run_key, layer, ids, similarity))


def neighbour_writes(
    run_key: str, layer: int, ids: np.ndarray, similarity: np.ndarray, recall: float = 1.0
) -> list[Write]:
    """The (n, k) neighbour lists of one layer, in place of older ones. recall: see NeighbourRow."""
    lists = {"k": ids.shape[1], "ids": ids, "similarity": similarity, "recall": recall}
    row = NeighbourRow(run_key=run_key, layer=layer, **lists)
    place = {"run_key": run_key, "layer": layer}
    return [Write(NEIGHBOURS, NEIGHBOURS.plain([row]), "replace", place)]


def read_neighbours(
    connection: Any, run_key: str, layers: Sequence[int] | None = None
) -> dict[int, StoredNeighbours]:
    """Neighbour lists by layer; layers that were never computed are absent."""
    clause = "" if layers is None else "AND list_contains(?, layer)"
    bound: list[Any] = [run_key] if layers is None else [run_key, list(layers)]
    rows = connection.execute(
        f"SELECT layer, k, ids, similarity FROM neighbours WHERE run_key = ? {clause} "
        "ORDER BY layer",
        bound,
    ).fetchnumpy()
    return {
        int(layer): StoredNeighbours(
            np.asarray(rows["ids"][row], dtype=np.int32).reshape(-1, int(rows["k"][row])),
            np.asarray(rows["similarity"][row], dtype=np.float32).reshape(-1, int(rows["k"][row])),
        )
        for row, layer in enumerate(rows["layer"])
    }


def lowest_recall(connection: Any, run_keys: Sequence[str]) -> dict[str, float]:
    """By run, the lowest recall among its layers, where a search was not exact."""
    rows = connection.execute(
        "SELECT run_key, min(recall) FROM neighbours WHERE list_contains(?, run_key) "
        "AND recall < 1 GROUP BY run_key",
        [list(run_keys)],
    ).fetchall()
    return {str(key): float(recall) for key, recall in rows}


def read_text_neighbours(
    connection: Any, run_key: str, row: int, k: int
) -> dict[int, tuple[list[int], list[float]]]:
    """One text's k nearest neighbours by layer: ids and similarity, nearest first.

    row: of the text among the run's texts. Cut out inside the database; empty when any of the
    stored lists is shorter than k.
    """
    found = connection.execute(
        "SELECT layer, k, ids[? * k + 1 : ? * k + ?], similarity[? * k + 1 : ? * k + ?] "
        "FROM neighbours WHERE run_key = ?",
        [row, row, k, row, row, k, run_key],
    ).fetchall()
    if any(stored < k for _, stored, *_ in found):
        return {}
    return {layer: (ids, values) for layer, _, ids, values in found}
