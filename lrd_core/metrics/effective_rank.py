"""How many directions an embedding matrix uses, counted softly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lrd_core.errors import MetricError
from lrd_core.metrics.arrays import (
    Array,
    centred_rows,
    column_mean,
    matrix_shape,
    read_matrix,
    row_blocks,
)
from lrd_core.metrics.registry import metric
from lrd_core.metrics.series import Card, Series
from lrd_core.metrics.sources import LBL
from lrd_core.metrics.spectral import spectrum_entropy

if TYPE_CHECKING:
    import torch

_RANGE = "1 to the smaller of the number of texts and the hidden size."
_CENTRED_RANGE = (
    "1 to the smaller of the number of texts minus 1 and the hidden size: centring takes one "
    "direction away."
)
_CAPPED = "Capped by the number of texts: below a few times the hidden size it measures n."


@dataclass(frozen=True)
class EffectiveRanks:
    """Both in dimensions: of the centred matrix, and of the matrix as given."""

    effective_rank: float
    rankme: float


def singular_spectrum(z: Array, centred: bool) -> torch.Tensor:
    """Singular values of (n, d) rows, centred or as given, in float64.

    From the triangular factor of a QR decomposition, built up over row blocks: as accurate as the
    SVD, where the eigenvalues of the covariance would lose half the digits.
    """
    import torch

    n, d = matrix_shape(z, "embeddings")
    # The triangle has at most min(n, d) rows: the thin side in either case, with the same values.
    if n <= d:
        rows = _centre(read_matrix(z, "embeddings", torch.float64), centred)
        return torch.as_tensor(torch.linalg.svdvals(torch.linalg.qr(rows.T, mode="r").R))
    mean = column_mean(z, "embeddings") if centred else None
    triangle: torch.Tensor | None = None
    for block in row_blocks(z, "embeddings", torch.float64):
        rows = block if mean is None else centred_rows(block, mean)
        stacked = rows if triangle is None else torch.cat([triangle, rows])
        triangle = torch.linalg.qr(stacked, mode="r").R
    return torch.as_tensor(torch.linalg.svdvals(triangle))


def _centre(rows: torch.Tensor, centred: bool) -> torch.Tensor:
    return centred_rows(rows, rows.mean(dim=0)) if centred else rows


def _soft_count(singular_values: torch.Tensor, reason: str) -> float:
    # Of the singular values themselves, as Roy & Vetterli define it, where the matrix entropy takes
    # their squares: the two are different counts. No epsilon in the logarithm, RankMe's has one:
    # 0 log 0 is 0.
    if float(singular_values[0]) == 0:
        raise MetricError(f"effective rank of a matrix of rank 0 is undefined: {reason}")
    return float(spectrum_entropy(singular_values, 1.0).exp())


def effective_rank(z: Array) -> float:
    """Exponential of the entropy of the centred matrix's normalised singular values.

    Shape: z (n, d). Unit: dimensions. Range: [1, min(n - 1, d)].
    Raises: MetricError for fewer than 2 rows, equal rows, NaN or Inf.
    Source: Roy & Vetterli 2007.
    """
    return _soft_count(singular_spectrum(z, centred=True), "all rows are equal")


def rankme(z: Array) -> float:
    """The same count of the matrix as given, without centring.

    Shape: z (n, d). Unit: dimensions. Range: [1, min(n, d)].
    Raises: MetricError for fewer than 2 rows, only zeros, NaN or Inf.
    Source: RankMe, Garrido et al. 2023, without its epsilon.
    """
    return _soft_count(singular_spectrum(z, centred=False), "all entries are 0")


@metric(
    "effective_rank",
    inputs="layer",
    series=(
        Series(
            "effective_rank",
            "Effective rank",
            "dimensions",
            "layer",
            Card(
                "A soft count of the directions that the texts' embeddings use: the exponential "
                "of the entropy of the centred matrix's singular values.",
                _CENTRED_RANGE,
                "High: the texts spread over many directions. A fall over depth is compression.",
                _CAPPED,
            ),
            counts="directions",
            bounds=(1.0, math.inf),
            ignores=("scale", "turn", "shift", "order"),
            ranks={"enough": 2, "subsamples": 2},
            chosen=("enough",),
        ),
        Series(
            "rankme",
            "RankMe",
            "dimensions",
            "layer",
            Card(
                "The same soft count without centring, so the direction that all texts share "
                "counts too.",
                _RANGE,
                "Much below the effective rank: one common direction dominates the embeddings.",
                _CAPPED,
            ),
            counts="directions",
            bounds=(1.0, math.inf),
            ignores=("scale", "turn", "order"),
        ),
    ),
    version=1,
    source="Roy & Vetterli 2007; RankMe, Garrido et al. 2023; " + LBL,
    group="lbl",
)
def effective_ranks(z: Array) -> EffectiveRanks:
    """Both counts of one layer's (n, d) embeddings."""
    return EffectiveRanks(effective_rank(z), rankme(z))
