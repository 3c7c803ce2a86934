"""How good a layer is by a few labels: nearest neighbours, a linear probe, LogME, the H-score.

The first two say of each text whether it was told right while it was left out, so that intervals
and ties can be had over texts; the last two are one number a layer.
"""

import math

import numpy as np

from lrd_core.errors import MetricError

K = 10


def unit_rows(embeddings: np.ndarray) -> np.ndarray:
    """Rows of length 1 in float64; rows of 0 stay."""
    rows = embeddings.astype(np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: np.ndarray = rows / np.where(lengths > 0, lengths, 1.0)
    return unit


def knn_hits(
    cosines: np.ndarray, codes: np.ndarray, judged: np.ndarray, known: np.ndarray
) -> np.ndarray:
    """Whether the k nearest known texts, weighed by their cosine, name a text's own class.

    cosines: (n, n). codes: (n,) classes as whole numbers from 0. judged, known: places; a text is
    never its own neighbour. k = 10, or as many as there are. Of equal votes the lower class counts.
    Shape: (judged,) of 0 and 1.
    """
    part = cosines[np.ix_(judged, known)].copy()
    part[judged[:, None] == known[None, :]] = -np.inf
    k = min(K, len(known) - int(np.isin(judged, known).any()))
    if k < 1:
        raise MetricError(f"{len(known)} labelled texts have no neighbours; label more")
    nearest = np.argpartition(-part, k - 1, axis=1)[:, :k]
    # Shifted to 0 and above: an opposite neighbour is a weak vote and not one against its class.
    weights = 1 + np.take_along_axis(part, nearest, axis=1)
    votes = np.zeros((len(judged), int(codes.max()) + 1))
    rows = np.repeat(np.arange(len(judged)), k)
    np.add.at(votes, (rows, codes[known][nearest].ravel()), weights.ravel())
    hits: np.ndarray = (votes.argmax(axis=1) == codes[judged]).astype(float)
    return hits


def probe_hits(
    embeddings: np.ndarray, codes: np.ndarray, folds: int, repeats: int, seed: int
) -> np.ndarray:
    """Share of repeats in which a logistic probe tells a left out text right, (n,) from 0 to 1.

    Stratified folds, drawn anew each time. The training rows' mean is taken off and their size
    divided out, by one number, so that the probe sees the same geometry at any scale.
    Raises: MetricError where a class has fewer texts than there are folds.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import RepeatedStratifiedKFold

    fewest = int(np.bincount(codes).min())
    if fewest < folds:
        raise MetricError(
            f"a class has {fewest} labelled texts, too few for {folds} folds; label more or use "
            "fewer folds"
        )
    hits = np.zeros(len(codes))
    splits = RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=seed)
    rows = embeddings.astype(np.float64)
    for training, judged in splits.split(rows, codes):
        mean = rows[training].mean(axis=0)
        size = float(np.sqrt(((rows[training] - mean) ** 2).mean())) or 1.0
        probe = LogisticRegression(C=0.1, max_iter=200)
        probe.fit((rows[training] - mean) / size, codes[training])
        hits[judged] += probe.predict((rows[judged] - mean) / size) == codes[judged]
    return hits / repeats


def logme(embeddings: np.ndarray, codes: np.ndarray, steps: int = 100) -> float:
    """Mean over classes of the maximised log evidence a text of a linear model for 'is it this?'.

    Evidence of alpha (weights) and beta (noise) by the fixed-point steps of the paper, on
    rows as given. Higher is better; comparable between layers of the same texts alone.
    Shape: embeddings (n, d), codes (n,).
    Raises: MetricError for rows without variance. Source: LogME, You et al. 2021.
    """
    rows = embeddings.astype(np.float64)
    left, singular, _ = np.linalg.svd(rows, full_matrices=False)
    if singular[0] == 0:
        raise MetricError("all vectors are 0, so that LogME is undefined")
    squares = singular**2
    found = [
        _evidence(left, squares, (codes == one).astype(float), rows.shape[1], steps)
        for one in np.unique(codes)
    ]
    return float(np.mean(found))


def _evidence(
    left: np.ndarray, squares: np.ndarray, y: np.ndarray, width: int, steps: int
) -> float:
    n = len(y)
    projected = left.T @ y
    beyond = max(float(y @ y - projected @ projected), 0.0)
    alpha = beta = 1.0
    for _ in range(steps):
        t = alpha / beta
        gamma = float((squares / (squares + t)).sum())
        weights = float((squares * projected**2 / (squares + t) ** 2).sum())
        residual = float((projected**2 / (1 + squares / t) ** 2).sum()) + beyond
        alpha = gamma / (weights + 1e-5)
        beta = (n - gamma) / (residual + 1e-5)
        if abs(alpha / beta - t) / t <= 1e-3:
            break
    t = alpha / beta
    weights = float((squares * projected**2 / (squares + t) ** 2).sum())
    residual = float((projected**2 / (1 + squares / t) ** 2).sum()) + beyond
    # log det(alpha I + beta F'F): the directions without variance count with alpha alone.
    determinant = float(np.log(alpha + beta * squares).sum())
    determinant += (width - len(squares)) * math.log(alpha)
    evidence = width / 2 * math.log(alpha) + n / 2 * math.log(beta)
    evidence -= determinant / 2 + beta / 2 * residual + alpha / 2 * weights
    return (evidence - n / 2 * math.log(2 * math.pi)) / n


def h_score(embeddings: np.ndarray, codes: np.ndarray) -> float:
    """Variance between classes in units of the whole variance: trace of S^-1 (1 - a) S_between.

    S is the covariance shrunk by Ledoit and Wolf's share a, without which the value of few texts
    is their number of classes whatever the vectors.
    Shape: embeddings (n, d), codes (n,). Range: 0 and above.
    Raises: MetricError for rows without variance.
    Source: H-score, Bao et al. 2019; shrunk as Ibrahim et al. 2021.
    """
    from sklearn.covariance import ledoit_wolf

    rows = embeddings.astype(np.float64)
    rows = rows - rows.mean(axis=0)
    if not rows.any():
        raise MetricError("all vectors are equal, so that the H-score is undefined")
    shrunk, share = ledoit_wolf(rows, assume_centered=True)
    means = np.zeros_like(rows)
    for one in np.unique(codes):
        means[codes == one] = rows[codes == one].mean(axis=0)
    between = means.T @ means / len(rows)
    return float((1 - share) * np.trace(np.linalg.solve(shrunk, between)))


def pair_cosines(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Cosine of each pair of rows, (n,)."""
    cosines: np.ndarray = (unit_rows(first) * unit_rows(second)).sum(axis=1)
    return cosines
