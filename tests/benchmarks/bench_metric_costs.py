"""The time of each metric beside the costliest that reads the same, and what it declares.

On made-up states of the shape that the bundled runs have: 1,000 texts (pooled), 64 texts of 128
tokens (tokens) and what 12 heads attend to there (attention), views as each metric asks for them;
width 384, three layers. The lists of neighbours that metrics share are made before, as a run does.
Processor time, so that other work on the machine does not count; the least of three tries.

Run: OMP_NUM_THREADS=1 python -m tests.benchmarks.bench_metric_costs
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a plain script

from lrd_core.metrics.knn import nearest_neighbours
from lrd_core.metrics.registry import Metric, all_metrics, neighbours_needed
from lrd_core.runs.request import MetricRequest, parse_metrics

LAYERS, TEXTS, WIDTH = 3, 1000, 384
BATCH, TOKENS, HEADS = 64, 128, 12
TRIES = 3


def main() -> None:
    measured = {metric.name: _least(_work(metric)) for metric in all_metrics()}
    print(f"{'reads':10}{'metric':22}{'seconds':>9}{'relative':>10}{'declared':>10}{'ratio':>8}")
    for reads in dict.fromkeys(metric.reads for metric in all_metrics()):
        found = [metric for metric in all_metrics() if metric.reads == reads]
        most = max(measured[metric.name] for metric in found)
        for metric in sorted(found, key=lambda one: -measured[one.name]):
            seconds = measured[metric.name]
            relative = seconds / most
            print(
                f"{reads:10}{metric.name:22}{seconds:9.3f}{relative:10.3f}{metric.cost:10.3f}"
                f"{relative / metric.cost:8.2f}"
            )


def _work(metric: Metric) -> Callable[[], object]:
    (request,) = parse_metrics([metric.name])
    if metric.reads == "tokens":
        return _tokens(request)
    if metric.reads == "attention":
        return _attention(request)
    if metric.reads == "views":
        return _views(request)
    layers = [_states(TEXTS, seed) for seed in range(LAYERS)]
    if metric.inputs == "layer":
        return lambda: [request.call(layer) for layer in layers]
    shared: dict[str, Any] = {}
    if metric.shares_neighbours:
        shared["neighbours"] = [nearest_neighbours(x, neighbours_needed()) for x in layers]
    return lambda: request.call(layers, **shared)


def _tokens(request: MetricRequest) -> Callable[[], object]:
    states = torch.from_numpy(_states(BATCH * TOKENS, 0).reshape(BATCH, TOKENS, WIDTH))
    mask = torch.ones(BATCH, TOKENS, dtype=torch.int64)
    return lambda: [request.call(states, attention_mask=mask) for _ in range(LAYERS)]


def _attention(request: MetricRequest) -> Callable[[], object]:
    drawn = torch.from_numpy(np.random.default_rng(0).random((BATCH, HEADS, TOKENS, TOKENS)))
    weights = torch.softmax(drawn.float(), dim=-1)
    mask = torch.ones(BATCH, TOKENS, dtype=torch.int64)
    return lambda: [request.call(weights, attention_mask=mask) for _ in range(LAYERS)]


def _views(request: MetricRequest) -> Callable[[], object]:
    asked = request.metric.sampling
    texts = np.repeat(_states(asked["n_texts"], 0)[:, None], asked["q"], axis=1)
    noise = np.random.default_rng(1).standard_normal(texts.shape)
    views = (texts + 0.2 * noise).astype(np.float32)
    pair = request.metric.compares_pairs
    arguments = (views[:, 0], views[:, 1]) if pair else (views,)
    return lambda: [request.call(*arguments) for _ in range(LAYERS)]


def _states(count: int, seed: int) -> np.ndarray:
    """(count, WIDTH) float32 whose directions hold very different shares, as real states do."""
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((count, WIDTH)) * np.geomspace(1, 0.02, WIDTH)).astype(np.float32)


def _least(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(TRIES):
        started = time.process_time()
        work()
        seconds.append(time.process_time() - started)
    return min(seconds)


if __name__ == "__main__":
    main()
