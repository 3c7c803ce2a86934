"""Weights of metrics: found where two know different halves, and honest where all is noise."""

import numpy as np
import pytest

from lrd_core.analysis.combination import RankedLayers, combine

LAYERS = 8


def cell(task: str, best: int, ranks: list[np.ndarray]) -> RankedLayers:
    lost = np.abs(np.arange(LAYERS) - best) / 10
    return RankedLayers(task, np.stack(ranks), lost)


def around(place: float) -> np.ndarray:
    """Ranks of layers by how near they are to a place, the nearest 1."""
    order = np.argsort(np.argsort(-np.abs(np.arange(LAYERS) - place)))
    return (order + 1) / LAYERS


def test_metrics_that_err_to_both_sides_are_better_together():
    cells = [
        cell(f"task {n}", best, [around(best - 1.9), around(best + 1.9)])
        for n, best in enumerate((3, 4, 3, 4, 3))
    ]
    found = combine(cells)
    assert 0 < found.weights[0] < 1 and sum(found.weights) == 1
    assert found.by_task["combined"].mean() < found.by_task["single"].mean() - 0.05
    np.testing.assert_allclose(found.by_task["single"], 0.2)


def test_a_metric_that_is_right_is_taken_alone():
    cells = [cell(f"task {n}", n, [around(n), around(7 - n)]) for n in range(5)]
    found = combine(cells)
    assert found.weights == (1.0, 0.0)
    assert (found.by_task[["combined", "single"]] == 0).all(axis=None)


def test_weights_are_judged_on_tasks_that_had_no_say():
    rng = np.random.default_rng(0)
    noise = [
        cell(f"task {n}", int(rng.integers(LAYERS)), [rng.permutation(LAYERS) / 8 for _ in "abc"])
        for n in range(40)
    ]
    found = combine(noise)
    # A layer at random loses as much: fitted weights look better only where they were fitted.
    chance = np.mean([one.lost.mean() for one in noise])
    assert found.by_task["combined"].mean() == pytest.approx(chance, abs=0.06)


def test_two_tasks_are_too_few():
    cells = [cell(task, 2, [around(2)]) for task in ("a", "b", "b")]
    assert combine(cells) is None
