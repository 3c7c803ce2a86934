"""Companions: intrinsic dimension (TwoNN), participation ratio and anisotropy of one layer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from lrd_core.errors import MetricError
from lrd_core.metrics.arrays import (
    Array,
    Floats,
    centred_rows,
    column_mean,
    matrix_shape,
    read_matrix,
    row_blocks,
    unit_rows,
)
from lrd_core.metrics.registry import Options, metric
from lrd_core.metrics.series import Card, Series

if TYPE_CHECKING:
    import torch

MIN_POINTS = 10


def _two_nearest_distances(x: torch.Tensor, block: int = 512) -> Floats:
    """Euclidean distances to the two nearest other rows, (n, 2), ascending.

    Neighbours are found from squared norms, then measured from the difference itself: the
    expanded form loses all digits of distances that are small beside the norms.
    """
    import torch

    squares = x.square().sum(dim=1)
    found = []
    for start in range(0, len(x), block):
        rows = x[start : start + block]
        squared = squares - 2 * rows @ x.T
        squared.diagonal(offset=start).fill_(torch.inf)
        # A few candidates more than needed, because the expanded form may misorder close ones.
        near = squared.topk(min(6, len(x) - 1), dim=1, largest=False).indices
        exact = torch.linalg.vector_norm(x[near] - rows[:, None], dim=2)
        found.append(exact.sort(dim=1).values[:, :2])
    return np.asarray(torch.cat(found).cpu().numpy(), dtype=np.float64)


@metric(
    "twonn",
    inputs="layer",
    cost=0.55,
    series=(
        Series(
            "twonn",
            "Intrinsic dimension (TwoNN)",
            "dimensions",
            "layer",
            Card(
                "Dimension of the curved surface that the embeddings lie on, estimated from how "
                "much farther each text's second neighbour is than its first.",
                "Above 0; usually far below the hidden size.",
                "A hump over depth is where the model spreads the texts out most.",
                "Underestimates high dimensions unless there are very many texts. Duplicated "
                "texts are left out.",
            ),
            bounds=(0.0, math.inf),
            ignores=("scale", "turn", "shift", "order"),
            ranks={"subsamples": 6},
        ),
    ),
    version=1,
    source="Facco et al. 2017",
    group="companion",
    options=Options({"discard_fraction": 0.1}),
)
def twonn(z: Array, discard_fraction: float = 0.1) -> float:
    """Intrinsic dimension from the ratio of the two nearest-neighbour distances.

    Slope through the origin of -log(1 - F(mu)) against log(mu), mu = r2 / r1 sorted, F its
    empirical distribution, without the largest `discard_fraction` of the ratios. Rows that have an
    exact duplicate are left out, since r1 = 0 has no ratio.

    Shape: z (n, d). Unit: dimensions.
    Raises: MetricError for under 10 distinct rows, equal distances, NaN or Inf.
    Source: Facco et al. 2017.
    """
    import torch

    if not 0 <= discard_fraction < 1:
        raise MetricError(f"discard_fraction = {discard_fraction} must lie in [0, 1)")
    matrix_shape(z, "embeddings", min_rows=MIN_POINTS)
    nearest = _two_nearest_distances(read_matrix(z, "embeddings", torch.float64))
    nearest = nearest[nearest[:, 0] > 0]
    if len(nearest) < MIN_POINTS:
        raise MetricError(
            f"only {len(nearest)} texts without an exact duplicate; TwoNN needs {MIN_POINTS}"
        )
    # Sorted ratios are their own quantiles: F(mu_i) = i / count.
    log_mu = np.log(np.sort(nearest[:, 1] / nearest[:, 0]))
    count = len(log_mu)
    kept = min(int(count * (1 - discard_fraction)), count - 1)  # at F = 1 the logarithm ends
    # log1p keeps the digits of 1 - i / count at small i. No intercept: at mu = 1 F is 0 by
    # definition.
    survival = -np.log1p(-np.arange(1, kept + 1) / count)
    weight = float((log_mu[:kept] ** 2).sum())
    if weight == 0:
        raise MetricError("all texts have two equally near neighbours; TwoNN is undefined")
    return float((log_mu[:kept] * survival).sum() / weight)


@metric(
    "anisotropy",
    inputs="layer",
    cost=0.02,
    series=(
        Series(
            "anisotropy",
            "Anisotropy (mean cosine)",
            "cosine",
            "layer",
            Card(
                "Mean cosine similarity between two different texts: how much all embeddings "
                "point the same way.",
                "-1/(n-1) to 1; about 0 if directions are even.",
                "Near 1: all texts lie in a narrow cone, and cosine similarity hardly tells "
                "them apart.",
                "A few dimensions with huge values can cause it alone.",
            ),
            bounds=(-1.0, 1.0),
            ignores=("scale", "lengths", "turn", "order"),
        ),
    ),
    version=1,
    source="Ethayarajh 2019",
    group="companion",
)
def anisotropy(z: Array) -> float:
    """Mean cosine over all pairs of different rows: (||sum of unit rows||^2 - n) / (n (n - 1)).

    A row of zeros has no direction; its cosines count as 0.

    Shape: z (n, d). Range: [-1 / (n - 1), 1]. Raises: MetricError for under 2 rows, NaN or Inf.
    Source: Ethayarajh 2019.
    """
    import torch

    n, d = matrix_shape(z, "embeddings")
    # The squared norm of the sum holds all n^2 cosines; the diagonal is taken off as it was summed,
    # because rows of zeros have 0 there and not 1.
    total, own = torch.zeros(d, dtype=torch.float64), 0.0
    for block in row_blocks(z, "embeddings", torch.float64):
        rows = unit_rows(block)
        total = total.to(rows.device) + rows.sum(dim=0)
        own += float(rows.square().sum())
    return (float(total.square().sum()) - own) / (n * (n - 1))


@metric(
    "participation_ratio",
    inputs="layer",
    cost=0.15,
    series=(
        Series(
            "participation_ratio",
            "Participation ratio",
            "dimensions",
            "layer",
            Card(
                "A count of the directions that hold most of the variance: the squared sum of "
                "the variances over the sum of their squares.",
                "1 to the smaller of texts minus 1 and hidden size.",
                "Low: a few directions dominate. It weighs large variances more than the "
                "effective rank does.",
                "Capped by the number of texts; one outlier dimension can pull it to 1.",
            ),
            counts="directions",
            bounds=(1.0, math.inf),
            ignores=("scale", "turn", "shift", "order"),
        ),
    ),
    version=1,
    source="Gao et al. 2017",
    group="companion",
)
def participation_ratio(z: Array) -> float:
    """(sum of variances)^2 / sum of squared variances, over the principal directions.

    Shape: z (n, d). Unit: dimensions. Range: [1, min(n - 1, d)].
    Raises: MetricError for under 2 rows, equal rows, NaN or Inf. Source: Gao et al. 2017.
    """
    import torch

    n, d = matrix_shape(z, "embeddings")
    mean = column_mean(z, "embeddings")
    if n <= d:
        rows = centred_rows(read_matrix(z, "embeddings", torch.float64), mean)
        moment = rows @ rows.T
    else:
        moment = torch.zeros(d, d, dtype=torch.float64, device=mean.device)
        for block in row_blocks(z, "embeddings", torch.float64):
            rows = centred_rows(block, mean)
            moment += rows.T @ rows
    # Neither divided by n - 1 nor diagonalised: the ratio loses the factor, and the sum of squared
    # eigenvalues is that of squared entries.
    trace = float(moment.trace())
    if trace == 0:
        raise MetricError("participation ratio is undefined: all rows are equal")
    return trace**2 / float(moment.square().sum())
