"""Exact cosine nearest neighbours of one layer, computed once and shared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from lrd_core.errors import MetricError
from lrd_core.metrics.arrays import Array, Floats, check_whole, read_matrix, unit_rows

if TYPE_CHECKING:
    import torch

SIMILARITY_DECIMALS = 12
"""Similarities are rounded to this many: what differs by the rounding of a product is a tie."""


@dataclass(frozen=True)
class Neighbours:
    """Neighbours of every query item, most similar first, ties by lower index.

    ids: (queries, k) int32. similarity: (queries, k) cosine, float64, to 12 decimals. recall: share
    of the true neighbours that a search found, measured on a sample; 1 where it was exact.
    """

    ids: np.ndarray[Any, np.dtype[np.int32]]
    similarity: Floats
    recall: float = 1.0

    @property
    def k(self) -> int:
        return int(self.ids.shape[1])


def check_k(k: int, n: int) -> None:
    """Raises: MetricError unless k is a whole number with 1 <= k < n."""
    check_whole(k, "k")
    if k < 1:
        raise MetricError(f"k = {k} neighbours asked for; k must be at least 1")
    if k >= n:
        raise MetricError(
            f"k = {k} neighbours need at least {k + 1} texts, got n = {n}; lower k or add texts"
        )


def nearest_neighbours(
    embeddings: Array,
    k: int,
    *,
    queries: np.ndarray[Any, Any] | None = None,
    block: int = 512,
    what: str = "embeddings",
) -> Neighbours:
    """The k most similar other items of each item, by cosine in float64.

    An item is excluded from its own list by index, so its duplicates stay in. Similarities that
    agree to 12 decimals tie, so that scaling items or turning the axes leaves their order. They
    are formed `block` queries at a time: memory is block x n beside the layer itself.

    Shape: embeddings (n, d); queries: indices of the items to answer for, default all n.
    Raises: MetricError for k >= n, or NaN or Inf (named by `what`).
    """
    import torch

    # float64, so that a tie at 12 decimals is one: float32 products differ in the seventh.
    x = unit_rows(read_matrix(embeddings, what, torch.float64))
    n = len(x)
    check_k(k, n)
    first = _first_occurrence(x)
    asked = torch.arange(n) if queries is None else torch.as_tensor(np.asarray(queries))
    ids, values = [], []
    for part in asked.to(x.device).split(block):
        similarity = x[part if first is None else first[part]] @ x.T
        if first is not None:
            similarity = similarity[:, first]
        similarity.round_(decimals=SIMILARITY_DECIMALS)
        # By index and not by rank: a duplicate is as similar to an item as the item itself.
        similarity[torch.arange(len(part), device=x.device), part] = -torch.inf
        chosen, best = _top_k(similarity, k)
        ids.append(chosen.to(torch.int32).cpu().numpy())
        values.append(best.cpu().numpy())
    return Neighbours(np.concatenate(ids), np.concatenate(values))


def _first_occurrence(x: torch.Tensor) -> torch.Tensor | None:
    """Index of the first equal row for each row; None if all rows differ.

    Matrix products may round equal rows differently by position, and once in thousands of pairs
    to either side of a decimal. Looking every row up at its first occurrence makes duplicates tie
    exactly, on any device.
    """
    import torch

    rows = np.ascontiguousarray(x.cpu().numpy() + 0.0)  # -0.0 becomes 0.0, its equal
    groups: dict[bytes, int] = {}
    first = [groups.setdefault(blake2b(row).digest(), index) for index, row in enumerate(rows)]
    if len(groups) == len(first):
        return None
    return torch.tensor(first, device=x.device)


def _top_k(similarity: torch.Tensor, k: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and values of the k largest per row; equal values by lower index."""
    import torch

    # One more than asked shows whether the k-th value ties with one left out.
    values, ids = similarity.topk(min(k + 1, similarity.shape[1]), dim=1)
    tied = (values[:, k - 1] == values[:, -1]).nonzero().flatten() if values.shape[1] > k else None
    values, ids = values[:, :k], ids[:, :k]
    if tied is not None and len(tied):
        order = similarity[tied].sort(dim=1, descending=True, stable=True)
        values[tied], ids[tied] = order.values[:, :k], order.indices[:, :k]
    # topk promises no order among equals: sorted by index first, then stably by value.
    ids, by_id = ids.sort(dim=1)
    values, by_value = values.gather(1, by_id).sort(dim=1, descending=True, stable=True)
    return ids.gather(1, by_value), torch.as_tensor(values)


def layer_neighbours(
    embeddings: Sequence[Array],
    layer: int,
    k: int,
    neighbours: Sequence[Neighbours] | None,
    queries: np.ndarray[Any, Any] | None = None,
) -> Neighbours:
    """Layer `layer`'s k neighbours: cut from the shared lists if given, else computed.

    Raises: MetricError if a shared list is shorter than k or belongs to other items.
    """
    if neighbours is None:
        return nearest_neighbours(embeddings[layer], k, queries=queries, what=f"layer {layer}")
    n = int(embeddings[layer].shape[0])
    shared = neighbours[layer]
    if shared.k < k or len(shared.ids) != n:
        raise MetricError(
            f"shared neighbours of layer {layer} hold {shared.k} ids for {len(shared.ids)} texts; "
            f"{k} ids for {n} texts needed, compute them with nearest_neighbours(z, {k})"
        )
    rows = slice(None) if queries is None else queries
    return Neighbours(shared.ids[rows, :k], shared.similarity[rows, :k])
