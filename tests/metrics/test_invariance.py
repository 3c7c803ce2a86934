"""InfoNCE, DiME and LiDAR: closed forms, invariances, golden values, positive controls."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lrd_core.errors import MetricError
from lrd_core.metrics import dime, infonce, lidar, matrix_entropy
from lrd_core.metrics.arrays import centred_unit
from tests.metrics import independent
from tests.metrics.examples import augmented_views

SEEDS = st.integers(0, 2**32 - 1)


def test_infonce_of_orthonormal_pairs_has_a_closed_form():
    n = 6
    result = infonce(np.eye(n), np.eye(n), temperature=0.5)
    expected = math.log(math.exp(2) + n - 1) - 2
    assert result.loss == pytest.approx(expected)
    assert result.normalised == pytest.approx(1 - expected / math.log(n))


def test_infonce_of_equal_texts_is_chance():
    result = infonce(np.ones((9, 4)), np.ones((9, 4)))
    assert result.loss == pytest.approx(math.log(9))
    assert result.normalised == pytest.approx(0)


def test_infonce_blocks_change_nothing(monkeypatch):
    views = augmented_views()
    whole = infonce(views[:, 0], views[:, 1])
    monkeypatch.setattr("lrd_core.metrics.invariance.ROWS_PER_LOGITS", 7)
    assert infonce(views[:, 0], views[:, 1]).loss == pytest.approx(whole.loss, rel=1e-13)


@given(SEEDS)
@settings(max_examples=10)
def test_infonce_ignores_rotation_row_scale_and_order(seed):
    views = augmented_views(n=15, q=2, d=6, seed=seed)
    a, b = views[:, 0], views[:, 1]
    rng = np.random.default_rng(seed)
    turn, order = np.linalg.qr(rng.standard_normal((6, 6)))[0], rng.permutation(15)
    scale = rng.uniform(0.2, 5, (15, 1))
    changed = infonce((scale * a @ turn)[order], (b @ turn)[order])
    assert changed.loss == pytest.approx(infonce(a, b).loss)
    assert infonce(a, b).loss >= 0


def test_golden(golden):
    views = augmented_views()
    assert infonce(views[:, 0], views[:, 1]).loss == pytest.approx(golden["infonce"], rel=1e-10)
    assert lidar(views) == pytest.approx(golden["lidar"], rel=1e-9)


@pytest.mark.parametrize("metric", [lambda a, b: infonce(a, b).normalised, dime])
def test_right_pairs_score_above_wrong_pairs(metric):
    views = augmented_views()
    a, b = views[:, 0], views[:, 1]
    assert metric(a, b) > metric(a, np.roll(b, 1, axis=0)) + 0.01


def test_dime_equals_the_formula_pair_by_pair():
    views = augmented_views(n=25)
    a, b = views[:, 0], views[:, 1]
    generator = np.random.default_rng(5)
    orders = [generator.permutation(25) for _ in range(4)]
    expected = independent.dime(a, b, orders)
    assert dime(a, b, permutations=4, seed=5) == pytest.approx(expected, abs=1e-12)
    unit_a, unit_b = independent.unit(a), independent.unit(b)
    assert dime(a, b, permutations=4, seed=5, recipe="unit") == pytest.approx(
        independent.dime(unit_a, unit_b, orders), abs=1e-12
    )


def test_dime_of_equal_texts_is_zero_whatever_the_pairing():
    assert dime(np.ones((8, 3)), np.ones((8, 3))) == pytest.approx(0, abs=1e-12)


def test_dime_of_orthonormal_texts_is_zero():
    # Ka o P Kb P^T is the identity for every P
    assert dime(np.eye(7), np.eye(7)) == pytest.approx(0, abs=1e-12)


@given(SEEDS, st.sampled_from([1.0, 2.0]))
@settings(max_examples=8)
def test_dime_ignores_rotation_and_repeats_exactly(seed, alpha):
    views = augmented_views(n=20, q=2, d=6, seed=seed)
    a, b = views[:, 0], views[:, 1]
    turn = np.linalg.qr(np.random.default_rng(seed).standard_normal((6, 6)))[0]
    assert dime(a, b, alpha) == dime(a, b, alpha)
    assert dime(a @ turn, 3 * b, alpha) == pytest.approx(dime(a, b, alpha), abs=1e-9)


def test_dime_published_takes_the_smaller_side():
    views = augmented_views(n=30, d=8)
    a, b = views[:, 0], views[:, 1]
    assert dime(a, b, mode="published") == pytest.approx(dime(a.T, b.T))
    assert dime(a[:6], b[:6], mode="published") == dime(a[:6], b[:6])


def test_lidar_of_known_scatters():
    # four texts at +-e1, +-e2 whose two views differ along e3 only
    means = np.array([[1.0, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]])
    offset = np.array([0, 0, 0.5])
    views = np.stack([means + offset, means - offset], axis=1)
    assert lidar(views) == pytest.approx(math.log(2))
    stretched = views * [3, 1, 1]
    p = np.array([0.9, 0.1])
    assert lidar(stretched) == pytest.approx(-(p * np.log(p)).sum())


def test_lidar_is_invariant_to_rotation_order_and_shift():
    views = augmented_views()
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.standard_normal((16, 16)))[0]
    changed = views[rng.permutation(40)][:, rng.permutation(5)] @ turn + 4
    assert lidar(changed) == pytest.approx(lidar(views), rel=1e-9)


def test_lidar_sides_agree():
    views = augmented_views(n=12, d=30)
    assert lidar(views) == pytest.approx(independent.lidar(views), rel=1e-8)


def test_lidar_falls_when_texts_collapse_to_one_direction():
    views = augmented_views(n=200)
    collapsed = views.copy()
    collapsed[..., 1:] -= collapsed[..., 1:].mean(axis=1, keepdims=True) * 0.999
    assert lidar(collapsed) < 0.5 * lidar(views)


def test_lidar_of_equal_texts_is_zero():
    noise = np.random.default_rng(0).standard_normal((1, 4, 6))
    assert lidar(np.tile(noise, (5, 1, 1))) == pytest.approx(0, abs=1e-9)


def test_float32_and_tensors_agree_within_1e_4():
    views = augmented_views().astype(np.float32)
    assert lidar(views) == pytest.approx(lidar(views.astype(float)), rel=1e-4)
    tensor = torch.from_numpy(views)
    assert lidar(tensor) == lidar(views)
    assert dime(tensor[:, 0], tensor[:, 1]) == dime(views[:, 0], views[:, 1])


@pytest.mark.parametrize("scale", [1, 30, 1000])
def test_lidar_of_few_float32_views_is_that_of_float64(scale):
    rng = np.random.default_rng(0)
    views = scale * (rng.normal(size=(20, 1, 256)) + 0.5 * rng.normal(size=(20, 4, 256)))
    single = views.astype(np.float32)
    assert lidar(single) == lidar(single.astype(np.float64))
    assert lidar(single) == pytest.approx(lidar(views), rel=1e-4)


def test_lidar_that_loses_delta_beside_the_scatter_is_refused():
    views = np.random.default_rng(0).normal(size=(20, 4, 256)) * 1e9
    with pytest.raises(MetricError, match=r"too large for delta = 0.0001.*scale the views down"):
        lidar(views)


def test_centred_unit_is_the_recipe_of_the_entropies():
    z = torch.from_numpy(augmented_views()[:, 0])
    prepared = centred_unit(z, z.mean(dim=0))
    assert matrix_entropy(prepared, recipe=None) == pytest.approx(matrix_entropy(z))


def test_errors():
    views = augmented_views()
    a = views[:, 0]
    for metric in (infonce, dime):
        with pytest.raises(MetricError, match=r"view a has shape \(40, 16\), view b \(39, 16\)"):
            metric(a, a[:-1])
        with pytest.raises(MetricError, match="view b holds NaN or Inf, first in row 3"):
            broken = a.copy()
            broken[3, 0] = np.nan
            metric(a, broken)
        with pytest.raises(MetricError, match="view a has 1 rows"):
            metric(a[:1], a[:1])
    with pytest.raises(MetricError, match="temperature = 0 must be above 0"):
        infonce(a, a, temperature=0)
    with pytest.raises(MetricError, match="permutations = 0 must be at least 1"):
        dime(a, a, permutations=0)
    with pytest.raises(MetricError, match=r"permutations = 2\.5 must be a whole number"):
        dime(a, a, permutations=2.5)
    with pytest.raises(MetricError, match=r"views must have shape \(n >= 2, q >= 2, d\), got"):
        lidar(views[:, :1])
    with pytest.raises(MetricError, match=r"delta = 0 must be above 0"):
        lidar(views, delta=0)
