"""Frenet from the pairs of layers that its numbers need, against all pairs of them.

    python -m tests.benchmarks.bench_frenet [--layers 33] [--width 4096] [--rank 800] [--share 1]

On made-up subspaces of the rank that such a run has: each layer turns the one before by a little.
Both sides start from the bases, which are the same work for either. --share: of the pairs that are
measured, the rest reckoned from these, because all of them take minutes.
"""

import argparse
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a plain script

from lrd_core.metrics.grassmann import pairs_of_path
from lrd_core.metrics.subspaces import subspace_distances
from tests.benchmarks.ratios import tell


def bases(layers: int, width: int, rank: int) -> list[torch.Tensor]:
    """(width, rank) orthonormal columns a layer, each a small turn from those before."""
    generator = torch.Generator().manual_seed(0)
    current = torch.randn(width, rank, dtype=torch.float64, generator=generator)
    found = []
    for _ in range(layers):
        current = torch.linalg.qr(current).Q
        found.append(current.contiguous())
        step = torch.randn(width, rank, dtype=torch.float64, generator=generator)
        current = current + step * (0.3 / width**0.5)
    return found


def seconds(layers: list[torch.Tensor], pairs: set[tuple[int, int]]) -> float:
    started = time.perf_counter()
    subspace_distances(layers, pairs)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=33)
    parser.add_argument("--width", type=int, default=4096)
    parser.add_argument("--rank", type=int, default=800, help="of 2,000 texts at 95%%")
    parser.add_argument("--share", type=float, default=1.0)
    asked = parser.parse_args()
    layers = bases(asked.layers, asked.width, asked.rank)
    path = pairs_of_path(asked.layers)
    every = {(i, j) for i in range(asked.layers) for j in range(i + 1, asked.layers)}
    some = set(sorted(every)[:: max(round(1 / asked.share), 1)])
    short = seconds(layers, path)
    whole = seconds(layers, some) * len(every) / len(some)
    told = "" if some == every else f", reckoned from {len(some)}"
    print(f"{asked.layers} layers, width {asked.width}, rank {asked.rank}")
    print(f"{len(path):4} pairs of the path {short:8.1f} s")
    print(f"{len(every):4} pairs, all        {whole:8.1f} s{told}")
    tell("distances of the path's pairs", short / whole, "all pairs of layers")


if __name__ == "__main__":
    main()
