"""Measures of two layers: against independent implementations, axioms, positive controls."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import orthogonal_procrustes
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr
from sklearn.neighbors import NearestNeighbors

from lrd_core.errors import MetricError
from lrd_core.metrics import alpha_req, debiased_cka, mutual_knn, procrustes, rsa
from lrd_core.metrics.alikeness import MEASURES, alikeness_matrix, sampled
from tests.metrics.examples import drifting_layers

SEEDS = st.integers(0, 2**32 - 1)
ALONE = {
    "cka_debiased": debiased_cka,
    "procrustes": procrustes,
    "rsa": rsa,
    "mutual_knn": mutual_knn,
}


def by_definition(x: np.ndarray, y: np.ndarray) -> float:
    """The unbiased HSIC of Song et al. as its sum over four different items."""
    n = len(x)
    ones = np.ones(n)

    def hsic(k: np.ndarray, m: np.ndarray) -> float:
        k, m = k - np.diag(np.diag(k)), m - np.diag(np.diag(m))
        middle = (ones @ k @ ones) * (ones @ m @ ones) / ((n - 1) * (n - 2))
        whole = np.trace(k @ m) + middle - 2 / (n - 2) * (ones @ k @ m @ ones)
        return float(whole / (n * (n - 3)))

    k, m = x @ x.T, y @ y.T
    return hsic(k, m) / np.sqrt(hsic(k, k) * hsic(m, m))


def turned_onto(x: np.ndarray, y: np.ndarray) -> float:
    """1 - half of what is left after scipy turned one matrix onto the other."""
    x, y = x - x.mean(0), y - y.mean(0)
    x, y = x / np.linalg.norm(x), y / np.linalg.norm(y)
    width = max(x.shape[1], y.shape[1])
    x, y = (np.pad(z, ((0, 0), (0, width - z.shape[1]))) for z in (x, y))
    turn, _ = orthogonal_procrustes(x, y)
    return 1 - float(np.linalg.norm(x @ turn - y) ** 2) / 2


def both_have(x: np.ndarray, y: np.ndarray) -> float:
    found = [
        NearestNeighbors(n_neighbors=11, metric="cosine").fit(z).kneighbors(z)[1][:, 1:]
        for z in (x, y)
    ]
    return float(np.mean([len(set(a) & set(b)) / 10 for a, b in zip(*found, strict=True)]))


INDEPENDENT = {
    "cka_debiased": by_definition,
    "procrustes": turned_onto,
    "rsa": lambda x, y: float(spearmanr(pdist(x, "cosine"), pdist(y, "cosine")).statistic),
    "mutual_knn": both_have,
}

each = pytest.mark.parametrize("name", MEASURES)


@each
@pytest.mark.parametrize(("n", "widths"), [(40, (6, 25)), (20, (30, 50))])
def test_it_is_what_an_independent_computation_gives(name, n, widths):
    rng = np.random.default_rng(n)
    x, y = (rng.standard_normal((n, width)) for width in widths)
    y[:, :6] += 2 * x[:, :6]
    assert ALONE[name](x, y) == pytest.approx(INDEPENDENT[name](x, y), abs=1e-9)


@each
@given(seed=SEEDS)
@settings(max_examples=10)
def test_it_is_one_up_to_turn_and_scale_and_symmetric(name, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((24, 6)), rng.standard_normal((24, 30))
    turn = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    alone = ALONE[name]
    assert alone(x, 3 * x @ turn) == pytest.approx(1)
    assert alone(y, x) == pytest.approx(alone(x, y))
    order = rng.permutation(24)
    assert alone(x[order], y[order]) == pytest.approx(alone(x, y))


def test_few_texts_push_plain_cka_up_and_the_debiased_one_not():
    from lrd_core.metrics import linear_cka

    rng = np.random.default_rng(0)
    pairs = [(rng.standard_normal((30, 200)), rng.standard_normal((30, 200))) for _ in range(40)]
    assert np.mean([linear_cka(x, y) for x, y in pairs]) > 0.8
    assert abs(np.mean([debiased_cka(x, y) for x, y in pairs])) < 0.05


@each
def test_a_matrix_holds_every_pair_and_near_layers_are_more_alike(name):
    layers = [z.astype(np.float64) for z in drifting_layers()]
    cells = alikeness_matrix(name, layers, layers[:3])
    assert cells.shape == (6, 3)
    assert cells[4, 1] == pytest.approx(ALONE[name](layers[4], layers[1]))
    assert cells[1, 0] > cells[5, 0]
    np.testing.assert_allclose(cells[:3].diagonal(), 1)


@pytest.mark.parametrize("name", ["cka_debiased", "procrustes"])
def test_a_constant_layer_gives_no_number(name):
    x = drifting_layers(layers=1)[0]
    assert np.isnan(ALONE[name](x, np.full((150, 3), 0.1)))


def test_errors():
    x = np.random.default_rng(0).standard_normal((12, 3))
    with pytest.raises(MetricError, match="x has 12 texts, y 11"):
        rsa(x, x[:-1])
    with pytest.raises(MetricError, match="3 texts are too few to compare layers; at least 4"):
        debiased_cka(x[:3], x[:3])
    with pytest.raises(MetricError, match="k = 12"):
        mutual_knn(x, x, 12)


def test_many_texts_are_sampled_once_and_for_all():
    assert sampled(100).tolist() == list(range(100))
    assert len(sampled(3000)) == 512
    assert sampled(3000).tolist() == sampled(3000).tolist() == sorted(set(sampled(3000)))


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
def test_alpha_req_finds_the_exponent_of_a_power_law(alpha):
    rng = np.random.default_rng(1)
    sides = np.linalg.qr(rng.standard_normal((300, 80)))[0]
    sides = np.linalg.qr(sides - sides.mean(0))[0]
    z = sides * np.arange(1, 81) ** (-alpha / 2)
    assert alpha_req(z) == pytest.approx(alpha, abs=1e-6)


def test_alpha_req_is_a_weighted_line_through_the_logarithms():
    z = drifting_layers(layers=1)[0].astype(np.float64)
    values = np.linalg.eigvalsh(np.cov(z.T))[::-1]
    values = values[values > 1e-12 * values[0]][:100]
    rank = np.arange(1, len(values) + 1)
    slope = np.polyfit(np.log(rank), np.log(values), 1, w=np.sqrt(1 / rank))[0]
    assert alpha_req(z) == pytest.approx(-slope, rel=1e-6)


def test_alpha_req_of_a_line_is_undefined():
    with pytest.raises(MetricError, match="1 directions have variance"):
        alpha_req(np.outer(np.arange(20.0), np.ones(5)))
