"""Does a metric's profile over layers follow the score's? With blocks of layers resampled."""

from dataclasses import dataclass

import numpy as np

from lrd_core.analysis.correlation import spearman

LEAST_LAYERS = 8
"""Fewer layers than this are no profile: drawing blocks of them leaves nothing to vary."""

RESAMPLES = 500


@dataclass(frozen=True)
class ProfileAssociation:
    """Two profiles of one model over the same layers, compared.

    shifted: the median distance correlation after turning one profile by every number of layers.
    Smooth curves of a few layers resemble each other by accident; this is how much.
    """

    distance_correlation: float
    low: float
    high: float
    rho: float
    rho_low: float
    rho_high: float
    shifted: float
    n_layers: int
    reason: str = ""


def distance_correlation(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Distance correlation along the last axis: 0 for independence, 1 for a linear relation.

    Shape: x, y (..., n) -> (...). Range: [0, 1]. NaN where x or y is constant.
    The square root of the sample version V_n^2(x, y) / sqrt(V_n^2(x) V_n^2(y)) with doubly centred
    distance matrices; biased upwards for few layers.
    Source: Szekely, Rizzo & Bakirov 2007.
    """
    a, b = _centred_distances(x), _centred_distances(y)
    # Sums instead of means: the ratio is the same, and no product of matrices is written down.
    covariance = _inner(a, b)
    product = np.sqrt(_inner(a, a) * _inner(b, b))
    with np.errstate(invalid="ignore", divide="ignore"):
        squared = covariance / product
    return np.where(product > 0, np.sqrt(np.clip(squared, 0, 1)), np.nan)


def compare_profiles(
    metric: np.ndarray, score: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0
) -> ProfileAssociation:
    """Distance and rank correlation of two profiles, intervals from the moving-block bootstrap.

    Shape: metric, score (n_layers,), in order of layers; layers where either is NaN are left out.
    Range: see distance_correlation and spearman. Intervals are 95% percentiles.
    """
    known = ~(np.isnan(metric) | np.isnan(score))
    x, y = metric[known], score[known]
    n = len(x)
    if n < LEAST_LAYERS:
        return _undefined(n, f"{n} layers; {LEAST_LAYERS} are needed")
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return _undefined(n, "a profile is flat")
    draws = moving_blocks(n, resamples, seed)
    low, high = _interval(distance_correlation(x[draws], y[draws]))
    rho_low, rho_high = _interval(spearman(x[draws], y[draws]))
    turns = (np.arange(n)[None, :] + np.arange(1, n)[:, None]) % n
    return ProfileAssociation(
        distance_correlation=float(distance_correlation(x, y)),
        low=low,
        high=high,
        rho=float(spearman(x, y)),
        rho_low=rho_low,
        rho_high=rho_high,
        shifted=float(np.median(distance_correlation(x[turns], np.broadcast_to(y, turns.shape)))),
        n_layers=n,
    )


def moving_blocks(n: int, resamples: int, seed: int) -> np.ndarray:
    """(resamples, n) positions made of overlapping blocks of neighbours.

    Blocks are ceil(n^(1/3)) + 1 long, so that neighbouring layers, which resemble each other, are
    drawn together. Source: Kunsch 1989.
    """
    length = int(np.ceil(n ** (1 / 3))) + 1
    blocks = int(np.ceil(n / length))
    starts = np.random.default_rng(seed).integers(0, n - length + 1, size=(resamples, blocks))
    return (starts[:, :, None] + np.arange(length)).reshape(resamples, -1)[:, :n]


def _centred_distances(x: np.ndarray) -> np.ndarray:
    distances = np.asarray(x[..., :, None] - x[..., None, :])
    np.abs(distances, out=distances)
    rows = distances.mean(axis=-1, keepdims=True)
    whole = rows.mean(axis=-2, keepdims=True)
    distances -= rows - whole / 2
    distances -= (rows - whole / 2).swapaxes(-1, -2)  # distances are the same both ways
    return distances


def _inner(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("...ij,...ij->...", a, b))


def _interval(drawn: np.ndarray) -> tuple[float, float]:
    defined = drawn[~np.isnan(drawn)]
    if not len(defined):
        return float("nan"), float("nan")
    return float(np.percentile(defined, 2.5)), float(np.percentile(defined, 97.5))


def _undefined(n: int, reason: str) -> ProfileAssociation:
    nan = float("nan")
    return ProfileAssociation(nan, nan, nan, nan, nan, nan, nan, n, reason)
