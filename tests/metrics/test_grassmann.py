"""Frenet: known paths, axioms of a distance, golden values, and that it sees what it should."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lrd_core.errors import MetricError
from lrd_core.metrics import frenet
from lrd_core.metrics.grassmann import pairs_of_path
from lrd_core.metrics.subspaces import (
    choose_rank,
    menger_curvature,
    principal_spectrum,
    subspace_distances,
)
from tests.metrics.examples import drifting_layers

SEEDS = st.integers(0, 2**32 - 1)


def plane(angle: float, d: int = 6) -> torch.Tensor:
    """Two directions of which the first turns towards a third axis by `angle`."""
    basis = torch.zeros(d, 2, dtype=torch.float64)
    basis[0, 0], basis[2, 0], basis[1, 1] = np.cos(angle), np.sin(angle), 1.0
    return basis


def rotation(d: int, seed: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((d, d)))[0]


@pytest.mark.parametrize("angle", [1e-10, 1e-6, 1e-3, 0.09, 0.11, 1.0, np.pi / 2])
def test_distance_of_a_plane_turned_by_a_known_angle(angle):
    distances = subspace_distances([plane(0.3), plane(0.3 + angle)])
    assert distances[0, 1] == pytest.approx(angle, rel=1e-6)
    assert distances[1, 0] == distances[0, 1]


def test_distance_of_orthogonal_subspaces_is_the_largest_possible():
    identity = torch.eye(8, dtype=torch.float64)
    distances = subspace_distances([identity[:, :4], identity[:, 4:]])
    assert distances[0, 1] == pytest.approx(np.pi / 2 * 2)


def test_equal_subspaces_have_distance_exactly_zero():
    base = torch.from_numpy(rotation(40, 1)[:, :12])
    turned = base @ torch.from_numpy(rotation(12, 2))
    assert subspace_distances([base, turned])[0, 1] == 0


@given(SEEDS)
@settings(max_examples=25)
def test_distances_are_a_metric(seed):
    rng = np.random.default_rng(seed)
    bases = [torch.from_numpy(np.linalg.qr(rng.standard_normal((9, 3)))[0]) for _ in range(4)]
    distances = subspace_distances(bases)
    np.testing.assert_array_equal(distances, distances.T)
    assert (distances.diagonal() == 0).all()
    assert (distances <= np.pi / 2 * np.sqrt(3) + 1e-12).all()
    triangle = distances[:, :, None] + distances[None, :, :]
    assert (distances[:, None, :] <= triangle + 1e-9).all()


def test_menger_curvature_of_points_on_a_circle_and_on_a_line():
    chord = 2 * np.sin(0.2)
    circle = menger_curvature(np.array([chord]), np.array([chord]), np.array([2 * np.sin(0.4)]))
    assert circle[0] == pytest.approx(1.0)
    straight = menger_curvature(np.array([1.0, 0.0]), np.array([2.0, 1.0]), np.array([3.0, 1.0]))
    assert straight.tolist() == [0.0, 0.0]


def test_menger_curvature_of_a_broken_triangle_is_zero():
    assert menger_curvature(np.array([1.0]), np.array([1.0]), np.array([2.5]))[0] == 0


def test_rank_reaches_the_share_and_is_at_least_two():
    variance = torch.tensor([90.0, 4.0, 3.0, 3.0])
    assert [choose_rank(variance, share) for share in (0.5, 0.9, 0.95, 1.0)] == [2, 2, 3, 4]


def test_golden(golden):
    result = frenet(drifting_layers())
    for name, expected in golden["frenet"].items():
        np.testing.assert_allclose(getattr(result, name), expected, rtol=1e-9, atol=1e-12)


@given(SEEDS)
@settings(max_examples=10)
def test_invariant_to_rotation_permutation_and_row_scale(seed):
    layers = [z.astype(np.float64) for z in drifting_layers(n=60, d=10, layers=4, seed=seed)]
    rng = np.random.default_rng(seed)
    turn, order = rotation(10, seed), rng.permutation(60)
    scale = rng.uniform(0.1, 10, (60, 1))
    expected, found = frenet(layers), frenet([(scale * z @ turn)[order] for z in layers])
    assert found.rank == expected.rank
    np.testing.assert_allclose(found.distances, expected.distances, rtol=1e-6, atol=1e-8)


def test_gram_side_equals_covariance_side():
    layers = drifting_layers(n=40, d=24)
    wide = [np.concatenate([z, np.zeros((40, 30), np.float32)], axis=1) for z in layers]
    assert wide[0].shape[1] > 40 > layers[0].shape[1]
    np.testing.assert_allclose(
        frenet(wide).distances, frenet(layers).distances, rtol=1e-8, atol=1e-10
    )


def test_row_blocks_change_nothing(monkeypatch):
    layers = drifting_layers()
    whole = frenet(layers)
    monkeypatch.setattr("lrd_core.metrics.arrays.row_blocks.__defaults__", (17,))
    np.testing.assert_allclose(frenet(layers).distances, whole.distances, rtol=1e-9, atol=1e-12)


def test_memory_mapped_tensor_and_repeat_give_the_same(tmp_path):
    layers = drifting_layers()
    np.save(tmp_path / "z.npy", np.stack(layers))
    mapped = list(np.load(tmp_path / "z.npy", mmap_mode="r"))
    expected = frenet(layers).distances
    np.testing.assert_array_equal(frenet(mapped).distances, expected)
    np.testing.assert_array_equal(frenet([torch.from_numpy(z) for z in layers]).distances, expected)


def test_speed_peaks_where_a_block_turns_the_space():
    z = drifting_layers(layers=1)[0]
    swapped = z[:, ::-1].copy()
    result = frenet([z, z, swapped, swapped])
    assert result.speed[1] > 1
    assert result.speed[[0, 2]].max() == 0
    assert result.straightness == pytest.approx(1)


def test_a_layer_of_fewer_directions_is_clipped_and_reported():
    layers = drifting_layers(d=24)
    layers[2] = layers[2].copy()
    layers[2][:, 4:] = 0
    result = frenet(layers)
    assert result.clipped == (2,)
    assert np.isfinite(result.distances).all()
    assert principal_spectrum(layers[2]).directions.shape[1] == 4


def test_a_constant_layer_is_a_gap_not_a_zero():
    layers = drifting_layers()
    layers[0] = np.repeat(layers[0][:1], len(layers[0]), axis=0)
    result = frenet(layers)
    assert np.isnan(result.speed[0]) and np.isnan(result.d_0L) and np.isnan(result.arc_length)
    assert np.isfinite(result.speed[1:]).all()
    assert 0 in result.clipped


def test_a_path_that_does_not_move():
    z = drifting_layers(layers=1)[0]
    result = frenet([z, z, z])
    assert result.arc_length == 0 and result.curvature.tolist() == [0.0]
    assert np.isnan(result.straightness)


def test_rank_can_be_given():
    assert frenet(drifting_layers(), rank=3).rank == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda z: z[:1], "1 layers given; at least 2"),
        (lambda z: [z[0], z[1][:-1]], "layer 1 has 149 texts, layer 0 has 150"),
        (lambda z: [z[0], z[1][:, :-1]], "different widths"),
        (lambda z: [z[0], np.ones_like(z[1])], "layer 1 is the same for all texts"),
        (lambda z: [z[0], z[1][0]], r"layer 1 must have shape \(n, d\)"),
    ],
)
def test_errors_say_what_is_wrong(change, message):
    with pytest.raises(MetricError, match=message):
        frenet(change(drifting_layers()))


def test_bad_options():
    with pytest.raises(MetricError, match=r"variance = 1\.5 must lie in"):
        frenet(drifting_layers(), variance=1.5)
    with pytest.raises(MetricError, match="rank = 0 must be at least 1"):
        frenet(drifting_layers(), rank=0)
    with pytest.raises(MetricError, match=r"rank = 2\.5 must be a whole number"):
        frenet(drifting_layers(), rank=2.5)


@pytest.mark.parametrize("layers", [2, 3, 4, 9])
def test_the_pairs_of_the_path_give_the_very_numbers_that_all_pairs_give(layers):
    given = drifting_layers(layers=layers)
    every, path = frenet(given, pairs="all"), frenet(given, pairs="path")
    assert every.distances is not None and path.distances is None
    for name in ("speed", "curvature", "d_0L", "arc_length", "straightness", "rank"):
        np.testing.assert_allclose(getattr(path, name), getattr(every, name), rtol=1e-12)
    assert len(pairs_of_path(layers)) <= 2 * layers - 2


def test_all_pairs_are_measured_unasked_where_they_take_little(monkeypatch):
    given = drifting_layers(layers=5)
    whole = frenet(given)
    np.testing.assert_array_equal(whole.distances, frenet(given, pairs="all").distances)
    monkeypatch.setattr("lrd_core.metrics.grassmann.MOST_WORK", 9 * whole.rank**3)
    assert frenet(given).distances is None, "10 pairs of 5 layers"
    monkeypatch.setattr("lrd_core.metrics.grassmann.MOST_WORK", 10 * whole.rank**3)
    assert frenet(given).distances is not None


def test_a_constant_layer_is_a_gap_in_the_path_alone_too():
    layers = drifting_layers()
    layers[2] = np.ones_like(layers[2])
    speed = frenet(layers, pairs="path").speed
    assert np.isnan(speed[[1, 2]]).all() and np.isfinite(speed[[0, 3]]).all()


def test_pairs_of_another_kind_are_refused():
    with pytest.raises(MetricError, match="pairs is 'some'; choose one of auto, path, all"):
        frenet(drifting_layers(), pairs="some")
