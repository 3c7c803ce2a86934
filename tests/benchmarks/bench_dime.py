"""DiME with Gram matrices formed once, against forming them for every permutation.

The slow side permutes the views and multiplies and decomposes again for each of the 10
permutations, on eigenvectors too, as a general matrix-entropy routine does.

Run: python -m tests.benchmarks.bench_dime
"""

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a plain script

from lrd_core.metrics import dime
from tests.benchmarks.ratios import tell

N, D = 500, 768


def slow_dime(a: np.ndarray, b: np.ndarray) -> float:
    generator = np.random.default_rng(0)

    def joint(right: np.ndarray) -> float:
        p = np.linalg.eigh((a @ a.T) * (right @ right.T))[0]
        p = p[p > 1e-12 * p[-1]]
        p /= p.sum()
        return float(-(p * np.log(p)).sum())

    shuffled = [joint(b[generator.permutation(N)]) - joint(b) for _ in range(10)]
    return float(np.mean(shuffled))


def main() -> None:
    rng = np.random.default_rng(1)
    a = rng.standard_normal((N, D)) * np.geomspace(1, 0.05, D)
    b = a + 0.2 * rng.standard_normal((N, D))
    dime(a[:50], b[:50])
    ours, fast = min(_timed(dime, a, b) for _ in range(3))
    theirs, slow = min(_timed(slow_dime, a, b) for _ in range(2))
    print(f"n = {N}, d = {D}, 10 permutations; difference {abs(fast - slow):.1e}")
    print(f"shared Gram matrices    {ours:7.2f} s")
    print(f"one pair after another  {theirs:7.2f} s")
    tell("DiME of shared Gram matrices", ours / theirs, "one pair of matrices after another")


def _timed(function, a: np.ndarray, b: np.ndarray) -> tuple[float, float]:  # type: ignore[no-untyped-def]
    started = time.perf_counter()
    value = function(a, b)
    return time.perf_counter() - started, value


if __name__ == "__main__":
    main()
