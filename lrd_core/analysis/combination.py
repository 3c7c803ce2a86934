"""Metrics that pick a layer together: each ranks the layers, and the ranks are weighed and added.

A mixture is a way to pick a layer like any other, named by its weights; which one is to be taken,
if any, is for records to say that had no say in the choice.
"""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lrd_core.analysis.selection import picked_at

STEPS = 4
"""Weights are quarters: with few tasks, finer ones would only follow noise."""

AND, TIMES = "+", ":"
"""Between the metrics of a mixture's name, and between a metric and its quarters."""


def mixed_picks(profiles: Mapping[str, "pd.Series[float]"]) -> dict[str, int]:
    """Mixture -> the layer that it picks: every mixture of two or more of these metrics.

    profiles: value by layer of each metric, of the same layers and without a gap. A layer's rank is
    above 0 and at most 1, which a metric's own pick has; of equal sums the lower layer counts.
    """
    if len(profiles) < 2:
        return {}
    names = sorted(profiles)
    ranks = np.stack([_ranks(profiles[name], name) for name in names])
    layers = profiles[names[0]].index
    quarters = _mixtures(len(names))
    # Rounded: sums of quarters that are equal must not differ by what floats leave over.
    best = (quarters @ ranks).round(9).argmax(axis=1)
    return {
        _name(names, row): int(layers[place]) for row, place in zip(quarters, best, strict=True)
    }


def weights_of(way: str) -> dict[str, float]:
    """Metric -> weight of a mixture, which sum to 1; empty for any other way to pick a layer."""
    if AND not in way:
        return {}
    parts = (part.rpartition(TIMES) for part in way.split(AND))
    return {name: int(quarters) / STEPS for name, _, quarters in parts}


def is_mixture(way: str) -> bool:
    """Whether a way to pick a layer weighs several metrics."""
    return bool(weights_of(way))


def _name(names: Sequence[str], quarters: np.ndarray) -> str:
    return AND.join(f"{name}{TIMES}{int(n)}" for name, n in zip(names, quarters, strict=True) if n)


def _ranks(profile: "pd.Series[float]", name: str) -> np.ndarray:
    oriented = -profile if picked_at(name) == "lowest" else profile
    ranks: np.ndarray = oriented.rank(pct=True).to_numpy(float)
    return ranks


def _mixtures(metrics: int) -> np.ndarray:
    """(mixtures, metrics) quarters of every one that leaves no metric all the weight."""
    steps = itertools.product(range(STEPS), repeat=metrics)
    return np.array([one for one in steps if sum(one) == STEPS])
