"""Entropy of a spectrum, its normalisations, and the Gram matrices that give the spectrum."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, get_args

from lrd_core.errors import MetricError, UnknownNameError
from lrd_core.metrics.parallel import eigenvalues
from lrd_core.metrics.registry import Mode

if TYPE_CHECKING:
    import torch

Normalisation = Literal["raw", "logN", "logD", "maxEntropy", "logNlogD"]
Recipe = Literal["unit"] | None

ROUNDING = {"torch.float32": 3e-8, "torch.float64": 2e-15}
"""Eigenvalues under this share of the largest are rounding of 0. Small true eigenvalues are many
in float32, so the bound is lower than the error of one eigenvalue."""

SMALL = 96
"""Below this many rows eigenvalues in float64 take no longer than in float32."""

SHANNON = 1e-8
"""So near to 1 the two formulas differ less than the quotient's rounding."""


def check_entropy_options(alpha: float, normalisation: str, mode: str, recipe: str | None) -> None:
    """Raises: MetricError for a bad alpha or recipe, UnknownNameError for the other names."""
    if not 0 < alpha < math.inf:
        raise MetricError(f"alpha = {alpha} must be above 0 and finite; 1 is the Shannon limit")
    if normalisation not in get_args(Normalisation):
        raise UnknownNameError("normalisation", str(normalisation), get_args(Normalisation))
    if mode not in get_args(Mode):
        raise UnknownNameError("mode", str(mode), get_args(Mode))
    if recipe not in ("unit", None):
        raise MetricError(f"recipe = {recipe!r} must be 'unit' or None (rows as given)")


def gram_entropy(gram: torch.Tensor, alpha: float, mode: Mode = "exact") -> torch.Tensor:
    """H_alpha of Gram matrices (..., m, m), in nats; 0 for a matrix of zeros.

    published: negative entries are set to 0 first, as in the authors' released code; the result
    is no longer positive semi-definite, and its negative eigenvalues are dropped.
    """
    import torch

    if mode == "published":
        gram = gram.clamp(min=0.0)
    if alpha == 2:
        return _collision_entropy(gram)
    rounding = ROUNDING[str(gram.dtype)]
    if alpha != 1 or gram.shape[-1] < SMALL:
        # Other powers magnify the rounding of eigenvalues, and small matrices gain no time.
        gram = gram.double()
    values = eigenvalues(gram)
    # Rounding spreads eigenvalues that are 0 over both sides of it; alone they are nothing, but of
    # many the logarithm makes an entropy. Published mode has real negative ones, and drops those.
    if mode == "exact":
        values = torch.where(values > rounding * values[..., -1:], values, 0.0)
    return spectrum_entropy(values, alpha)


def _collision_entropy(gram: torch.Tensor) -> torch.Tensor:
    """alpha = 2: -log of the sum of squares over the squared trace; needs no eigenvalues."""
    import torch

    # The sum of squared eigenvalues is the squared Frobenius norm.
    trace = gram.diagonal(dim1=-2, dim2=-1).sum(-1)
    purity = gram.square().sum((-2, -1)) / torch.where(trace > 0, trace, 1.0).square()
    return _not_below_zero(torch.where(trace > 0, -purity.log(), 0.0))


def spectrum_entropy(spectrum: torch.Tensor, alpha: float) -> torch.Tensor:
    """H_alpha of the positive part of a (..., m) spectrum, in float64 nats; 0 if there is none."""
    import torch

    positive = spectrum.double().clamp(min=0.0)
    total = positive.sum(-1, keepdim=True)
    p = positive / torch.where(total > 0, total, 1.0)
    if abs(alpha - 1) < SHANNON:
        entropy = -torch.xlogy(p, p).sum(-1)
    else:
        # Not the logarithm of a sum of powers: those of a large alpha underflow.
        entropy = torch.logsumexp(alpha * p.log(), -1) / (1 - alpha)
    return _not_below_zero(torch.where(total[..., 0] > 0, entropy, 0.0))


def _not_below_zero(entropy: torch.Tensor) -> torch.Tensor:
    """Without what rounding leaves below 0, and without the sign of -0.0."""
    return entropy.clamp(min=0.0) + 0.0


def normalise(
    entropy: torch.Tensor, n: torch.Tensor, d: int, normalisation: Normalisation
) -> torch.Tensor:
    """Entropy of n rows in d columns divided by what the name says.

    A single row or column has entropy 0 whatever the divisor, which is 0 too: the result is 0.
    """
    import torch

    log_n = n.to(entropy.dtype).log()
    log_d = torch.log(torch.full_like(log_n, float(d)))
    divisor = {
        "raw": torch.ones_like(log_n),
        "logN": log_n,
        "logD": log_d,
        "maxEntropy": torch.minimum(log_n, log_d),
        "logNlogD": log_n * log_d,
    }[normalisation]
    return torch.where(divisor > 0, entropy / torch.where(divisor > 0, divisor, 1.0), 0.0)
