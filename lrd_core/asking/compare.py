"""Candidates judged on the same rows: intervals over rows, and which cannot be told apart."""

import numpy as np
import pandas as pd

from lrd_core.analysis.correlation import spearman

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
    score = np.array([spearman(row[None], targets[None])[0] for row in cosines])
    wanted = targets[draws]
    found = np.stack([spearman(row[draws], wanted) for row in cosines], axis=1)
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


def spearman_on(cosines: np.ndarray, targets: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Spearman's rho of every candidate on these rows alone, (candidates,)."""
    wanted = np.broadcast_to(targets[rows], (len(cosines), len(rows)))
    return spearman(cosines[:, rows], wanted)
