"""GFMI: known graphs, independence of label names, golden values, positive control."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mutual_info_score

from lrd_core.errors import MetricError
from lrd_core.metrics import Neighbours, gfmi, nearest_neighbours
from lrd_core.metrics.filtration import PERCENTILES, filtration_labels, mutual_information
from tests.metrics.examples import drifting_layers
from tests.metrics.independent import graph_labels, neighbour_lists


def partition(labels: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(labels == value).tolist()) for value in set(labels.tolist())}


def test_one_pass_gives_the_partitions_of_twenty_graphs():
    z = drifting_layers(n=120)[2]
    ours = filtration_labels(nearest_neighbours(z, 9))
    for found, expected in zip(ours, graph_labels(*neighbour_lists(z, 9)), strict=True):
        assert partition(found) == partition(expected)


def test_known_graph():
    # edges by distance: 0-1 .1, 1-0 .1, 2-3 .2, 3-2 .3 (asymmetric on purpose)
    lists = Neighbours(
        np.array([[1], [0], [3], [2]], dtype=np.int32), np.array([[0.9], [0.9], [0.8], [0.7]])
    )
    labels = filtration_labels(lists, np.array([5.0, 60.0, 70.0]))
    assert partition(labels[0]) == {frozenset({0, 1}), frozenset({2}), frozenset({3})}
    assert partition(labels[1]) == partition(labels[0])
    assert partition(labels[2]) == {frozenset({0, 1}), frozenset({2, 3})}


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_mutual_information_is_sklearns(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 7, 60).astype(np.int32), rng.integers(0, 4, 60).astype(np.int32)
    expected = mutual_info_score(a, b)
    assert mutual_information(a, b) == pytest.approx(expected, abs=1e-12)
    assert mutual_information(b, a) == pytest.approx(expected, abs=1e-12)
    renamed = rng.permutation(7)[a].astype(np.int32)
    assert mutual_information(renamed, b) == pytest.approx(expected, abs=1e-12)


def test_mutual_information_of_a_partition_with_itself_is_its_entropy():
    halves = np.repeat([0, 1], 8).astype(np.int32)
    assert mutual_information(halves, halves) == pytest.approx(np.log(2))
    assert mutual_information(halves, np.zeros(16, np.int32)) == 0


def test_golden(golden):
    result = gfmi(drifting_layers())
    for name, expected in golden["gfmi"].items():
        np.testing.assert_allclose(getattr(result, name), expected, rtol=1e-9, atol=1e-12)


def test_summary_follows_from_the_curves():
    result = gfmi(drifting_layers())
    np.testing.assert_allclose(result.auc, np.trapezoid(result.curves, PERCENTILES, axis=1))
    assert result.percentiles.tolist() == np.linspace(5, 95, 20).tolist()
    assert result.peak_percentile[2] == PERCENTILES[result.curves[2].argmax()]
    assert result.auc_normalised[-1] == 1
    assert result.mean == pytest.approx(result.auc.mean())
    assert result.late == pytest.approx(result.auc[-2:].mean())
    line = np.polynomial.Polynomial.fit(np.linspace(0, 1, 6), result.auc, 1).convert()
    assert result.slope == pytest.approx(line.coef[1])


def test_shared_lists_change_nothing():
    layers = drifting_layers()
    shared = [nearest_neighbours(z, 30) for z in layers]
    np.testing.assert_array_equal(gfmi(layers, neighbours=shared).curves, gfmi(layers).curves)


def test_groups_of_duplicates_join_together_whatever_the_rounding():
    rng = np.random.default_rng(0)
    group = rng.integers(0, 8, 300)
    layers = [rng.standard_normal((8, 24))[group] for _ in range(2)]
    expected = gfmi(layers).auc
    order = rng.permutation(24)
    for same in ([z[:, order] for z in layers], [3 * z for z in layers]):
        np.testing.assert_array_equal(gfmi(same).auc, expected)


def test_a_layer_of_the_same_structure_scores_above_noise():
    z = drifting_layers(n=200)[0]
    noise = np.random.default_rng(0).standard_normal(z.shape).astype(np.float32)
    result = gfmi([noise, z * 2, z])
    assert result.auc[1] == pytest.approx(result.auc[2])
    assert result.auc[0] < 0.97 * result.auc[2]


def test_a_last_layer_of_one_component_has_no_share_to_give():
    lists = Neighbours(np.array([[1], [2], [0]], dtype=np.int32), np.ones((3, 1)))
    layers = [np.eye(3), np.eye(3)]
    result = gfmi(layers, k=1, neighbours=[lists, lists])
    assert result.auc.tolist() == [0, 0]
    assert np.isnan(result.auc_normalised).all()


def test_errors():
    layers = drifting_layers(n=30)
    with pytest.raises(MetricError, match="k = 30 neighbours need at least 31 texts"):
        gfmi(layers)
    with pytest.raises(MetricError, match="1 neighbour lists for 6 layers"):
        gfmi(layers, k=3, neighbours=[nearest_neighbours(layers[0], 3)])
