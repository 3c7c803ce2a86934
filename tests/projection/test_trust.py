import numpy as np
import pytest
from sklearn.manifold import trustworthiness as sklearn_trustworthiness
from sklearn.neighbors import NearestNeighbors

from lrd_core.errors import InputError
from lrd_core.projection import trust
from lrd_core.projection.trust import (
    is_member,
    lost_edges,
    neighbours_kept,
    projected_neighbours,
    trustworthiness,
)


@pytest.fixture(scope="module")
def cloud() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.RandomState(0)
    embeddings = generator.randn(120, 10)
    return embeddings, embeddings[:, :2] + 0.3 * generator.randn(120, 2)


def _exact_ids(points: np.ndarray, k: int, metric: str = "cosine") -> np.ndarray:
    return NearestNeighbors(n_neighbors=k, metric=metric).fit(points).kneighbors()[1]


@pytest.mark.parametrize("k", [3, 15, 50])
def test_equals_scikit_learn(cloud, k):
    embeddings, points = cloud
    found = trustworthiness(embeddings, projected_neighbours(points, k))
    expected = sklearn_trustworthiness(embeddings, points, n_neighbors=k, metric="cosine")
    assert found.value == pytest.approx(expected, abs=1e-6)
    assert len(found.per_text) == 120


def test_blocks_change_nothing(cloud, monkeypatch):
    embeddings, points = cloud
    ids = projected_neighbours(points, 10)
    whole = trustworthiness(embeddings, ids)
    monkeypatch.setattr(trust, "BLOCK_CELLS", 700)
    np.testing.assert_array_equal(trustworthiness(embeddings, ids).per_text, whole.per_text)


def test_a_sample_is_seeded_and_holds_the_exact_values_of_its_texts(cloud):
    embeddings, points = cloud
    ids = projected_neighbours(points, 10)
    whole = trustworthiness(embeddings, ids)
    sampled = trustworthiness(embeddings, ids, sample=60)
    np.testing.assert_array_equal(sampled.per_text, whole.per_text[sampled.text_index])
    assert sampled.value == trustworthiness(embeddings, ids, sample=60).value
    assert sampled.value == pytest.approx(whole.value, abs=0.05)


def test_a_perfect_map_scores_one_and_a_shuffled_map_scores_a_half(cloud):
    embeddings, points = cloud
    assert trustworthiness(embeddings, _exact_ids(embeddings, 8)).value == 1.0
    shuffled = projected_neighbours(np.random.RandomState(2).permutation(points), 8)
    assert trustworthiness(embeddings, shuffled).value == pytest.approx(0.5, abs=0.05)


def test_projected_neighbours_equal_scikit_learn_and_leave_the_point_out():
    points = np.random.RandomState(0).randn(90, 2)
    np.testing.assert_array_equal(projected_neighbours(points, 7), _exact_ids(points, 7, "l2"))


def test_equal_points_are_never_their_own_neighbours():
    found = projected_neighbours(np.zeros((40, 2)), 5)
    assert found.shape == (40, 5)
    assert not (found == np.arange(40)[:, None]).any()


def test_neighbours_kept_by_hand():
    original = np.array([[1, 2], [0, 2], [0, 1]])
    projected = np.array([[2, 1], [2, 3], [3, 4]])
    np.testing.assert_array_equal(neighbours_kept(original, projected), [1.0, 0.5, 0.0])


def test_members_are_looked_up_row_by_row():
    ids, other = np.array([[1, 2], [3, 4]]), np.array([[2, 9], [1, 4]])
    np.testing.assert_array_equal(is_member(ids, other), [[False, True], [False, True]])


def test_lost_edges_are_the_true_neighbours_that_the_map_took_away():
    original = np.array([[1, 2], [0, 2], [0, 1]])
    projected = np.array([[2, 1], [2, 3], [1, 4]])
    np.testing.assert_array_equal(
        lost_edges(original, projected, np.array([0, 1, 2])), [[1, 0], [2, 0]]
    )
    assert len(lost_edges(original, projected, np.array([0]))) == 0


def test_impossible_requests_say_what_to_change(cloud):
    embeddings, points = cloud
    with pytest.raises(InputError, match="k = 120 neighbours need more than 120 points"):
        projected_neighbours(points, 120)
    with pytest.raises(InputError, match="k < n / 2, got k = 60 and n = 120"):
        trustworthiness(embeddings, projected_neighbours(points, 60))
    with pytest.raises(InputError, match="119 embeddings for 120 points"):
        trustworthiness(embeddings[1:], projected_neighbours(points, 5))
    with pytest.raises(InputError, match="one shape"):
        neighbours_kept(np.zeros((3, 2), int), np.zeros((3, 4), int))
