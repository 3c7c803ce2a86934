"""One pass for everything, against a pass for each metric and each eight layers.

The slow side re-creates how the authors' scripts go over the data: every metric makes its own
sweeps of eight layers at a time, Frenet adds a sweep that probes the rank, batches are 32 texts
in data order, padded to the longest of the batch, and every hidden state of a batch is kept until
the batch is pooled. Both sides compute Frenet, NRS, GFMI, dataset entropy and prompt entropy.

Run: python -m tests.benchmarks.bench_one_pass [n_texts]
"""

import math
import sys
import time
from pathlib import Path

import numpy as np
import torch
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.metrics import mutual_info_score

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a plain script

from lrd_core.extraction.hidden_states import extract
from lrd_core.metrics import frenet, gfmi, matrix_entropy, nearest_neighbours, nrs, prompt_entropy
from lrd_core.models.load import LoadedModel, load_model
from lrd_core.tasks import load_task
from tests.benchmarks.ratios import tell

LAYERS_AT_A_TIME = 8
BATCH = 32


def sweep(loaded: LoadedModel, texts: list[str], layers: range, on_tokens=None) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Pooled embeddings of some layers from one pass over the data in its own order."""
    pooled = []
    for start in range(0, len(texts), BATCH):
        batch = loaded.tokenizer(
            texts[start : start + BATCH],
            padding=True,
            truncation=True,
            max_length=loaded.max_length,
            return_tensors="pt",
        )
        with torch.inference_mode():
            states = loaded.model(**batch, output_hidden_states=True).hidden_states
        mask = batch["attention_mask"][:, :, None]
        chosen = [states[layer] for layer in layers]
        if on_tokens is not None:
            on_tokens(chosen, batch["attention_mask"])
        pooled.append(torch.stack([(h * mask).sum(1) / mask.sum(1) for h in chosen]).numpy())
    return np.concatenate(pooled, axis=1)


def sweeps(loaded: LoadedModel, texts: list[str], on_tokens=None) -> np.ndarray:  # type: ignore[no-untyped-def]
    parts = [
        sweep(loaded, texts, range(s, min(s + LAYERS_AT_A_TIME, loaded.num_blocks + 1)), on_tokens)
        for s in range(0, loaded.num_blocks + 1, LAYERS_AT_A_TIME)
    ]
    return np.concatenate(parts)


def slow_gfmi(layers: np.ndarray, k: int = 30) -> list[float]:
    """Twenty graphs a layer, each built anew."""
    percents = np.linspace(5, 95, 20)
    labels = []
    for z in layers:
        unit = z / np.linalg.norm(z, axis=1, keepdims=True)
        distance = 1 - unit @ unit.T
        np.fill_diagonal(distance, np.inf)
        ids = np.argsort(distance, axis=1)[:, :k]
        rows = np.repeat(np.arange(len(z)), k)
        edges = distance[rows, ids.ravel()]
        found = []
        for percent in percents:
            keep = edges <= np.percentile(edges, percent)
            graph = coo_matrix(
                (np.ones(keep.sum()), (rows[keep], ids.ravel()[keep])), shape=distance.shape
            )
            found.append(connected_components(graph, directed=False)[1])
        labels.append(found)
    curves = [
        [mutual_info_score(a, b) for a, b in zip(one, labels[-1], strict=True)] for one in labels
    ]
    return [float(np.trapezoid(curve, percents)) for curve in curves]


def multi_pass(loaded: LoadedModel, texts: list[str]) -> None:
    sweep(loaded, texts, range(loaded.num_blocks, loaded.num_blocks + 1))  # rank probe
    frenet(list(sweeps(loaded, texts)))
    nrs(list(sweeps(loaded, texts)))
    slow_gfmi(sweeps(loaded, texts))
    for layer in sweeps(loaded, texts):
        matrix_entropy(layer)

    def one_text_at_a_time(states: list[torch.Tensor], mask: torch.Tensor) -> None:
        for state in states:
            for tokens, attended in zip(state, mask, strict=True):
                matrix_entropy(tokens[attended.bool()])

    sweeps(loaded, texts, one_text_at_a_time)


def one_pass(loaded: LoadedModel, texts: list[str]) -> tuple[float, float]:
    """Seconds of the bare forward pass and of every metric."""
    started = time.perf_counter()
    embeddings = list(extract(loaded, texts).embeddings)
    forward = time.perf_counter() - started
    started = time.perf_counter()
    neighbours = [nearest_neighbours(layer, 30) for layer in embeddings]
    frenet(embeddings)
    nrs(embeddings, neighbours=neighbours)
    gfmi(embeddings, neighbours=neighbours)
    for layer in embeddings:
        matrix_entropy(layer)
    pooled_metrics = time.perf_counter() - started
    return forward, pooled_metrics


def main(n: int) -> None:
    loaded = load_model("all-MiniLM-L6-v2")
    texts = list(load_task("bbc-news", n, 0).items)
    extract(loaded, texts[:32])
    forward, pooled_metrics = one_pass(loaded, texts)
    started = time.perf_counter()
    extract(
        loaded, texts, token_metrics={"entropy": lambda layer: {"value": prompt_entropy(layer)}}
    )
    with_entropy = time.perf_counter() - started
    ours = with_entropy + pooled_metrics
    started = time.perf_counter()
    multi_pass(loaded, texts)
    theirs = time.perf_counter() - started
    passes = 1 + 5 * math.ceil((loaded.num_blocks + 1) / LAYERS_AT_A_TIME)
    print(f"{n} BBC texts, {loaded.spec.name}, {torch.get_num_threads()} threads")
    print(f"bare one-pass forward        {forward:8.1f} s")
    print(f"metrics of pooled embeddings {pooled_metrics:8.1f} s = {pooled_metrics / forward:.2f}")
    print(f"prompt entropy in the pass   {with_entropy - forward:8.1f} s")
    print(f"one pass, everything         {ours:8.1f} s")
    print(f"{passes} sweeps, everything         {theirs:8.1f} s")
    tell("five metrics of all layers in one pass", ours / theirs, "a pass for each eight layers")
    tell("metrics of pooled embeddings", pooled_metrics / forward, "the bare pass")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
