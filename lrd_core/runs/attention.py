"""Metrics of attention weights: a pass of their own over the first items of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lrd_core.errors import MetricError
from lrd_core.progress import Progress, silent
from lrd_core.runs.measure import Measured, gaps, measure_tokens
from lrd_core.runs.request import MetricRequest
from lrd_core.settings import RunSettings
from lrd_core.tasks import TaskItems

if TYPE_CHECKING:
    from lrd_core.models.load import LoadedModel


def measure_attention(
    requests: Sequence[MetricRequest],
    sample: TaskItems,
    model: LoadedModel,
    settings: RunSettings,
    keep: Callable[[MetricRequest, Measured], None],
    progress: Progress = silent,
) -> None:
    """Hand on these metrics, each of the first `n_texts` items that it asks for.

    A model without attention weights leaves a gap with the reason.
    """
    from lrd_core.extraction.attention import read_attention

    most = max(request.parameters["n_texts"] for request in requests)
    items = sample.items[:most]
    found = {request.id: np.full((model.num_blocks, len(items)), np.nan) for request in requests}
    try:
        read = read_attention(model, items, settings, progress)
        for place, (mask, blocks) in enumerate(read):
            for request in requests:
                if place < request.parameters["n_texts"]:
                    values = [float(request.call(weights, mask)[0]) for weights in blocks]
                    found[request.id][:, place] = values
    except MetricError as error:
        for request in requests:
            keep(request, gaps(request, len(items), str(error)))
        return
    for request in requests:
        n = min(len(items), request.parameters["n_texts"])
        by_series = {series.name: found[request.id][:, :n] for series in request.metric.series}
        keep(request, measure_tokens(request, by_series, sample.ids[:n]))
