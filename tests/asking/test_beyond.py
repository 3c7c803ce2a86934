"""Several layers and smaller vectors: against other computations, and honest where all is noise."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.decomposition import PCA
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import KNeighborsClassifier

from lrd_core.asking.labelled import Labelled
from lrd_core.asking.several import CONCATENATED, GREEDY, MEAN, SINGLE, WEIGHTED, several_layers
from lrd_core.asking.smaller import representations, smaller_vectors
from lrd_core.asking.splits import halves

N, WIDTH = 60, 16


def labelled(codes: np.ndarray) -> Labelled:
    texts = tuple(f"text {place}" for place in range(len(codes)))
    return Labelled(texts, np.arange(len(codes)), None, codes, tuple("abc"), 0)


def told_apart(codes: np.ndarray, one: int, seed: int) -> np.ndarray:
    """Vectors that tell one class from the others and nothing else."""
    noise = np.random.default_rng(seed).standard_normal((len(codes), WIDTH))
    noise[:, one] += np.where(codes == one, 6.0, -6.0)
    return noise.astype(np.float32)


def by_sklearn(vectors: np.ndarray, codes: np.ndarray) -> float:
    """Mean over the same halves of how many of the judged half their neighbours tell right."""
    found = []
    for known, judged in halves(len(codes), 0):
        votes = KNeighborsClassifier(10, metric="cosine", weights=lambda d: 2 - d)
        votes.fit(vectors[known], codes[known])
        found.append(votes.score(vectors[judged], codes[judged]))
    return float(np.mean(found))


@pytest.fixture(scope="module")
def codes() -> np.ndarray:
    return np.arange(N) % 3


@pytest.fixture(scope="module")
def layers(codes):
    return [told_apart(codes, 0, 1), told_apart(codes, 1, 2)]


def test_mean_and_side_by_side_are_what_they_say(codes, layers):
    rows = several_layers(layers, labelled(codes)).set_index("way")
    beside = np.concatenate(
        [one / np.linalg.norm(one, axis=1, keepdims=True) for one in layers], axis=1
    )
    assert rows.loc[MEAN, "score"] == pytest.approx(by_sklearn((layers[0] + layers[1]) / 2, codes))
    assert rows.loc[CONCATENATED, "score"] == pytest.approx(by_sklearn(beside, codes))
    assert set(rows["n"]) == {N // 2}


def test_layers_that_know_different_things_are_taken_together(codes, layers):
    useless = np.random.default_rng(3).standard_normal((N, WIDTH)).astype(np.float32)
    rows = several_layers([useless, *layers], labelled(codes)).set_index("way")
    assert rows.loc[GREEDY, "layers"] == [1, 2]
    assert set(rows.loc[WEIGHTED, "layers"]) >= {1, 2}
    assert rows.loc[GREEDY, "gain_low"] > 0.1
    assert rows.loc[GREEDY, "gain"] == pytest.approx(
        rows.loc[GREEDY, "score"] - rows.loc[SINGLE, "score"]
    )


def test_what_is_chosen_is_scored_on_rows_that_had_no_say():
    rng = np.random.default_rng(0)
    noise = [rng.standard_normal((N, WIDTH)).astype(np.float32) for _ in range(8)]
    rows = several_layers(noise, labelled(rng.integers(0, 2, N))).set_index("way")
    # Eight layers of noise tried on the rows that choose them would look like 0.65.
    assert rows["score"].max() < 0.58
    assert rows.loc[GREEDY, "gain_low"] < 0 < rows.loc[GREEDY, "gain_high"]


def test_pairs_are_judged_by_their_correlation():
    rng = np.random.default_rng(4)
    first, second = rng.standard_normal((2, N, WIDTH))
    targets = rng.random(N)
    texts = tuple(map(str, range(2 * N)))
    pairs = Labelled(texts, np.arange(N), np.arange(N, 2 * N), targets, (), 0)
    vectors = np.concatenate([first, second])
    (whole,) = smaller_vectors([vectors], pairs).query("how == 'float32'").itertuples()
    cosines = (first * second).sum(1) / np.linalg.norm(first, axis=1)
    cosines /= np.linalg.norm(second, axis=1)
    expected = [spearmanr(cosines[j], targets[j]).statistic for _, j in halves(N, 0)]
    assert whole.score == pytest.approx(np.mean(expected))
    several = several_layers([vectors], pairs).set_index("way")
    assert several.loc[SINGLE, "score"] == pytest.approx(np.mean(expected))


def test_smaller_vectors_and_their_bytes_are_those_of_other_computations(codes, layers):
    layer = layers[0]
    found = {how: (vectors, size) for how, vectors, size in representations(layer)}
    assert found["float32"][1] == layer.nbytes // N
    first, size = found["first 1/4"]
    np.testing.assert_array_equal(first, layer[:, : WIDTH // 4])
    assert size == first.astype(np.float32).nbytes // N
    projected, size = found["PCA to 1/4"]
    expected = PCA(WIDTH // 4, svd_solver="full").fit_transform(layer)
    np.testing.assert_allclose(
        pairwise_distances(projected), pairwise_distances(expected), atol=1e-4
    )
    assert size == expected.astype(np.float32).nbytes // N
    rounded, size = found["int8"]
    low, high = layer.min(axis=0), layer.max(axis=0)
    kept = np.rint((layer - low) / (high - low) * 255).astype(np.uint8)
    assert size == kept.nbytes // N
    np.testing.assert_allclose(rounded, kept / 255 * (high - low) + low, atol=1e-5)
    assert np.abs(rounded - layer).max() <= (high - low).max() / 510 + 1e-6
    signs, size = found["binary"]
    assert size == np.packbits(layer > 0, axis=1).nbytes // N
    # The cosine of signs is one less two times the share of bits that differ.
    bits = 1 - 2 * pairwise_distances(layer > 0, metric="hamming")
    np.testing.assert_allclose(signs @ signs.T / WIDTH, bits, atol=1e-12)


def test_scores_of_smaller_vectors_are_those_of_neighbours(codes, layers):
    rows = smaller_vectors(layers, labelled(codes)).set_index(["layer", "how"])
    assert rows.loc[(1, "first 1/4"), "score"] == pytest.approx(by_sklearn(layers[1][:, :4], codes))
    signs = np.where(layers[1] > 0, 1.0, -1.0)
    assert rows.loc[(1, "binary"), "score"] == pytest.approx(by_sklearn(signs, codes))


def test_a_dimension_without_spread_and_few_texts_are_no_trouble():
    flat = np.ones((3, 32), dtype=np.float32)
    found = {how: vectors for how, vectors, _ in representations(flat)}
    np.testing.assert_array_equal(found["int8"], flat)
    assert "PCA to 1/4" not in found  # 8 directions cannot be learnt from 3 texts
