"""Neighbour search by an index, against looking at every pair.

    python -m tests.benchmarks.bench_neighbours [--texts 40000] [--width 384]

On made-up embeddings in groups. The index is built once before, on a few, because its code compiles
on its first call. Prints the share of the true neighbours that it found, on a sample.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a plain script

from lrd_core.metrics import nearest_neighbours
from lrd_core.metrics.knn_approximate import find_neighbours
from tests.benchmarks.ratios import tell

K = 30


def grouped(n: int, width: int) -> np.ndarray:
    """(n, width) float32 around a centre for each fifty."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((max(n // 50, 1), width))
    noise = 0.7 * rng.standard_normal((n, width))
    return (centres[rng.integers(0, len(centres), n)] + noise).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=40_000)
    parser.add_argument("--width", type=int, default=384)
    asked = parser.parse_args()
    z = grouped(asked.texts, asked.width)
    find_neighbours(z[:2000], K, exact_up_to=0)
    started = time.perf_counter()
    found = find_neighbours(z, K, exact_up_to=0)
    between = time.perf_counter()
    nearest_neighbours(z, K)
    exact = time.perf_counter() - between
    seconds = between - started
    print(f"{asked.texts:,} texts, width {asked.width}, k = {K}; recall {found.recall:.3f}")
    print(f"an index {seconds:7.1f} s, every pair {exact:7.1f} s")
    words = f"{K} neighbours of {asked.texts:,} texts by an index (recall {found.recall:.3f})"
    tell(words, seconds / exact, "every pair")


if __name__ == "__main__":
    main()
