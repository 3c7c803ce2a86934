"""Embeddings of augmented texts: one more pass that serves InfoNCE, DiME and LiDAR together."""

from collections.abc import Callable, Sequence

import numpy as np

from lrd_core.runs.request import MetricRequest
from lrd_core.store.metric_id import MetricId
from lrd_core.tasks.augment import augment

LONGEST = 2**22
"""Characters of a text that are augmented: no model reads as many, and the rest costs memory."""


def views_wanted(requests: Sequence[MetricRequest], n_texts: int) -> list[tuple[int, int]]:
    """(text, view) pairs that these metrics need, each once; views count from 0.

    A metric asks for `q` views of its first `n_texts` texts.
    """
    pairs = {
        (text, view)
        for request in requests
        for text in range(min(n_texts, request.parameters["n_texts"]))
        for view in range(request.parameters["q"])
    }
    return sorted(pairs)


def embed_views(
    requests: Sequence[MetricRequest],
    texts: Sequence[str],
    seed: int,
    embed: Callable[[list[str]], np.ndarray],
) -> dict[MetricId, list[np.ndarray]]:
    """For each metric, by layer, an (n, q, hidden_size) array of its views.

    embed: texts -> (num_blocks + 1, n, hidden_size).
    """
    pairs = views_wanted(requests, len(texts))
    row_of = {pair: row for row, pair in enumerate(pairs)}
    embedded = embed([augment(texts[text][:LONGEST], seed, view) for text, view in pairs])
    layers: dict[MetricId, list[np.ndarray]] = {}
    for request in requests:
        n = min(len(texts), request.parameters["n_texts"])
        q = request.parameters["q"]
        rows = np.array([[row_of[text, view] for view in range(q)] for text in range(n)])
        layers[request.id] = [layer[rows] for layer in embedded]
    return layers
