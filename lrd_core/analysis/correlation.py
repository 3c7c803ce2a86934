"""Rank correlation across models, with intervals that stay honest for a handful of models."""

from dataclasses import dataclass

import numpy as np

LEAST_MODELS = 4
"""Below this a rank correlation is not reported: three models agree in order by luck too often."""

THIN_BELOW = 10
"""Fewer models than this are called thin evidence wherever a correlation is shown."""

RESAMPLES = 1000
NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class Association:
    """A correlation with its 95% interval; NaN with a reason where it is undefined."""

    rho: float
    low: float
    high: float
    n: int
    reason: str = ""

    @property
    def excludes_zero(self) -> bool:
        return bool(self.low > 0 or self.high < 0)


def average_ranks(values: np.ndarray, axis: int = -1) -> np.ndarray:
    """Ranks from 1 along an axis; equal values share their mean rank."""
    from scipy.stats import rankdata  # takes longer to import than a page may take to draw

    return np.asarray(rankdata(values, axis=axis))


def spearman(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Spearman's rank correlation along the last axis; ties share their mean rank.

    Shape: x, y (..., n) -> (...). Range: [-1, 1]. NaN where x or y is constant.
    Source: Spearman 1904.
    """
    return pearson(average_ranks(x), average_ranks(y))


def partial_spearman(x: np.ndarray, y: np.ndarray, control: np.ndarray) -> np.ndarray:
    """Spearman correlation of x and y with the linear effect of the control's ranks removed.

    Shape: x, y, control (..., n) -> (...). Range: [-1, 1].
    A constant control removes nothing. NaN where x or y is constant or fully explained by it.
    """
    ranks = [average_ranks(values) for values in (x, y, control)]
    xy = pearson(ranks[0], ranks[1])
    constant = np.ptp(ranks[2], axis=-1) == 0
    xz = np.where(constant, 0.0, pearson(ranks[0], ranks[2]))
    yz = np.where(constant, 0.0, pearson(ranks[1], ranks[2]))
    left = (1 - xz**2) * (1 - yz**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        partial = (xy - xz * yz) / np.sqrt(left)
    return np.where(left > 1e-12, np.clip(partial, -1, 1), np.nan)


def pearson(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Product-moment correlation along the last axis; NaN where x or y is constant."""
    x = x - x.mean(axis=-1, keepdims=True)
    y = y - y.mean(axis=-1, keepdims=True)
    norm = np.sqrt((x**2).sum(axis=-1) * (y**2).sum(axis=-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = (x * y).sum(axis=-1) / norm
    return np.where(norm > 0, np.clip(correlation, -1, 1), np.nan)


def associate(
    metric: np.ndarray,
    score: np.ndarray,
    control: np.ndarray | None = None,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Association:
    """Correlate one number a model with its score, models that lack either left out.

    Shape: metric, score, control (n_models,), NaN where missing.
    The interval is the bootstrap percentile interval over models, or the Fisher interval of
    `fisher_interval` where that is wider: with six models in perfect order every resample is in
    perfect order too, and the bootstrap alone would claim certainty.
    """
    known = ~(np.isnan(metric) | np.isnan(score))
    if control is not None:
        known &= ~np.isnan(control)
    x, y = metric[known], score[known]
    z = None if control is None else control[known]
    n = len(x)
    if n < LEAST_MODELS:
        return Association(np.nan, np.nan, np.nan, n, f"{n} models; {LEAST_MODELS} are needed")
    rho = float(spearman(x, y) if z is None else partial_spearman(x, y, z))
    if np.isnan(rho):
        return Association(np.nan, np.nan, np.nan, n, _why_undefined(x, y))
    draws = resampled_rows(n, resamples, seed)
    drawn = (
        spearman(x[draws], y[draws])
        if z is None
        else partial_spearman(x[draws], y[draws], z[draws])
    )
    low, high = wider_interval(rho, drawn, n, controls=0 if z is None else 1)
    return Association(rho, low, high, n)


def fisher_interval(rho: float, n: int, controls: int = 0) -> tuple[float, float]:
    """95% interval of a Spearman correlation by Fisher's z.

    The standard error is sqrt((1 + rho^2 / 2) / (n - 3 - controls)); |rho| is drawn in by half the
    smallest step that n ranks allow, 6 / (n (n^2 - 1)), so that a perfect order keeps an interval.
    Source: Bonett & Wright 2000.
    """
    freedom = n - 3 - controls
    if freedom < 1:
        return -1.0, 1.0
    drawn_in = np.sign(rho) * min(abs(rho), 1 - 6 / (n * (n**2 - 1)))
    half = NORMAL_95 * np.sqrt((1 + drawn_in**2 / 2) / freedom)
    z = np.arctanh(drawn_in)
    return float(np.tanh(z - half)), float(np.tanh(z + half))


def wider_interval(rho: float, drawn: np.ndarray, n: int, controls: int = 0) -> tuple[float, float]:
    """The union of the bootstrap percentile interval and the Fisher interval."""
    low, high = fisher_interval(rho, n, controls)
    defined = drawn[~np.isnan(drawn)]
    if len(defined):
        low = min(low, float(np.percentile(defined, 2.5)))
        high = max(high, float(np.percentile(defined, 97.5)))
    return low, high


def resampled_rows(n: int, resamples: int, seed: int) -> np.ndarray:
    """(resamples, n) row numbers, each row drawn with replacement from range(n)."""
    return np.random.default_rng(seed).integers(0, n, size=(resamples, n))


def _why_undefined(x: np.ndarray, y: np.ndarray) -> str:
    if np.ptp(x) == 0:
        return "the metric is the same for all models"
    if np.ptp(y) == 0:
        return "the score is the same for all models"
    return "the control explains the metric or the score completely"
