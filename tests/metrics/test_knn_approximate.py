"""Neighbours of very many items: exact up to a limit, beyond it by an index that is measured."""

import numpy as np
import pytest

from lrd_core.config import Config
from lrd_core.errors import MetricError
from lrd_core.metrics import gfmi, nearest_neighbours, nrs
from lrd_core.metrics import knn_approximate as approximate
from lrd_core.metrics.knn_approximate import find_neighbours
from lrd_core.metrics.retention import choose_anchors
from lrd_core.store.connection import connect
from lrd_core.store.neighbours import lowest_recall, neighbour_writes
from lrd_core.store.runs import save_run
from lrd_core.store.writes import apply
from lrd_core.views import searched
from lrd_core.views.searched import search_note
from lrd_core.views.stored import runs
from tests.example_store import run_record

K, N, WIDTH = 10, 1500, 24


def clustered(seed: int = 0) -> np.ndarray:
    """(N, WIDTH) float32 in groups, as embeddings lie."""
    rng = np.random.default_rng(seed)
    centres = 2 * rng.standard_normal((30, WIDTH))
    return (centres[rng.integers(0, 30, N)] + rng.standard_normal((N, WIDTH))).astype(np.float32)


def test_up_to_the_limit_every_pair_is_looked_at() -> None:
    z = clustered()
    exact, found = nearest_neighbours(z, K), find_neighbours(z, K, exact_up_to=N)
    np.testing.assert_array_equal(found.ids, exact.ids)
    assert found.recall == 1.0


def test_beyond_it_most_are_found_in_order_and_the_share_is_measured() -> None:
    z = clustered()
    exact, found = nearest_neighbours(z, K), find_neighbours(z, K, exact_up_to=N - 1)
    hits = np.mean([np.isin(a, b).mean() for a, b in zip(exact.ids, found.ids, strict=True)])
    assert hits > 0.95
    assert 0.95 < found.recall <= 1.0
    assert (np.diff(found.similarity, axis=1) <= 0).all()
    assert (found.ids != np.arange(N)[:, None]).all(), "no item is its own neighbour"
    assert (np.sort(found.ids, axis=1)[:, 1:] > np.sort(found.ids, axis=1)[:, :-1]).all()
    anchors = choose_anchors(N)
    np.testing.assert_array_equal(found.ids[anchors], exact.ids[anchors])


def test_what_the_index_misses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    z = clustered()
    search = approximate._search

    def half(rows: np.ndarray, k: int) -> np.ndarray:
        found = search(rows, k).copy()
        found[:, 1 : 1 + K // 2] = (np.arange(N)[:, None] + 7 + np.arange(K // 2)) % N
        return found

    monkeypatch.setattr(approximate, "_search", half)
    monkeypatch.setattr(approximate, "SPARE", 0)
    assert find_neighbours(z, K, exact_up_to=N - 1).recall == pytest.approx(0.5, abs=0.1)


def test_a_list_that_came_out_short_is_searched_among_all(monkeypatch: pytest.MonkeyPatch) -> None:
    z = clustered()
    monkeypatch.setattr(approximate, "_search", lambda rows, k: np.full((N, k + 1), -1))
    found = find_neighbours(z, K, exact_up_to=N - 1)
    np.testing.assert_array_equal(found.ids, nearest_neighbours(z, K).ids)


def test_nrs_keeps_its_number_and_gfmi_stays_close() -> None:
    layers = [clustered(), clustered() + 0.3 * clustered(1), clustered() + 0.6 * clustered(1)]
    exact = [nearest_neighbours(z, 30) for z in layers]
    found = [find_neighbours(z, 30, exact_up_to=N - 1) for z in layers]
    np.testing.assert_array_equal(
        nrs(layers, neighbours=found).profile, nrs(layers, neighbours=exact).profile
    )
    near = gfmi(layers, neighbours=found).auc, gfmi(layers, neighbours=exact).auc
    np.testing.assert_allclose(*near, rtol=0.05)


def test_too_few_items_are_refused_as_in_an_exact_search() -> None:
    with pytest.raises(MetricError, match="k = 12 neighbours need at least 13 texts, got n = 12"):
        find_neighbours(clustered()[:12], 12, exact_up_to=3)


def test_a_view_says_what_was_missed(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_record("all-MiniLM-L6-v2")
    lists = np.tile(np.arange(K), (4, 1))
    with connect(config) as connection:
        save_run(connection, run)
        for layer, recall in enumerate((1.0, 0.9712, 0.99)):
            apply(connection, neighbour_writes(run.run_key, layer, lists, lists * 0.01, recall))
        assert lowest_recall(connection, [run.run_key]) == {run.run_key: pytest.approx(0.9712)}
    assert search_note(config, runs(config)) == ""
    monkeypatch.setattr(searched, "EXACT_UP_TO", run.n - 1)
    note = search_note(config, runs(config), {"nrs"})
    assert f"all-MiniLM-L6-v2 on {run.task} (97.1%)." in note
    assert search_note(config, runs(config), {"prompt_entropy"}) == ""
