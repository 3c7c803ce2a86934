"""LiDAR by matrix products, against a Python loop of outer products.

The loop is timed on 20 of the 1000 texts (every text costs the same 17 outer products) and
extrapolated; both sides include the same eigenvalue work once.

Run: python -m tests.benchmarks.bench_lidar
"""

import sys
import time
from pathlib import Path

import numpy as np
from scipy.linalg import sqrtm

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a plain script

from lrd_core.metrics import lidar
from tests.benchmarks.ratios import tell
from tests.metrics.independent import scatter_by_outer_products, shannon

N, Q, D = 1000, 16, 768
MEASURED = 20


def main() -> None:
    rng = np.random.default_rng(0)
    texts = rng.standard_normal((N, 1, D)) * np.geomspace(1, 0.05, D)
    views = (texts + 0.2 * rng.standard_normal((N, Q, D))).astype(np.float32)
    lidar(views[:50])
    ours = min(_seconds(lambda: lidar(views)) for _ in range(3))
    part = views[:MEASURED].astype(np.float64)
    loop = _seconds(lambda: scatter_by_outer_products(part)) * N / MEASURED
    between, within = np.cov(texts[:, 0].T), np.eye(D)
    eigen = _seconds(lambda: _entropy(between, within))
    print(f"n = {N}, q = {Q}, d = {D}")
    print(f"matrix products       {ours:8.2f} s")
    print(f"loop of outer products{loop + eigen:8.2f} s (from {MEASURED} texts)")
    tell("LiDAR by matrix products", ours / (loop + eigen), "a loop of outer products")


def _entropy(between: np.ndarray, within: np.ndarray) -> float:
    root = np.linalg.inv(np.real(sqrtm(within)))
    return shannon(np.linalg.eigvalsh(root @ between @ root))


def _seconds(work) -> float:  # type: ignore[no-untyped-def]
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
