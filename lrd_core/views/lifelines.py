"""One text's nearest neighbours at every layer, and what came and went between layers."""

import itertools
from typing import Any, Literal

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.metrics.registry import owner_of
from lrd_core.metrics.retention import RETENTION
from lrd_core.projection.trust import is_member
from lrd_core.store.connection import connect
from lrd_core.store.neighbours import read_neighbours, read_text_neighbours

RETENTION_K = int(owner_of(RETENTION.name).parameters["k"])
"""As the stored profile has it, so that values by text agree with it."""

Closeness = Literal["cosine", "centred cosine", "euclidean"]


def retention_by_text(config: Config, run_key: str) -> np.ndarray:
    """Jaccard overlap of each text's 20 neighbours at l and l + 1; (L, n), rows are transitions.

    For every text, not only the metric's anchors; equal to its own values on those.
    """
    with connect(config, read_only=True) as connection:
        lists = read_neighbours(connection, run_key)
    layers = sorted(lists)
    k = min([RETENTION_K, *(lists[layer].k for layer in layers)])
    rows = []
    for before, after in itertools.pairwise(layers):
        common = is_member(lists[before].ids[:, :k], lists[after].ids[:, :k]).sum(axis=1)
        rows.append((common / (2 * k - common)).astype(np.float32))
    return np.stack(rows) if rows else np.empty((0, 0), dtype=np.float32)


def share_kept(jaccard: np.ndarray) -> np.ndarray:
    """The share of k neighbours that stay, for overlaps of two sets of k: c / k from c / (2k - c).

    Easier to picture than the metric's Jaccard overlap: of 10 neighbours, 5 that stay are one half.
    """
    return np.asarray(2 * jaccard / (1 + jaccard))


def text_retention(lines: pd.DataFrame) -> pd.DataFrame:
    """What one text keeps by transition, from its lifeline: position (l + 1/2), retention, kept, k.

    retention: Jaccard overlap; kept: how many of its k neighbours stay.
    """
    rows = []
    held = lines[lines["status"] != "lost"]
    sets = {layer: set(group["neighbour"]) for layer, group in held.groupby("layer")}
    layers = sorted(sets)
    for before, after in itertools.pairwise(layers):
        common = len(sets[before] & sets[after])
        union = len(sets[before] | sets[after])
        rows.append(
            {
                "position": (before + after) / 2,
                "retention": common / union,
                "kept": common,
                "k": len(sets[before]),
            }
        )
    return pd.DataFrame(rows, columns=["position", "retention", "kept", "k"])


def most_changed(retention: np.ndarray) -> int:
    """The row of the text whose neighbours change most from layer to layer; 0 without any."""
    return int(retention.mean(axis=0).argmin()) if retention.size else 0


def lifeline(
    config: Config, run_key: str, row: int, k: int = 10, metric: Closeness = "cosine"
) -> pd.DataFrame:
    """One text's k nearest neighbours in the original space at every layer, and what changed.

    Columns: layer, neighbour (row of the run), rank (1 = nearest), similarity (cosine; for
    euclidean the negative distance), status. status: `first` at the first layer; then `kept` or
    `gained` against the layer before; `lost` rows name who left, with rank and similarity NaN.
    Cosine lists come from the store; the other metrics, or a k beyond the stored lists, are
    counted exactly from the run's embeddings.
    Raises: MissingArrayError when those embeddings are needed and not on this machine.
    """
    stored = _stored_lists(config, run_key, row, k) if metric == "cosine" else {}
    lists = stored or _counted_lists(config, run_key, row, k, metric)
    rows: list[dict[str, Any]] = []
    before: list[int] | None = None
    for layer, (ids, similarity) in sorted(lists.items()):
        for rank, (neighbour, value) in enumerate(zip(ids, similarity, strict=True), start=1):
            status = "first" if before is None else "kept" if neighbour in before else "gained"
            rows.append(_line(layer, neighbour, rank, value, status))
        lost = [neighbour for neighbour in before or [] if neighbour not in ids]
        rows += [_line(layer, neighbour, np.nan, np.nan, "lost") for neighbour in lost]
        before = ids
    columns = ["layer", "neighbour", "rank", "similarity", "status"]
    return pd.DataFrame(rows, columns=columns)


def named(lines: pd.DataFrame, texts: pd.DataFrame) -> pd.DataFrame:
    """The lifeline with text_index, label and text of every neighbour instead of its row."""
    known = texts.set_index("row")[["text_index", "label", "text"]]
    return lines.join(known, on="neighbour").drop(columns="neighbour")


def neighbours_at(lines: pd.DataFrame, texts: pd.DataFrame, layer: int) -> pd.DataFrame:
    """The neighbours at one layer for reading, nearest first, then those just lost."""
    rows = named(lines[lines["layer"] == layer], texts).sort_values("rank")
    columns = ["rank", "status", "similarity", "label", "text_index", "text"]
    return rows[columns].round({"similarity": 4}).reset_index(drop=True)


def _line(layer: int, neighbour: int, rank: float, value: float, status: str) -> dict[str, Any]:
    return {
        "layer": layer,
        "neighbour": int(neighbour),
        "rank": rank,
        "similarity": float(value),
        "status": status,
    }


def _stored_lists(
    config: Config, run_key: str, row: int, k: int
) -> dict[int, tuple[list[int], list[float]]]:
    """One text's lists, cut out inside the database; empty when any is shorter than k."""
    with connect(config, read_only=True) as connection:
        return read_text_neighbours(connection, run_key, row, k)


def _counted_lists(
    config: Config, run_key: str, row: int, k: int, metric: str
) -> dict[int, tuple[list[int], list[float]]]:
    from lrd_core.extraction.embeddings import open_embeddings

    lists = {}
    for layer, vectors in enumerate(open_embeddings(config, run_key, verify=False)):
        closeness = _closeness(np.asarray(vectors), row, metric)
        closeness[row] = -np.inf
        ids = np.argsort(-closeness, kind="stable")[: min(k, len(vectors) - 1)]
        lists[layer] = (ids.tolist(), closeness[ids].tolist())
    return lists


def _closeness(vectors: np.ndarray, row: int, metric: str) -> np.ndarray:
    if metric == "euclidean":
        return np.asarray(-np.linalg.norm(vectors - vectors[row], axis=1), dtype=np.float64)
    if metric == "centred cosine":
        vectors = vectors - vectors.mean(axis=0)
    norms = np.linalg.norm(vectors, axis=1)
    scale = norms * norms[row]
    products = (vectors @ vectors[row]).astype(np.float64)
    close = np.divide(products, scale, out=np.zeros_like(products), where=scale > 0)
    return np.asarray(close)
