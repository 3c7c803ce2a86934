"""Metrics that pick a layer together: weights learnt on some tasks, judged on the others."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

STEPS = 4
"""Weights are quarters: with few tasks, finer ones would only follow noise."""

LEAST_TASKS = 3


@dataclass(frozen=True)
class RankedLayers:
    """One model on one task. ranks: (metrics, layers) from above 0 to 1, 1 at a metric's own pick.

    lost: (layers,) score below the best layer.
    """

    task: str
    ranks: np.ndarray
    lost: np.ndarray


@dataclass(frozen=True)
class Combination:
    """weights: of the metrics, learnt on all tasks; they sum to 1.

    by_task: task, combined and single: mean regret over models of the weights, and of the single
    metric, that lost least on the other tasks.
    """

    weights: tuple[float, ...]
    by_task: pd.DataFrame


def combine(cells: Sequence[RankedLayers]) -> Combination | None:
    """The weights, and what they lose on tasks that had no say in them; None for too few tasks.

    Of equal regrets the weights that lean most on the first metrics count.
    """
    if len({one.task for one in cells}) < LEAST_TASKS:
        return None
    grid = _grid(len(cells[0].ranks))
    regrets = np.stack([one.lost[(grid @ one.ranks).argmax(axis=1)] for one in cells])
    by_task = pd.DataFrame(regrets).groupby([one.task for one in cells]).mean()
    single = np.flatnonzero(grid.max(axis=1) == 1)
    rows = []
    for task in by_task.index:
        others = by_task.drop(index=task).mean().to_numpy()
        alone = single[others[single].argmin()]
        rows.append((task, by_task.loc[task, others.argmin()], by_task.loc[task, alone]))
    best = grid[by_task.mean().to_numpy().argmin()]
    found = pd.DataFrame(rows, columns=["task", "combined", "single"])
    return Combination(tuple(best.tolist()), found)


def _grid(metrics: int) -> np.ndarray:
    """(combinations, metrics) weights, those of the first metrics first."""
    steps = itertools.product(range(STEPS, -1, -1), repeat=metrics)
    return np.array([one for one in steps if sum(one) == STEPS]) / STEPS
