"""Batched prompt entropy of 512-token texts, against one text at a time.

The slow side takes each text alone: centre, normalise, the tokens x tokens Gram matrix and its
eigenvalues, in float64.

Run: python -m tests.benchmarks.bench_prompt_entropy [hidden_size]
"""

import sys
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a plain script

from lrd_core.metrics import prompt_entropy
from tests.benchmarks.ratios import tell

TOKENS, TEXTS = 512, 32


def one_at_a_time(texts: np.ndarray) -> np.ndarray:
    values = []
    for text in texts.astype(np.float64):
        x = text - text.mean(axis=0)
        x /= np.linalg.norm(x, axis=1, keepdims=True)
        p = np.linalg.eigvalsh(x @ x.T)
        p = p[p > 1e-12] / p[p > 1e-12].sum()
        values.append(-(p * np.log(p)).sum())
    return np.array(values) / np.log(min(texts.shape[1:]))


def main(hidden_size: int) -> None:
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.standard_normal((TEXTS, TOKENS, hidden_size)), axis=1)
    texts = (walk * 0.2 + 2 * rng.standard_normal(walk.shape)).astype(np.float32)
    prompt_entropy(texts[:2])
    ours, fast = min((_timed(prompt_entropy, texts) for _ in range(3)), key=lambda pair: pair[0])
    theirs, slow = min((_timed(one_at_a_time, texts) for _ in range(2)), key=lambda pair: pair[0])
    print(f"{TEXTS} texts of {TOKENS} tokens, d = {hidden_size}, {torch.get_num_threads()} threads")
    print(f"batched, float32       {ours / TEXTS * 1e3:7.2f} ms a text")
    print(f"one at a time, float64 {theirs / TEXTS * 1e3:7.2f} ms a text")
    print(f"largest relative difference {np.abs(fast / slow - 1).max():.1e}")
    words = f"prompt entropy of {TOKENS}-token texts in batches, width {hidden_size}"
    tell(words, ours / theirs, "one text at a time")


def _timed(function, texts: np.ndarray) -> tuple[float, np.ndarray]:  # type: ignore[no-untyped-def]
    started = time.perf_counter()
    values = function(texts)
    return time.perf_counter() - started, values


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 384)
