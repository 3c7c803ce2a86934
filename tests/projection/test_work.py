"""Stored comparisons and settings of jobs; what needs umap is in test_umap.py."""

import numpy as np
import pytest

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.metrics.alikeness import MEASURES
from lrd_core.projection import work
from lrd_core.projection.clusters import layer_clusters, match_numbers
from lrd_core.projection.umap import ChainSettings
from lrd_core.views.layer_pairs import stored_cka
from tests import map_store


@pytest.fixture
def two_runs(config: Config, monkeypatch: pytest.MonkeyPatch) -> tuple[Config, str, str]:
    first, second = map_store.fill(config)
    monkeypatch.setattr(work, "keep_items", lambda config, key: map_store.texts())
    return config, first.run_key, second.run_key


def test_cka_of_two_runs_is_stored_and_a_run_equals_itself(two_runs):
    config, first, second = two_runs
    seen = []
    found = work.compare_runs(config, first, second, lambda *step: seen.append(step))
    assert found.shape == (5, 3)
    np.testing.assert_array_equal(stored_cka(config, first, second), found)
    for name in MEASURES:
        cells = stored_cka(config, first, second, name)
        assert cells is not None and cells.shape == (5, 3)
    assert ("comparing layers", 4, 5) in seen
    itself = work.compare_runs(config, first, first)
    np.testing.assert_allclose(itself.diagonal(), 1.0)
    assert (itself <= 1 + 1e-9).all()


def test_only_shared_texts_enter_in_one_order(two_runs, monkeypatch):
    config, first, second = two_runs
    whole = work.compare_runs(config, first, first)
    table = map_store.texts()
    shuffled = table.sample(frac=1, random_state=0)
    tables = iter([shuffled, table])
    monkeypatch.setattr(work, "keep_items", lambda config, key: next(tables))
    np.testing.assert_allclose(work.compare_runs(config, first, first), whole, atol=1e-9)
    none = iter([table[:2], table[2:]])
    monkeypatch.setattr(work, "keep_items", lambda config, key: next(none))
    with pytest.raises(InputError, match="share 0 texts"):
        work.compare_runs(config, first, second)


def test_settings_of_a_job_are_checked_by_name():
    assert work.settings_of({"k": 20}) == ChainSettings(k=20)
    with pytest.raises(InputError, match="no setting 'neighbors'; they have k, min_dist"):
        work.settings_of({"neighbors": 20})


def test_every_setting_is_part_of_the_projection_key():
    usual = work.projection_id()
    assert work.projection_id(ChainSettings()).key == usual.key
    assert work.projection_id(ChainSettings(seed=1)).key != usual.key
    assert '"version"' in usual.parameters


def test_too_few_texts_for_maps_say_how_many_are_needed(two_runs):
    config, first, _ = two_runs
    with pytest.raises(InputError, match="k = 30 need more than 60 texts, the run has 60"):
        work.project_run(config, first, ChainSettings(k=30))


def test_clusters_find_groups_and_keep_their_numbers():
    layers = map_store.layers(4, 0)
    found = list(layer_clusters(layers[3:], 3))
    again = list(layer_clusters(layers[3:], 3))
    np.testing.assert_array_equal(found, again)
    groups = np.arange(60) % 3
    for numbers in found:
        agreement = np.zeros((3, 3))
        np.add.at(agreement, (numbers, groups), 1)
        assert agreement.max(axis=1).sum() > 50
    assert (found[0] == found[1]).mean() > 0.8


def test_numbers_are_matched_one_to_one():
    reference = np.array([0, 0, 1, 1, 2, 2])
    np.testing.assert_array_equal(
        match_numbers(np.array([2, 2, 0, 0, 1, 1]), reference, 3), reference
    )


def test_impossible_cluster_counts_are_refused():
    with pytest.raises(InputError, match="7 clusters of 5 texts are impossible"):
        next(layer_clusters([np.ones((5, 2))], 7))
