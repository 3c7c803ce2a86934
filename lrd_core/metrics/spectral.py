"""Entropy of a spectrum, its normalisations, and the Gram matrices that give the spectrum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from lrd_core.errors import MetricError, UnknownNameError
from lrd_core.metrics.parallel import eigenvalues
from lrd_core.metrics.registry import Mode
from lrd_core.metrics.tridiagonal import SMALLEST, shannon_entropies

if TYPE_CHECKING:
    import torch

Normalisation = Literal["raw", "logN", "logD", "maxEntropy", "logNlogD"]
Recipe = Literal["unit"] | None

ROUNDING = {"torch.float32": 3e-8, "torch.float64": 2e-15}
"""Eigenvalues under this share of the largest are rounding of 0. Small true eigenvalues are many
in float32, so the bound is lower than the error of one eigenvalue."""


def check_entropy_options(alpha: float, normalisation: str, mode: str, recipe: str | None) -> None:
    """Raises: MetricError for a bad alpha or recipe, UnknownNameError for the other names."""
    if not alpha > 0:
        raise MetricError(f"alpha = {alpha} must be above 0; 1 is the Shannon limit")
    if normalisation not in get_args(Normalisation):
        raise UnknownNameError("normalisation", normalisation, get_args(Normalisation))
    if mode not in get_args(Mode):
        raise UnknownNameError("mode", mode, get_args(Mode))
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
    if mode == "exact" and alpha == 1 and _is_large_single_batch(gram):
        return shannon_entropies(gram)
    rounding = ROUNDING[str(gram.dtype)]
    if gram.shape[-1] < SMALLEST:
        gram = gram.double()  # costs nothing at this size
    values = eigenvalues(gram)
    if mode == "exact":
        values = torch.where(values > rounding * values[..., -1:], values, 0.0)
    return spectrum_entropy(values, alpha)


def _is_large_single_batch(gram: torch.Tensor) -> bool:
    single = str(gram.dtype) == "torch.float32" and gram.device.type == "cpu"
    return single and gram.ndim == 3 and gram.shape[-1] >= SMALLEST


def _collision_entropy(gram: torch.Tensor) -> torch.Tensor:
    """alpha = 2: -log of the sum of squares over the squared trace; needs no eigenvalues."""
    import torch

    trace = gram.diagonal(dim1=-2, dim2=-1).sum(-1)
    purity = gram.square().sum((-2, -1)) / torch.where(trace > 0, trace, 1.0).square()
    return torch.where(trace > 0, -purity.log(), 0.0).clamp(min=0.0)


def spectrum_entropy(spectrum: torch.Tensor, alpha: float) -> torch.Tensor:
    """H_alpha of the positive part of a (..., m) spectrum, in nats; 0 if there is none."""
    import torch

    positive = spectrum.clamp(min=0.0)
    total = positive.sum(-1, keepdim=True)
    p = positive / torch.where(total > 0, total, 1.0)
    if alpha == 1:
        entropy = -torch.xlogy(p, p).sum(-1)
    else:
        power = torch.where(p > 0, p, 0.0).pow(alpha).sum(-1)
        entropy = torch.where(power > 0, power, 1.0).log() / (1 - alpha)
    return entropy.clamp(min=0.0)


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
