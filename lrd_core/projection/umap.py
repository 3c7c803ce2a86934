"""The same texts through all layers as maps that can be compared: chained UMAP.

Each layer's layout starts from the one before, so a point moves because its neighbourhood
changed. Importing this module is cheap; the first call imports umap and compiles it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lrd_core.errors import InputError
from lrd_core.extras import need
from lrd_core.projection.mds import rigid_motion

NAME = "Chained UMAP"
"""What the maps are called in words."""

VERSION = 2
"""Raised when the same settings would give other coordinates; part of the projection key."""


MAP_RADIUS = 5.0


@dataclass(frozen=True)
class ChainSettings:
    """Everything that shapes the maps.

    The later layers take small steps (`later_rate`): on MiniLM and 1,000 texts a rate of 0.25
    gave both less movement and higher trustworthiness than 1.0.
    """

    k: int = 15
    min_dist: float = 0.1
    first_epochs: int = 200
    later_epochs: int = 80
    first_rate: float = 1.0
    later_rate: float = 0.25
    seed: int = 0

    def parameters(self) -> dict[str, Any]:
        """What the projection key is made of, the version included."""
        return asdict(self) | {"version": VERSION}


DEFAULT_SETTINGS = ChainSettings()


@dataclass(frozen=True)
class LayerGraph:
    """One layer as the projection needs it: its embeddings and exact neighbours.

    Shape: embeddings (n, d); ids and similarity (n, k or more), nearest first, self excluded.
    """

    embeddings: np.ndarray
    ids: np.ndarray
    similarity: np.ndarray


def chained_umap(
    layers: Sequence[Callable[[], LayerGraph]],
    settings: ChainSettings = DEFAULT_SETTINGS,
    done: Sequence[np.ndarray] = (),
) -> Iterator[np.ndarray]:
    """Yield the (n, 2) float32 map of each layer, one after another.

    layers: one callable a layer, called when its turn comes, so that only one layer is in memory.
    done: maps that exist already, from layer 0 on; work goes on after them with equal results.
    The same input and settings give bitwise equal maps on one machine.
    Raises: InputError when a layer has k or fewer texts, or shorter neighbour lists than k, and
    where UMAP is not installed.
    """
    need("umap", "a map of the layers")
    previous = np.asarray(done[-1], dtype=np.float32) if done else None
    for layer in layers[len(done) :]:
        graph = layer()
        _check(graph, settings.k)
        points = _one_size(_layout(graph, settings, previous))
        if previous is not None:
            rotation, shift = rigid_motion(points, previous)
            points = points @ rotation + shift
        previous = np.ascontiguousarray(points, dtype=np.float32)
        yield previous


def _layout(graph: LayerGraph, settings: ChainSettings, start: np.ndarray | None) -> np.ndarray:
    from umap.umap_ import find_ab_params, fuzzy_simplicial_set, simplicial_set_embedding

    n, k = len(graph.ids), settings.k
    # UMAP counts a point as its own first neighbour.
    ids = np.column_stack([np.arange(n), graph.ids[:, :k]]).astype(np.int32)
    away = np.clip(1.0 - graph.similarity[:, :k], 0.0, None)
    distances = np.column_stack([np.zeros(n), away]).astype(np.float32)
    weights = fuzzy_simplicial_set(
        graph.embeddings, k + 1, np.random.RandomState(settings.seed), "cosine", {}, ids, distances
    )[0]
    a, b = find_ab_params(1.0, settings.min_dist)
    points, _ = simplicial_set_embedding(
        data=np.asarray(graph.embeddings, dtype=np.float32),
        graph=weights,
        n_components=2,
        initial_alpha=settings.first_rate if start is None else settings.later_rate,
        a=a,
        b=b,
        gamma=1.0,
        negative_sample_rate=5,
        n_epochs=settings.first_epochs if start is None else settings.later_epochs,
        init="pca" if start is None else start,
        random_state=np.random.RandomState(settings.seed),
        metric="cosine",
        metric_kwds={},
        densmap=False,
        densmap_kwds={},
        output_dens=False,
        parallel=False,
    )
    return np.asarray(points, dtype=np.float64)


def _one_size(points: np.ndarray) -> np.ndarray:
    """Centred, with root mean square radius MAP_RADIUS: UMAP's own scale means nothing."""
    centred = points - points.mean(axis=0)
    radius = float(np.sqrt((centred**2).sum(axis=1).mean()))
    return np.asarray(centred * (MAP_RADIUS / radius) if radius > 0 else centred)


def _check(graph: LayerGraph, k: int) -> None:
    n, known = graph.ids.shape
    if n <= k:
        raise InputError(f"a map with k = {k} needs more than {k} texts, got {n}; lower k")
    if known < k:
        raise InputError(f"the neighbour lists hold {known}, the map needs k = {k}; lower k")
