"""GFMI's one pass over sorted edges, against twenty graphs built anew for each layer.

Both sides start from the same neighbour lists, so only the filtration is compared.

Run: python -m tests.benchmarks.bench_gfmi
"""

import sys
import time
from pathlib import Path

import numpy as np
from sklearn.metrics import mutual_info_score

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a plain script

from lrd_core.metrics import Neighbours, gfmi, nearest_neighbours
from tests.benchmarks.ratios import tell
from tests.metrics.independent import graph_labels

N, D, LAYERS = 10_000, 64, 3


def twenty_graphs(neighbours: list[Neighbours]) -> list[float]:
    labels = [graph_labels(lists.ids, lists.similarity) for lists in neighbours]
    percents = np.linspace(5, 95, 20)
    return [
        float(
            np.trapezoid(
                [mutual_info_score(a, b) for a, b in zip(own, labels[-1], strict=True)], percents
            )
        )
        for own in labels
    ]


def main() -> None:
    rng = np.random.default_rng(0)
    z = rng.standard_normal((40, D))[rng.integers(0, 40, N)] + rng.standard_normal((N, D))
    layers = [z + step * rng.standard_normal((N, D)) for step in range(LAYERS)]
    neighbours = [nearest_neighbours(layer, 30) for layer in layers]
    started = time.perf_counter()
    fast = gfmi(layers, neighbours=neighbours)
    ours = time.perf_counter() - started
    started = time.perf_counter()
    slow = twenty_graphs(neighbours)
    theirs = time.perf_counter() - started
    print(f"n = {N}, {LAYERS} layers; largest difference {np.abs(fast.auc - slow).max():.1e}")
    print(f"one pass       {ours / LAYERS:7.3f} s a layer")
    print(f"twenty graphs  {theirs / LAYERS:7.3f} s a layer")
    tell("GFMI in one pass over sorted edges", ours / theirs, "twenty graphs a layer")


if __name__ == "__main__":
    main()
