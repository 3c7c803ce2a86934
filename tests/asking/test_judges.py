"""Judges of a layer by labels: against independent computations, and known answers."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier

from lrd_core.asking.answers import CHOSEN, ORACLE
from lrd_core.asking.compare import compare_cosines, compare_hits
from lrd_core.asking.curve import learning_curve
from lrd_core.asking.judges import h_score, knn_hits, logme, probe_hits, unit_rows
from lrd_core.errors import MetricError


def blobs(n: int = 60, width: int = 12, apart: float = 1.5, seed: int = 0):
    """Three classes, and vectors that stand `apart` of each other's mean."""
    rng = np.random.default_rng(seed)
    codes = np.arange(n) % 3
    return rng.standard_normal((n, width)) + apart * np.eye(3, width)[codes], codes


def evidence(rows: np.ndarray, y: np.ndarray) -> float:
    """The largest log evidence a row of a linear model, on a grid, by the Gaussian of y itself."""
    n = len(y)

    def log_density(alpha: float, beta: float) -> float:
        covariance = np.eye(n) / beta + rows @ rows.T / alpha
        _, size = np.linalg.slogdet(2 * np.pi * covariance)
        return float(-(size + y @ np.linalg.solve(covariance, y)) / 2)

    grid = np.exp(np.linspace(-4, 7, 67))
    return max(log_density(alpha, beta) for alpha in grid for beta in grid) / n


@pytest.mark.parametrize(("n", "width"), [(40, 6), (24, 40)])
def test_logme_is_the_largest_evidence(n, width):
    rows, codes = blobs(n, width)
    expected = np.mean([evidence(rows, (codes == one).astype(float)) for one in range(3)])
    assert logme(rows, codes) == pytest.approx(expected, abs=0.01)


def test_h_score_is_its_definition_with_the_shrunk_covariance():
    rows, codes = blobs()
    z = rows - rows.mean(axis=0)
    n, d = z.shape
    s = z.T @ z / n
    mu = np.trace(s) / d
    delta = ((s - mu * np.eye(d)) ** 2).sum() / d
    beta = sum(((np.outer(row, row) - s) ** 2).sum() for row in z) / (d * n**2)
    share = min(beta, delta) / delta
    shrunk = (1 - share) * s + share * mu * np.eye(d)
    means = np.stack([z[codes == code].mean(axis=0) for code in codes])
    expected = (1 - share) * np.trace(np.linalg.pinv(shrunk) @ (means.T @ means / n))
    assert h_score(rows, codes) == pytest.approx(expected, rel=1e-6)


def test_neighbours_vote_as_sklearns_do():
    rows, codes = blobs()
    unit = unit_rows(rows)
    known, judged = np.arange(40), np.arange(40, 60)
    theirs = KNeighborsClassifier(10, metric="cosine", weights=lambda d: 2 - d)
    expected = theirs.fit(unit[known], codes[known]).predict(unit[judged]) == codes[judged]
    found = knn_hits(unit @ unit.T, codes, judged, known)
    np.testing.assert_array_equal(found, expected)


def test_no_text_votes_for_itself():
    unit = np.eye(12)  # all others are equally far, so that only itself would be near
    codes = np.arange(12)
    everyone = np.arange(12)
    assert knn_hits(unit @ unit.T, codes, everyone, everyone).sum() == 0


def test_a_probe_is_judged_on_what_it_has_not_seen():
    rows, codes = blobs(apart=3.0)
    assert probe_hits(rows, codes, 5, 2, 0).mean() > 0.9
    shuffled = np.random.default_rng(1).permutation(codes)
    assert probe_hits(rows, shuffled, 5, 2, 0).mean() < 0.55
    assert probe_hits(1e3 * rows + 7, codes, 5, 1, 0) == pytest.approx(
        probe_hits(rows, codes, 5, 1, 0)
    )


def test_one_repeat_is_a_plain_stratified_cross_validation():
    rows, codes = blobs()
    hits = np.zeros(60)
    for train, test in StratifiedKFold(4, shuffle=True, random_state=None).split(rows, codes):
        centred = rows - rows[train].mean(axis=0)
        scale = np.sqrt((centred[train] ** 2).mean())
        fit = LogisticRegression(C=0.1, max_iter=200).fit(centred[train] / scale, codes[train])
        hits[test] = fit.predict(centred[test] / scale) == codes[test]
    # Other folds than ours: near, and not equal.
    assert probe_hits(rows, codes, 4, 10, 0).mean() == pytest.approx(hits.mean(), abs=0.12)


@pytest.mark.parametrize("judge", [logme, h_score])
def test_classes_that_stand_apart_are_judged_better(judge):
    far, codes = blobs(apart=3.0)
    near, _ = blobs(apart=0.3)
    assert judge(far, codes) > judge(near, codes)
    turn = np.linalg.qr(np.random.default_rng(2).standard_normal((12, 12)))[0]
    assert judge(far @ turn, codes) == pytest.approx(judge(far, codes), rel=1e-6)


def test_what_cannot_be_judged_says_why():
    codes = np.arange(6) % 2
    with pytest.raises(MetricError, match="all vectors are 0"):
        logme(np.zeros((6, 3)), codes)
    with pytest.raises(MetricError, match="all vectors are equal"):
        h_score(np.ones((6, 3)), codes)
    with pytest.raises(MetricError, match="a class has 3 labelled texts, too few for 5 folds"):
        probe_hits(np.eye(6), codes, 5, 1, 0)


def test_ties_are_what_the_draws_cannot_exclude():
    rng = np.random.default_rng(0)
    hits = (rng.random((3, 200)) < np.array([[0.9], [0.88], [0.5]])).astype(float)
    table = compare_hits(hits)
    assert table["tied"].tolist() == [True, True, False]
    assert table["behind"].min() == 0
    assert ((table["low"] <= table["score"]) & (table["score"] <= table["high"])).all()
    # The interval is that of a mean of 200 draws.
    assert table["high"][2] - table["low"][2] == pytest.approx(4 * 0.5 / np.sqrt(200), rel=0.15)


def test_pairs_are_compared_by_their_rank_correlation():
    from scipy.stats import spearmanr

    rng = np.random.default_rng(0)
    targets = rng.integers(0, 5, 80).astype(float)
    cosines = np.stack([targets + rng.standard_normal(80), rng.standard_normal(80)])
    table = compare_cosines(cosines, targets)
    assert table["score"].tolist() == pytest.approx(
        [spearmanr(row, targets).statistic for row in cosines]
    )
    assert table["tied"].tolist() == [True, False]


def test_more_labels_choose_the_better_layer_more_often():
    rng = np.random.default_rng(0)
    right = (rng.random((2, 400)) < np.array([[0.6], [0.7]])).astype(float)

    def score_on(known: np.ndarray, judged: np.ndarray) -> np.ndarray:
        return right[:, judged].mean(axis=1)

    curve = learning_curve(score_on, 400, {"last layer": 0})
    wide = curve.pivot(index="labels", columns="way", values="score")
    assert wide.index.tolist() == [10, 20, 50, 100, 200]
    assert wide[CHOSEN].iloc[-1] > wide[CHOSEN].iloc[0]
    assert (wide[ORACLE] >= wide[CHOSEN]).all()
    assert (wide["last layer"] < wide[ORACLE]).all()
    assert set(curve["n"] + curve["labels"]) == {400}
