"""kNN and NRS: exactness, ties, sharing, known overlaps."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lrd_core.errors import MetricError
from lrd_core.metrics import nearest_neighbours, nrs
from lrd_core.metrics.retention import choose_anchors, jaccard
from tests.metrics.examples import drifting_layers
from tests.metrics.independent import neighbour_lists


def test_neighbours_are_exact_and_sorted():
    z = drifting_layers(n=130)[0]
    ids, similarity = neighbour_lists(z, 12)
    found = nearest_neighbours(z, 12, block=31)
    np.testing.assert_array_equal(found.ids, ids)
    np.testing.assert_allclose(found.similarity, similarity, rtol=0, atol=1e-12)
    assert found.ids.dtype == np.int32 and found.k == 12


def test_known_neighbours_on_a_fan_of_directions():
    angles = np.array([0.0, 0.1, 0.3, 0.7])
    z = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    assert nearest_neighbours(z, 2).ids.tolist() == [[1, 2], [0, 2], [1, 0], [2, 1]]


@pytest.mark.parametrize("block", [3, 512])
def test_ties_go_to_the_lower_index(block):
    base = drifting_layers(n=10, d=7)[0]
    z = np.concatenate([base, base, base])  # every row three times, at i, i + 10, i + 20
    found = nearest_neighbours(z, 4, block=block)
    for i in range(30):
        twins = [j for j in (i % 10, i % 10 + 10, i % 10 + 20) if j != i]
        assert found.ids[i, :2].tolist() == twins
        third, fourth = found.ids[i, 2:]
        assert (third < 10) and fourth == third + 10


@pytest.mark.parametrize("kind", ["signs", "counts", "multiples"])
def test_equal_cosines_tie_whatever_their_rounding(kind):
    rng = np.random.default_rng(0)
    z = {
        "signs": rng.choice([-1.0, 1.0], (80, 24)),
        "counts": rng.integers(1, 4, (80, 5)).astype(float),
        "multiples": rng.standard_normal((9, 24))[rng.integers(0, 9, 80)]
        * rng.uniform(0.1, 9, (80, 1)),
    }[kind]
    found = nearest_neighbours(z, 12)
    for same in (z[:, rng.permutation(z.shape[1])], 3 * z, z * rng.uniform(0.1, 9, (80, 1))):
        again = nearest_neighbours(same, 12, block=31)
        np.testing.assert_array_equal(again.ids, found.ids)
        np.testing.assert_array_equal(again.similarity, found.similarity)


def test_all_rows_equal_gives_the_lowest_indices():
    found = nearest_neighbours(np.ones((6, 3)), 3)
    assert found.ids.tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2], [0, 1, 2], [0, 1, 2]]


def test_rows_of_zero_have_similarity_zero():
    z = np.array([[1.0, 0], [0, 0], [1, 0.1], [-1, 0]])
    found = nearest_neighbours(z, 3)
    assert found.similarity[1].tolist() == [0, 0, 0]
    assert found.ids[0].tolist() == [2, 1, 3]


def test_queries_are_answered_from_all_texts():
    z = drifting_layers(n=60)[0]
    every, some = nearest_neighbours(z, 5), nearest_neighbours(z, 5, queries=np.array([3, 40]))
    np.testing.assert_array_equal(some.ids, every.ids[[3, 40]])


def test_shared_longer_lists_change_nothing():
    layers = drifting_layers()
    shared = [nearest_neighbours(z, 30) for z in layers]
    alone, together = nrs(layers), nrs(layers, neighbours=shared)
    np.testing.assert_array_equal(alone.per_text, together.per_text)


def test_golden(golden):
    result = nrs(drifting_layers())
    for name, expected in golden["nrs"].items():
        np.testing.assert_allclose(getattr(result, name), expected, rtol=1e-12)


def test_jaccard_of_known_lists():
    a, b = np.array([[1, 2, 3], [4, 5, 6]]), np.array([[3, 2, 9], [4, 6, 5]])
    assert jaccard(a, b).tolist() == [0.5, 1.0]


def test_anchors_are_the_contracts_and_sorted():
    expected = np.sort(np.random.RandomState(42).choice(800, 500, replace=False))
    np.testing.assert_array_equal(choose_anchors(800), expected)
    assert choose_anchors(90).tolist() == list(range(90))


def test_more_texts_than_anchors():
    layers = drifting_layers(n=620, d=8, layers=3)
    result = nrs(layers)
    assert result.per_text.shape == (2, 500)
    shared = [nearest_neighbours(z, 20) for z in layers]
    np.testing.assert_array_equal(nrs(layers, neighbours=shared).per_text, result.per_text)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_bounds_and_invariances(seed):
    layers = [z.astype(np.float64) for z in drifting_layers(n=50, d=8, layers=3, seed=seed)]
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.standard_normal((8, 8)))[0]
    scale = rng.uniform(0.5, 2, (50, 1))
    result, turned = nrs(layers), nrs([z * scale @ turn for z in layers])
    assert ((result.per_text >= 0) & (result.per_text <= 1)).all()
    np.testing.assert_allclose(turned.profile, result.profile, atol=1e-12)
    order = rng.permutation(50)
    np.testing.assert_allclose(nrs([z[order] for z in layers]).profile, result.profile, atol=1e-12)


def test_equal_layers_keep_all_and_shuffled_layers_lose_all():
    z = drifting_layers(n=400)[0]
    shuffled = z[np.random.default_rng(0).permutation(400)]
    result = nrs([z, z, shuffled])
    assert result.profile[0] == 1
    assert result.profile[1] < 0.1
    assert result.trend == pytest.approx(result.profile[1] - 1)


def test_tensors_give_the_same():
    layers = drifting_layers(n=60)
    assert nrs([torch.from_numpy(z) for z in layers]).mean == nrs(layers).mean


def test_errors():
    layers = drifting_layers(n=20)
    with pytest.raises(MetricError, match="k = 20 neighbours need at least 21 texts, got n = 20"):
        nrs(layers)
    with pytest.raises(MetricError, match=r"k = 3\.0 must be a whole number"):
        nrs(layers, k=3.0)
    with pytest.raises(MetricError, match="k must be at least 1"):
        nearest_neighbours(layers[0], 0)
    with pytest.raises(MetricError, match="2 neighbour lists for 6 layers"):
        nrs(layers, k=3, neighbours=[nearest_neighbours(z, 3) for z in layers[:2]])
    with pytest.raises(MetricError, match="shared neighbours of layer 0 hold 3 ids"):
        nrs(layers, k=5, neighbours=[nearest_neighbours(z, 3) for z in layers])
    layers[1][4, 2] = np.inf
    with pytest.raises(MetricError, match="layer 1 holds NaN or Inf, first in row 4"):
        nrs(layers, k=5)
