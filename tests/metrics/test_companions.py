"""CKA, TwoNN, anisotropy, participation ratio: against kept libraries and closed forms."""

import numpy as np
import pytest
import skdim
from hypothesis import given, settings
from hypothesis import strategies as st

from lrd_core.errors import MetricError
from lrd_core.metrics import anisotropy, cka_matrix, linear_cka, participation_ratio, twonn
from tests.metrics import independent
from tests.metrics.examples import drifting_layers

SEEDS = st.integers(0, 2**32 - 1)


def sheet(n: int, dimension: int, width: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.uniform(size=(n, dimension)) @ rng.standard_normal((dimension, width))


@pytest.mark.parametrize(("dimension", "width"), [(2, 10), (5, 40)])
def test_twonn_is_scikit_dimensions(dimension, width):
    z = sheet(400, dimension, width)
    assert twonn(z) == pytest.approx(skdim.id.TwoNN().fit(z).dimension_, rel=1e-6)
    assert twonn(z, 0.2) == pytest.approx(
        skdim.id.TwoNN(discard_fraction=0.2).fit(z).dimension_, rel=1e-6
    )


def test_twonn_finds_the_dimension_of_a_sheet():
    for dimension in (1, 2, 4):
        assert twonn(sheet(1500, dimension, 30)) == pytest.approx(dimension, rel=0.12)


def test_twonn_ignores_rotation_scale_shift_and_distance_from_the_origin():
    z = sheet(300, 3, 8)
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((8, 8)))[0]
    assert twonn(5 * z @ turn + 1000) == pytest.approx(twonn(z), rel=1e-6)


def test_twonn_leaves_duplicates_out():
    z = sheet(300, 3, 8)
    far = np.full((2, 8), 100.0)  # two equal texts far away: no ratio, nobody's neighbour
    assert twonn(np.concatenate([z, far])) == pytest.approx(twonn(z), rel=1e-9)


def test_twonn_errors():
    with pytest.raises(MetricError, match="only 0 texts without an exact duplicate"):
        twonn(np.repeat(sheet(20, 2, 5), 2, axis=0))
    with pytest.raises(MetricError, match="embeddings has 5 rows"):
        twonn(sheet(5, 2, 5))
    with pytest.raises(MetricError, match=r"discard_fraction = 1 must lie in \[0, 1\)"):
        twonn(sheet(20, 2, 5), 1)
    corners = np.eye(12)
    with pytest.raises(MetricError, match="two equally near neighbours"):
        twonn(corners)


def test_golden(golden):
    layers = drifting_layers()
    assert linear_cka(layers[0], layers[-1][:, :10]) == pytest.approx(golden["linear_cka"])
    assert anisotropy(layers[-1]) == pytest.approx(golden["anisotropy"])
    assert participation_ratio(layers[-1]) == pytest.approx(golden["participation_ratio"])


@given(SEEDS)
@settings(max_examples=15)
def test_cka_is_one_up_to_rotation_and_scale_and_symmetric(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((15, 6)), rng.standard_normal((15, 25))
    turn = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    assert linear_cka(x, 3 * x @ turn + 1) == pytest.approx(1)
    value = linear_cka(x, y)
    assert 0 <= value <= 1
    assert linear_cka(y, x) == pytest.approx(value)
    assert value == pytest.approx(independent.linear_cka(x, y))
    order = rng.permutation(15)
    assert linear_cka(x[order], y[order]) == pytest.approx(value)


def test_cka_matrix_holds_every_pair_for_any_widths(monkeypatch):
    monkeypatch.setattr("lrd_core.metrics.similarity.ROWS_PER_BLOCK", 64)
    a, b = drifting_layers(), drifting_layers(d=40, layers=4, seed=1)
    across = cka_matrix(a, b)
    assert across.shape == (6, 4)
    for i, j in ((0, 0), (2, 3), (5, 1)):
        assert across[i, j] == pytest.approx(linear_cka(a[i], b[j]), rel=1e-9)
    within = cka_matrix(a)
    np.testing.assert_allclose(within, within.T)
    np.testing.assert_allclose(within.diagonal(), 1)
    assert within[0, 1] > within[0, 5] > across.max()


def test_cka_of_a_constant_layer_is_missing():
    a = drifting_layers(layers=2)
    assert np.isnan(linear_cka(a[0], np.full((150, 3), 0.1)))
    within = cka_matrix([np.full_like(a[0], 0.1), a[1]])
    assert np.isnan(within).tolist() == [[True, True], [True, False]]


def test_cka_errors():
    a = drifting_layers(layers=2)
    with pytest.raises(MetricError, match="x has 150 texts, y 149"):
        linear_cka(a[0], a[1][:-1])
    with pytest.raises(MetricError, match="layer 1 has 149 texts, layer 0 has 150"):
        cka_matrix(a[:1], [a[1][:-1]])


def test_anisotropy_of_known_directions():
    assert anisotropy(np.eye(5)) == pytest.approx(0)
    assert anisotropy(np.array([[1.0, 0], [5, 0], [0.1, 0]])) == pytest.approx(1)
    simplex = np.eye(4) - 0.25
    assert anisotropy(simplex) == pytest.approx(-1 / 3)
    cloud = np.random.default_rng(0).standard_normal((300, 20))
    assert anisotropy(cloud) == pytest.approx(0, abs=0.02)
    assert anisotropy(cloud + 10) > 0.95


def test_participation_ratio_of_known_variances():
    rng = np.random.default_rng(0)
    axes = np.concatenate([np.eye(3), -np.eye(3)])
    assert participation_ratio(axes) == pytest.approx(3)
    assert participation_ratio(axes * [1, 1, 0]) == pytest.approx(2)
    wide = np.concatenate([axes, np.zeros((6, 10))], axis=1)
    assert participation_ratio(wide + rng.standard_normal(13)) == pytest.approx(3)
    with pytest.raises(MetricError, match="undefined: all rows are equal"):
        participation_ratio(np.full((5, 3), 0.1))
