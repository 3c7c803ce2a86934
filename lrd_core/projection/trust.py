"""What a two-dimensional map keeps of the original neighbours, and what it invents or loses."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from lrd_core.errors import InputError

BLOCK_CELLS = 16_000_000
"""Similarities held at once while ranks are counted (64 MB in float32)."""

SAMPLED_TEXTS = 2_000
"""Points whose ranks are counted when the map has more: the mean over a seeded sample."""


@dataclass(frozen=True)
class Trust:
    """Trustworthiness of one map.

    value: in [0, 1]; 1 when every drawn neighbour is a true one.
    per_text: the contribution of each text of `text_index`; their mean is `value`.
    """

    value: float
    text_index: np.ndarray
    per_text: np.ndarray


def projected_neighbours(points: np.ndarray, k: int) -> np.ndarray:
    """Ids (n, k) of the k nearest points on the map, nearest first, self excluded by index."""
    n = len(points)
    if k >= n:
        raise InputError(f"k = {k} neighbours need more than {k} points, got {n}; lower k")
    found = cKDTree(points).query(points, k=k + 1)[1]
    is_self = found == np.arange(n)[:, None]
    # Among many equal points the query may leave out the point itself: drop the farthest then.
    is_self[~is_self.any(axis=1), -1] = True
    return np.asarray(found[~is_self].reshape(n, k), dtype=np.int64)


def neighbours_kept(original_ids: np.ndarray, projected_ids: np.ndarray) -> np.ndarray:
    """Share of each text's original neighbours that are its neighbours on the map.

    Shape: two (n, k) lists of ids; result (n,), in [0, 1].
    """
    if original_ids.shape != projected_ids.shape:
        raise InputError(
            f"neighbour lists must have one shape, got {original_ids.shape} and "
            f"{projected_ids.shape}"
        )
    return np.asarray(is_member(original_ids, projected_ids).mean(axis=1))


def is_member(ids: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Whether ids[i, j] is in other[i], row by row; shape of `ids`.

    Memory stays linear in n: rows are told apart by an offset, then one sorted lookup.
    """
    span = int(max(ids.max(initial=0), other.max(initial=0))) + 1
    rows = np.arange(len(ids), dtype=np.int64)[:, None] * span
    return np.isin(ids + rows, other + rows)


def trustworthiness(
    embeddings: np.ndarray, projected_ids: np.ndarray, *, sample: int = SAMPLED_TEXTS, seed: int = 0
) -> Trust:
    """How far the neighbours on the map are from being neighbours in the original space.

    1 - 2 / (k (2n - 3k - 1)) * sum over drawn neighbours j of max(0, rank(i, j) - k), averaged
    over texts i; rank is j's place among all other texts by cosine to i. Each rank is counted
    exactly; with more than `sample` texts the mean runs over a seeded sample of them.

    Shape: embeddings (n, d); projected_ids (n, k).
    Raises: InputError unless k < n / 2 (the formula's own limit) and shapes agree.
    Source: Venna & Kaski 2001, as in scikit-learn.
    """
    n, k = projected_ids.shape
    if len(embeddings) != n:
        raise InputError(f"{len(embeddings)} embeddings for {n} points; they must be equal")
    if 2 * k >= n:
        raise InputError(f"trustworthiness needs k < n / 2, got k = {k} and n = {n}; lower k")
    text_index = np.arange(n)
    if n > sample:
        text_index = np.sort(np.random.RandomState(seed).choice(n, sample, replace=False))
    ranks = _cosine_ranks(embeddings, text_index, projected_ids[text_index])
    penalty = np.clip(ranks - k, 0, None).sum(axis=1)
    per_text = 1.0 - penalty * 2.0 / (k * (2.0 * n - 3.0 * k - 1.0))
    return Trust(float(per_text.mean()), text_index, per_text)


def lost_edges(
    original_ids: np.ndarray, projected_ids: np.ndarray, text_index: np.ndarray
) -> np.ndarray:
    """Pairs (text, true neighbour) that are no neighbours on the map, for the texts asked for.

    Shape: result (edges, 2), ids of texts.
    """
    wanted = original_ids[text_index]
    rows, columns = np.nonzero(~is_member(wanted, projected_ids[text_index]))
    return np.column_stack([np.asarray(text_index)[rows], wanted[rows, columns]])


def _cosine_ranks(
    embeddings: np.ndarray, text_index: np.ndarray, neighbour_ids: np.ndarray
) -> np.ndarray:
    """Place (1 = nearest) of each neighbour among all other texts; shape of neighbour_ids."""
    rows = np.asarray(embeddings, dtype=np.float32)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    rows = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
    ranks = np.empty(neighbour_ids.shape, dtype=np.int64)
    block = max(1, BLOCK_CELLS // len(rows))
    for start in range(0, len(text_index), block):
        texts = text_index[start : start + block]
        similarity = rows[texts] @ rows.T
        similarity[np.arange(len(texts)), texts] = -np.inf
        wanted = neighbour_ids[start : start + block]
        values = np.take_along_axis(similarity, wanted, axis=1)
        for column in range(wanted.shape[1]):
            closer = (similarity > values[:, column, None]).sum(axis=1)
            ranks[start : start + len(texts), column] = closer + 1
    return ranks
