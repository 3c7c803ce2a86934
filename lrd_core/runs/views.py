"""Embeddings of augmented items: one more pass that serves all metrics of views together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lrd_core.extraction.inputs import modality_of
from lrd_core.runs.request import MetricRequest
from lrd_core.settings import RunSettings
from lrd_core.store.metric_id import MetricId
from lrd_core.tasks import TaskItems

if TYPE_CHECKING:
    from lrd_core.extraction.hidden_states import Extraction
    from lrd_core.models.load import LoadedModel


def views_wanted(requests: Sequence[MetricRequest], n_items: int) -> list[tuple[int, int]]:
    """(item, view) pairs that these metrics need, each once; views count from 0.

    A metric asks for `q` views of its first `n_texts` items.
    """
    pairs = {
        (item, view)
        for request in requests
        for item in range(min(n_items, request.parameters["n_texts"]))
        for view in range(request.parameters["q"])
    }
    return sorted(pairs)


def embed_views(
    requests: Sequence[MetricRequest],
    sample: TaskItems,
    model: LoadedModel,
    settings: RunSettings,
    forward: Callable[[Sequence[Any], RunSettings], Extraction],
) -> dict[MetricId, list[np.ndarray]]:
    """For each metric, by layer, an (n, q, width) array of its views.

    forward: one pass of the model over items under settings.
    """
    items = sample.items
    pairs = views_wanted(requests, len(items))
    row_of = {pair: row for row, pair in enumerate(pairs)}
    augment = modality_of(model.modality).augment
    augmented = [augment(items[item], settings.seed, view) for item, view in pairs]
    # A tail belongs to the pooling before it; without one, views are pooled by mean.
    plain = model.pipeline.resolve_tail(settings.tail) == "none"
    embedded = forward(augmented, replace(settings, pooling="mean") if plain else settings)
    layers: dict[MetricId, list[np.ndarray]] = {}
    for request in requests:
        n = min(len(items), request.parameters["n_texts"])
        q = request.parameters["q"]
        rows = np.array([[row_of[item, view] for view in range(q)] for item in range(n)])
        layers[request.id] = [layer[rows] for layer in embedded.embeddings]
    return layers
