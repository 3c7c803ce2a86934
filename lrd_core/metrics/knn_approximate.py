"""Neighbours of very many items: by an approximate index, with what it misses measured."""

from __future__ import annotations

import importlib.util
import warnings

import numpy as np

from lrd_core.metrics.arrays import Array, read_matrix, unit_rows
from lrd_core.metrics.knn import SIMILARITY_DECIMALS, Neighbours, check_k, nearest_neighbours
from lrd_core.metrics.retention import choose_anchors

EXACT_UP_TO = 30_000
"""Items of which every pair is looked at; the time of that grows with their square."""

SPARE = 20
"""More neighbours than asked for are searched: those at the end of a list are the ones missed."""

BLOCK = 4096


def find_neighbours(
    embeddings: Array, k: int, *, exact_up_to: int = EXACT_UP_TO, what: str = "embeddings"
) -> Neighbours:
    """`nearest_neighbours` of all items: exact up to so many, beyond them by an index.

    Beyond, pynndescent's index is searched (all pairs where it is not installed). The lists of
    NRS's anchors are exact, and the share of their neighbours that the index found is `recall`.
    Similarities are computed from the items, so that lists are ordered as exact ones are.

    Shape: embeddings (n, d). Raises: MetricError for k >= n, or NaN or Inf (named by `what`).
    Source: Dong, Moses & Li 2011; McInnes, pynndescent.
    """
    n = int(embeddings.shape[0])
    check_k(k, n)
    if n <= exact_up_to or importlib.util.find_spec("pynndescent") is None:
        return nearest_neighbours(embeddings, k, what=what)
    import torch

    rows = unit_rows(read_matrix(embeddings, what, torch.float64)).cpu().numpy()
    found = _ordered(rows, _search(rows, min(k + SPARE, n - 1)), k)
    anchors = choose_anchors(n)
    exact = nearest_neighbours(embeddings, k, queries=anchors, what=what)
    recall = _recall(found.ids[anchors], exact.ids)
    found.ids[anchors], found.similarity[anchors] = exact.ids, exact.similarity
    return Neighbours(found.ids, found.similarity, recall)


def _search(rows: np.ndarray, k: int) -> np.ndarray:
    """(n, k + 1) candidates of each item, itself mostly among them; -1 where there are fewer."""
    from pynndescent import NNDescent

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that some lists are short, which recall tells
        # On the sphere the order by straight distance is that by cosine.
        index = NNDescent(
            rows.astype(np.float32), metric="euclidean", n_neighbors=k + 1, random_state=0
        )
    return np.asarray(index.neighbor_graph[0])


def _ordered(rows: np.ndarray, candidates: np.ndarray, k: int) -> Neighbours:
    """The k most similar of each item's candidates, most similar first, ties by lower index."""
    n = len(rows)
    ids, similarity = np.empty((n, k), np.int32), np.empty((n, k))
    for start in range(0, n, BLOCK):
        near = candidates[start : start + BLOCK]
        own = np.arange(start, start + len(near))[:, None]
        cosines = np.einsum("qd,qcd->qc", rows[own[:, 0]], rows[near])
        cosines = cosines.round(SIMILARITY_DECIMALS)
        cosines[(near == own) | (near < 0)] = -np.inf
        order = np.lexsort((near, -cosines), axis=1)[:, :k]
        ids[own[:, 0]] = np.take_along_axis(near, order, axis=1)
        similarity[own[:, 0]] = np.take_along_axis(cosines, order, axis=1)
    short = np.flatnonzero(np.isinf(similarity).any(axis=1))
    if len(short):
        whole = nearest_neighbours(rows, k, queries=short)
        ids[short], similarity[short] = whole.ids, whole.similarity
    return Neighbours(ids, similarity)


def _recall(found: np.ndarray, exact: np.ndarray) -> float:
    """Share of the exact neighbours that were found, over all lists."""
    hits = [len(np.intersect1d(a, b)) for a, b in zip(found, exact, strict=True)]
    return float(sum(hits) / exact.size)
