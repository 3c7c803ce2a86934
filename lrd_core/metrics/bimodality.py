"""Do the per-item values of a layer fall into two groups? Hartigan's dip test."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from lrd_core.errors import MetricError
from lrd_core.metrics.arrays import Array, Floats

MIN_TEXTS = 10


@dataclass(frozen=True)
class Dip:
    """statistic: 0 to 0.25, distance from the nearest one-humped distribution.

    p_value: of one hump; small speaks for two or more. n: items that have a value.
    """

    statistic: float
    p_value: float
    n: int


def dip_test(values: Array) -> Dip:
    """Hartigan's dip test of one layer's per-item values; NaN (no value) is left out.

    Shape: values (n,). Deterministic: p-values are interpolated from the published table.
    Raises: MetricError for fewer than 10 values or an infinite one.
    Source: Hartigan & Hartigan 1985.
    """
    import diptest

    known: Floats = np.asarray(values, dtype=np.float64).ravel()
    known = known[~np.isnan(known)]
    if len(known) < MIN_TEXTS or np.isinf(known).any():
        raise MetricError(
            f"the dip test needs {MIN_TEXTS} finite values, got {len(known)} "
            f"({int(np.isinf(known).sum())} infinite); take more texts"
        )
    # Equal values have one hump; the published table is of continuous ones.
    if known.min() == known.max():
        return Dip(0.0, 1.0, len(known))
    statistic, p_value = diptest.diptest(known)
    return Dip(float(statistic), float(p_value), len(known))


def dip_by_layer(per_item: Iterable[Array]) -> tuple[Dip, ...]:
    """The test for every layer; a layer with too few values has NaN results and its n.

    Testing many layers finds small p-values by chance: compare with 0.05 / number of layers.
    """
    dips = []
    for values in per_item:
        try:
            dips.append(dip_test(values))
        except MetricError:
            n = int(np.isfinite(np.asarray(values, dtype=np.float64)).sum())
            dips.append(Dip(math.nan, math.nan, n))
    return tuple(dips)
