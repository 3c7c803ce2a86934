"""All tests that need umap live in this file: it compiles once per process."""

import itertools
import warnings
from functools import partial

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from lrd_core.config import Config
from lrd_core.errors import InputError, JobCancelled
from lrd_core.projection import work
from lrd_core.projection.trust import projected_neighbours, trustworthiness
from lrd_core.projection.umap import ChainSettings, LayerGraph, chained_umap
from lrd_core.store import connect
from lrd_core.store.projections import LayerMap, read_layer_maps
from lrd_core.views.map_colours import colours
from tests import map_store

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


def test_a_run_is_drawn_stored_and_not_drawn_again(config, monkeypatch, maps):
    """`maps` only makes sure that umap is compiled before warnings count as errors."""
    first, _ = map_store.fill(config, maps=False)
    monkeypatch.setattr(work, "keep_items", lambda config, key: map_store.texts())
    stages = []
    report = work.project_run(
        config, first.run_key, SETTINGS, lambda stage, done, total: stages.append((stage, done))
    )
    assert (report.computed, report.found) == (5, 0)
    drawn = _stored(config, first.run_key, report)
    assert [one.layer for one in drawn] == [0, 1, 2, 3, 4]
    assert all(0.5 < one.trustworthiness <= 1 and 0 < one.preservation <= 1 for one in drawn)
    assert drawn[0].text_index.tolist() == list(range(0, 120, 2))
    assert ("drawing maps", 5) in stages
    key, drawn_as = first.run_key, report.projection_key
    clusters = colours(config, key, "cluster", drawn_as)
    assert set(clusters[4]) == {"0", "1", "2"}
    again = work.project_run(config, first.run_key, SETTINGS)
    assert (again.computed, again.found) == (0, 5)


def test_a_cancelled_run_goes_on_where_it_was_with_equal_bits(config, monkeypatch, maps, tmp_path):
    monkeypatch.setattr(work, "keep_items", lambda config, key: map_store.texts())
    first, _ = map_store.fill(config, maps=False)

    def cancel(stage: str, done: int, total: int) -> None:
        if (stage, done) == ("drawing maps", 2):
            raise JobCancelled("stop")

    with pytest.raises(JobCancelled, match="stop"):
        work.project_run(config, first.run_key, SETTINGS, cancel)
    report = work.project_run(config, first.run_key, SETTINGS)
    assert (report.computed, report.found) == (3, 2)
    calm = Config(data_dir=tmp_path / "calm")
    map_store.fill(calm, maps=False)
    work.project_run(calm, first.run_key, SETTINGS)
    for one, other in zip(
        _stored(config, first.run_key, report), _stored(calm, first.run_key, report), strict=True
    ):
        np.testing.assert_array_equal(one.points, other.points)


def _stored(config: Config, run_key: str, report: work.ProjectionReport) -> list[LayerMap]:
    with connect(config, read_only=True) as connection:
        return read_layer_maps(connection, run_key, report.projection_key)
