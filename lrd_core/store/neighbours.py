"""Reads of the neighbour lists: (n, k) arrays by layer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class StoredNeighbours:
    """The k nearest texts of every text at one layer, nearest first; both (n, k)."""

    ids: np.ndarray
    similarity: np.ndarray

    @property
    def k(self) -> int:
        return int(self.ids.shape[1])


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
