import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lrd_core.errors import InputError
from lrd_core.projection.mds import align_paths, classical_mds, interpolate_depth, stress


def _distances(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, None] - points[None], axis=-1)


def test_points_of_the_plane_are_found_again_without_stress():
    points = np.random.RandomState(0).randn(9, 2)
    found = classical_mds(_distances(points))
    assert found.stress < 1e-7
    assert found.shown == pytest.approx(1.0)
    assert found.non_euclidean < 1e-12
    np.testing.assert_allclose(_distances(found.points), _distances(points), atol=1e-7)


def test_a_regular_tetrahedron_is_exact_in_three_dimensions_only():
    distances = 1.0 - np.eye(4)
    flat, full = classical_mds(distances, 2), classical_mds(distances, 3)
    assert full.stress < 1e-7
    assert flat.shown == pytest.approx(2 / 3)
    assert flat.stress > 0.2


def test_negative_eigenvalues_are_reported_and_not_drawn():
    # Four points in a ring of paths of length one: no Euclidean space holds them.
    ring = np.array([[0, 1, 2, 1], [1, 0, 1, 2], [2, 1, 0, 1], [1, 2, 1, 0]], float)
    found = classical_mds(ring, 3)
    # Eigenvalues of the centred matrix are 2, 2, 0 and -1: one fifth cannot be drawn.
    np.testing.assert_allclose(found.eigenvalues, [2, 2, 0, -1], atol=1e-12)
    assert found.non_euclidean == pytest.approx(1 / 5)
    np.testing.assert_allclose(found.points[:, 2], 0, atol=1e-7)


def test_the_first_axis_runs_from_the_first_layer_to_the_last():
    for seed in range(5):
        points = classical_mds(_distances(np.random.RandomState(seed).randn(6, 4))).points
        assert points[-1, 0] > points[0, 0]


def test_more_dimensions_than_points_are_zero():
    found = classical_mds(np.array([[0.0, 2.0], [2.0, 0.0]]), 3)
    np.testing.assert_allclose(found.points, [[-1, 0, 0], [1, 0, 0]], atol=1e-12)


def test_stress_matches_kruskals_formula_by_hand():
    assert stress(np.array([[0.0, 2.0], [2.0, 0.0]]), np.array([[0.0], [1.0]])) == pytest.approx(
        0.5
    )


@pytest.mark.parametrize(
    ("distances", "message"),
    [
        (np.zeros((2, 3)), r"square .* got shape \(2, 3\)"),
        (np.array([[0, np.nan], [np.nan, 0]]), "finite and not negative"),
        (np.array([[0.0, 1.0], [2.0, 0.0]]), "largest asymmetry 1"),
    ],
)
def test_what_is_no_distance_matrix_is_refused(distances, message):
    with pytest.raises(InputError, match=message):
        classical_mds(distances)


def test_interpolation_hits_the_layers_and_their_middles():
    path = np.array([[0.0, 0.0], [2.0, 4.0], [4.0, 4.0]])
    np.testing.assert_allclose(interpolate_depth(path, 5), [[0, 0], [1, 2], [2, 4], [3, 4], [4, 4]])


def test_alignment_undoes_rotation_reflection_and_shift():
    path = np.random.RandomState(1).randn(8, 3).cumsum(axis=0)
    turn = Rotation.from_euler("xyz", [0.3, 1.0, -2.0]).as_matrix() @ np.diag([1, 1, -1])
    aligned = align_paths([path, path @ turn + [3, -1, 2]])
    np.testing.assert_allclose(aligned.paths[1], path, atol=1e-10)
    np.testing.assert_allclose(aligned.residuals, 0, atol=1e-10)


def test_alignment_compares_paths_of_different_length_at_equal_depth_and_keeps_distances():
    coarse = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 0.0]])
    fine = interpolate_depth(coarse, 5) @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    aligned = align_paths([coarse, fine])
    np.testing.assert_allclose(aligned.paths[1], interpolate_depth(coarse, 5), atol=1e-10)
    stretched = align_paths([coarse, 3 * fine])
    np.testing.assert_allclose(_distances(stretched.paths[1]), 3 * _distances(fine), atol=1e-10)
    assert stretched.residuals[1] > 0.5


def test_alignment_refuses_mixed_dimensions():
    with pytest.raises(InputError, match=r"equal dimensions, got shapes \[\(3, 2\), \(3, 3\)\]"):
        align_paths([np.zeros((3, 2)), np.zeros((3, 3))])
