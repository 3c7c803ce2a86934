"""Massive activations: the few entries of a text's token vectors that dwarf all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lrd_core.metrics.arrays import Floats, compute_dtype, to_tensor
from lrd_core.metrics.token_layer import TokenLayer

if TYPE_CHECKING:
    import torch

MASSIVE = 100.0
"""Entries of at most this size are never massive, whatever the others are."""

MASSIVE_RATIO = 1000.0
"""Massive entries are more than so many times the median entry of their text."""


def massive_entries(layer: TokenLayer) -> tuple[Floats, Floats]:
    """Number of massive entries of each item, and the dimension of its largest.

    Massive is what is over 100 and over 1,000 times the median size of the item's entries.

    Returns: (batch,) each; the dimension is NaN where nothing is massive.
    Source: massive activations, arXiv 2402.17762.
    """
    counts = np.zeros(len(layer.attended))
    dimension = np.full(len(counts), np.nan)
    # A vector has no entry over its norm: most layers of most models are done here.
    items = (layer.raw_norms > MASSIVE).any(dim=1).nonzero().flatten()
    if not len(items):
        return counts, dimension
    states = to_tensor(layer.states, compute_dtype(layer.states))
    sizes, lowest = _massive_of_largest(layer, states, items)
    for row, item in enumerate(items.tolist()):
        attended = layer.attended[item]
        kept = states[item] if bool(attended.all()) else states[item, attended]
        found = sizes[row : row + 1]
        if not _median_is_at_least(kept, lowest[row] / MASSIVE_RATIO):
            limit = max(MASSIVE, MASSIVE_RATIO * _median_size(kept))
            large = kept[layer.raw_norms[item][attended] > limit].abs().cpu().numpy()
            found = large * (large > limit)
        counts[item] = np.count_nonzero(found)
        if counts[item]:
            dimension[item] = found.max(axis=0).argmax()
    return counts, dimension


def _massive_of_largest(
    layer: TokenLayer, states: torch.Tensor, items: torch.Tensor
) -> tuple[np.ndarray, np.ndarray]:
    """Sizes of the massive entries of each item's largest token, and when they are all there are.

    A median costs several times as much as counting what is below a bound, so it is enclosed: half
    of all entries are no smaller than it, so the squares of the other tokens bound it from above,
    and entries over 1,000 times that bound are massive. The others are not if the median is at
    least a thousandth of them: the second result.

    Returns: (items, d) with 0 where an entry is not massive for certain, and (items,).
    """
    tokens, d = layer.attended[items].sum(dim=1).cpu().numpy(), int(states.shape[2])
    norms = layer.raw_norms[items].double()
    top = norms.argmax(dim=1)
    sizes = states[items, top].abs().double().cpu().numpy()
    others = norms.scatter(1, top[:, None], 0.0).cpu().numpy()
    elsewhere = (tokens * d + 1) // 2 - d  # entries of the others that are no smaller
    bound = np.full(len(sizes), np.inf)
    enough = elsewhere > 0
    bound[enough] = np.sqrt(np.square(others[enough]).sum(axis=1) / elsewhere[enough])
    certain = sizes > np.maximum(MASSIVE, MASSIVE_RATIO * bound)[:, None]
    undecided = np.where(certain, 0.0, sizes).max(axis=1, initial=0.0)
    lowest = np.maximum(undecided, others.max(axis=1, initial=0.0))
    return np.where(certain, sizes, 0.0), np.where(lowest > MASSIVE, lowest, 0.0)


def _median_is_at_least(values: torch.Tensor, bound: float) -> bool:
    """Whether the lower of the middle absolute values is at least this."""
    if bound == 0:
        return True
    middle = (values.numel() - 1) // 2
    if values.device.type != "cpu":
        return bool((values.abs() < bound).sum() <= middle)
    return bool(np.count_nonzero(np.abs(values.numpy()) < bound) <= middle)


def _median_size(values: torch.Tensor) -> float:
    """Median of the absolute values; of two middle ones the lower."""
    if values.device.type != "cpu":
        return float(values.abs().median())
    # Several times faster than torch's, which shares such small work out among threads.
    sizes = np.abs(values.numpy()).ravel()
    middle = (len(sizes) - 1) // 2
    sizes.partition(middle)
    return float(sizes[middle])
