"""All tests that need umap live in this file: it compiles once per process."""

import itertools
import warnings
from functools import partial

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from lrd_core.errors import InputError
from lrd_core.projection.trust import projected_neighbours, trustworthiness
from lrd_core.projection.umap import ChainSettings, LayerGraph, chained_umap

SETTINGS = ChainSettings(k=10)


def _graph(embeddings: np.ndarray, k: int = 10) -> LayerGraph:
    finder = NearestNeighbors(n_neighbors=k, metric="cosine").fit(embeddings)
    distances, ids = finder.kneighbors()
    return LayerGraph(embeddings, ids, 1 - distances)


@pytest.fixture(scope="module")
def layers() -> list[np.ndarray]:
    """Three groups of 40 texts in 16 dimensions, drifting a little from layer to layer."""
    generator = np.random.RandomState(0)
    centres = 6 * generator.randn(3, 16)
    embeddings = centres.repeat(40, axis=0) + generator.randn(120, 16)
    return [embeddings + 0.3 * layer * generator.randn(120, 16) for layer in range(4)]


@pytest.fixture(scope="module")
def maps(layers) -> list[np.ndarray]:
    with warnings.catch_warnings():
        # umap compiles on its first call and warns about its own arguments.
        warnings.simplefilter("ignore")
        return list(chained_umap([partial(_graph, layer) for layer in layers], SETTINGS))


def test_one_finite_map_a_layer(maps):
    assert [points.shape for points in maps] == [(120, 2)] * 4
    assert all(points.dtype == np.float32 and np.isfinite(points).all() for points in maps)


def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not(layers, maps):
    graphs = [partial(_graph, layer) for layer in layers[:2]]
    again = list(chained_umap(graphs, SETTINGS))
    np.testing.assert_array_equal(again, maps[:2])
    other = next(chained_umap(graphs, ChainSettings(k=10, seed=1)))
    assert not np.array_equal(other, maps[0])


def test_going_on_after_a_stop_gives_the_same_bits(layers, maps):
    graphs = [partial(_graph, layer) for layer in layers]
    rest = list(chained_umap(graphs, SETTINGS, done=maps[:2]))
    np.testing.assert_array_equal(rest, maps[2:])


def test_groups_of_the_original_space_are_neighbours_on_the_map(layers, maps):
    groups = np.arange(120) // 40
    for embeddings, points in zip(layers, maps, strict=True):
        ids = projected_neighbours(points, 10)
        assert (groups[ids] == groups[:, None]).mean() > 0.98
        assert trustworthiness(embeddings, ids).value > 0.85


def test_points_stay_where_they_were_while_independent_maps_move(layers, maps):
    def movement(pairs):
        return np.mean(
            [
                np.linalg.norm(after - before, axis=1).mean() / np.sqrt(after.var(0).sum())
                for before, after in pairs
            ]
        )

    alone = [
        next(chained_umap([partial(_graph, layer)], ChainSettings(k=10, seed=seed)))
        for seed, layer in enumerate(layers)
    ]
    chained = movement(itertools.pairwise(maps))
    assert chained < 0.3
    assert movement(itertools.pairwise(alone)) > chained


def test_too_few_texts_or_neighbours_say_what_to_change(layers):
    with pytest.raises(InputError, match="needs more than 200 texts, got 120"):
        next(chained_umap([partial(_graph, layers[0])], ChainSettings(k=200)))
    with pytest.raises(InputError, match="hold 10, the map needs k = 15"):
        next(chained_umap([partial(_graph, layers[0])], ChainSettings(k=15)))
