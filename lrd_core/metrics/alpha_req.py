"""How fast the variance falls from direction to direction: the exponent of a power law."""

from __future__ import annotations

import math

import numpy as np

from lrd_core.errors import MetricError
from lrd_core.metrics.arrays import Array
from lrd_core.metrics.effective_rank import singular_spectrum
from lrd_core.metrics.registry import metric
from lrd_core.metrics.series import Card, Series

LAST = 100
LEAST = 3
NOISE = 1e-12
"""Eigenvalues under this share of the largest are rounding of 0 and no part of a power law."""


@metric(
    "alpha_req",
    inputs="layer",
    series=(
        Series(
            "alpha_req",
            "Spectral decay (alpha-ReQ)",
            "exponent",
            "layer",
            Card(
                "How steeply the variance of the texts' embeddings falls from the first direction "
                "to the hundredth: the exponent of a power law through the eigenvalues of their "
                "covariance.",
                "Above 0 in practice; 1 where each direction has its share of a harmonic fall.",
                "Low: variance is spread over many directions. High: a few hold nearly all of it. "
                "Near 1 is said to go with good transfer.",
                "A line through a curve that need not be straight. Few texts or directions make it "
                "steeper.",
            ),
            bounds=(0.0, math.inf),
            ignores=("scale", "turn", "shift", "order"),
        ),
    ),
    version=1,
    source="alpha-ReQ, Agrawal et al. 2022, fitted as Stringer et al. 2019",
    group="companion",
)
def alpha_req(z: Array) -> float:
    """Minus the slope of log eigenvalue over log rank, ranks 1 to 100, weighted by 1 / rank.

    Of the covariance of the rows. The weights stand for the density of ranks on the logarithmic
    axis, without which the last decade would decide alone.

    Shape: z (n, d). Unit: exponent. Range: [0, inf).
    Raises: MetricError where fewer than 3 directions have variance, for NaN or Inf.
    """
    singular = singular_spectrum(z, centred=True).numpy()
    # Shares of the largest: what scales the texts then changes no bit.
    shares = (singular / singular[0]) ** 2 if singular[0] > 0 else singular
    kept = shares[shares > NOISE][:LAST]
    if len(kept) < LEAST:
        raise MetricError(
            f"{len(kept)} directions have variance; a power law needs at least {LEAST}: add texts"
        )
    rank = np.arange(1, len(kept) + 1)
    weight = 1 / rank
    x, y = np.log(rank), np.log(kept)
    x = x - np.average(x, weights=weight)
    slope = float((weight * x * y).sum() / (weight * x * x).sum())
    return max(0.0, -slope)
