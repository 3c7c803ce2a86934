"""Candidates judged on the same rows: intervals over rows, and which cannot be told apart."""

import numpy as np
import pandas as pd
from scipy.stats import rankdata

DRAWS = 1000
COLUMNS = ("score", "low", "high", "behind", "behind_low", "behind_high", "tied")


def compare_hits(hits: np.ndarray, seed: int = 0) -> pd.DataFrame:
    """One row a candidate, with COLUMNS. hits: (candidates, n), how right each row was told.

    low, high: 95% interval of the mean over rows drawn anew. behind: below the best candidate,
    with the interval of that difference over the same draws. tied: it does not exclude 0.
    """
    n = hits.shape[1]
    draws = np.random.default_rng(seed).integers(0, n, (DRAWS, n))
    weights = np.stack([np.bincount(draw, minlength=n) for draw in draws]) / n
    return _table(hits.mean(axis=1), weights @ hits.T)


def compare_cosines(cosines: np.ndarray, targets: np.ndarray, seed: int = 0) -> pd.DataFrame:
    """The same for pairs, whose score is Spearman's rho of the cosines with the targets.

    cosines: (candidates, n). Draws in which all targets are equal are left out.
    """
    n = len(targets)
    draws = np.random.default_rng(seed).integers(0, n, (DRAWS, n))
    draws = draws[[len(np.unique(targets[draw])) > 1 for draw in draws]]
    score = np.array([_rho(row[None], targets[None])[0] for row in cosines])
    wanted = targets[draws]
    found = np.stack([_rho(row[draws], wanted) for row in cosines], axis=1)
    return _table(score, found)


def _table(score: np.ndarray, drawn: np.ndarray) -> pd.DataFrame:
    """drawn: (draws, candidates)."""
    best = int(np.nanargmax(score))
    low, high = np.nanpercentile(drawn, (2.5, 97.5), axis=0)
    gap = drawn[:, [best]] - drawn
    gap_low, gap_high = np.nanpercentile(gap, (2.5, 97.5), axis=0)
    return pd.DataFrame(
        {
            "score": score,
            "low": low,
            "high": high,
            "behind": score[best] - score,
            "behind_low": gap_low,
            "behind_high": gap_high,
            "tied": gap_low <= 0,
        }
    )


def _rho(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Spearman along the last axis, NaN where one side is constant. Ties share their mean rank."""
    ranks = [rankdata(values, axis=-1) for values in (x, y)]
    first, second = (one - one.mean(axis=-1, keepdims=True) for one in ranks)
    size = np.sqrt((first**2).sum(-1) * (second**2).sum(-1))
    rho: np.ndarray = np.divide(
        (first * second).sum(-1), size, out=np.full(len(x), np.nan), where=size > 0
    )
    return rho


def spearman_on(cosines: np.ndarray, targets: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Spearman's rho of every candidate on these rows alone, (candidates,)."""
    wanted = np.broadcast_to(targets[rows], (len(cosines), len(rows)))
    return _rho(cosines[:, rows], wanted)
