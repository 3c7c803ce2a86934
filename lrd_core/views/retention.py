"""How many of each text's nearest neighbours stay from one layer to the next."""

import itertools

import numpy as np

from lrd_core.config import Config
from lrd_core.metrics.registry import owner_of
from lrd_core.metrics.retention import RETENTION
from lrd_core.projection.trust import is_member
from lrd_core.store.connection import connect
from lrd_core.store.neighbours import read_neighbours

RETENTION_K = int(owner_of(RETENTION.name).parameters["k"])
"""As the stored profile has it, so that values by text agree with it."""


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


def kept_by_transition(retention: np.ndarray) -> np.ndarray:
    """The share of neighbours that stay over each transition, the mean of all texts; (L,)."""
    return share_kept(retention).mean(axis=1) if retention.size else np.empty(0)


def largest_loss(retention: np.ndarray) -> int | None:
    """The transition over which the fewest neighbours stay, the first of equals; None without."""
    return int(kept_by_transition(retention).argmin()) if retention.size else None


def most_changed(retention: np.ndarray) -> int:
    """The row of the text whose neighbours change most from layer to layer; 0 without any."""
    return int(retention.mean(axis=0).argmin()) if retention.size else 0
