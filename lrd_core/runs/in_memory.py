"""Metrics of items or of arrays that are there already, in memory: nothing is stored."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrd_core.errors import InputError
from lrd_core.extraction.hidden_states import Extraction, extract
from lrd_core.metrics import Neighbours
from lrd_core.metrics.knn_approximate import find_neighbours
from lrd_core.models.load import LoadedModel
from lrd_core.progress import Progress, silent
from lrd_core.runs.attention import measure_attention
from lrd_core.runs.compute import compute, neighbours_wanted
from lrd_core.runs.measure import Measured
from lrd_core.runs.request import MetricRequest
from lrd_core.runs.token_sample import TokenWork
from lrd_core.runs.views import embed_views
from lrd_core.settings import RunSettings
from lrd_core.store.metric_id import MetricId
from lrd_core.tasks import TaskItems


@dataclass
class Results:
    """What metrics gave, and the neighbours of every layer where a metric reads them."""

    measured: list[tuple[MetricRequest, Measured]] = field(default_factory=list)
    neighbours: list[Neighbours] = field(default_factory=list)

    def keep(self, metric: MetricRequest, measured: Measured) -> None:
        self.measured.append((metric, measured))

    def in_order(self, wanted: Sequence[MetricRequest]) -> "Results":
        """The same, as asked for and not as computed."""
        place = {metric.id: index for index, metric in enumerate(wanted)}
        self.measured.sort(key=lambda found: place[found[0].id])
        return self


def measure_items(
    model: LoadedModel,
    sample: TaskItems,
    settings: RunSettings,
    wanted: Sequence[MetricRequest],
    progress: Progress = silent,
) -> Results:
    """One pass over the items, two with views, and these metrics: the numbers of a stored run.

    Raises: NonFiniteError and others of `extract`.
    """
    results = Results()
    wanted = [metric.among(sample.n) for metric in wanted]
    compute(wanted, _Pass(model, sample, settings, results, progress), results.keep, progress)
    return results.in_order(wanted)


def measure_given(
    layers: Sequence[np.ndarray],
    wanted: Sequence[MetricRequest],
    ids: np.ndarray | None = None,
    progress: Progress = silent,
) -> Results:
    """These metrics of one (n, width) array a layer, first the embedding layer.

    ids: (n,) what the rows are called; 0 to n - 1 unless told otherwise.
    Raises: InputError for a metric of tokens or views.
    """
    results = Results()
    given = _Given(layers, results, np.arange(len(layers[0])) if ids is None else ids, progress)
    compute(wanted, given, results.keep, progress)
    return results.in_order(wanted)


@dataclass
class _Pass:
    """The parts of a model and its items, each made when first asked for."""

    model: LoadedModel
    sample: TaskItems
    settings: RunSettings
    results: Results
    progress: Progress

    @property
    def pathless(self) -> str:
        return self.model.pathless

    @property
    def ids(self) -> np.ndarray:
        return self.sample.ids

    def embeddings(self, token_metrics: Sequence[MetricRequest]) -> list[np.ndarray]:
        reading = TokenWork(token_metrics, self.sample.n, self.settings.seed)
        pass_ = extract(
            self.model,
            self.sample.items,
            self.settings,
            token_metrics=reading.functions,
            progress=self.progress,
        )
        for metric, measured in reading.measured(pass_.per_item, self.ids):
            self.results.keep(metric, measured)
        # As in a stored run, whose arrays are files that are opened for reading alone.
        pass_.embeddings.flags.writeable = False
        return list(pass_.embeddings)

    def neighbours(self, embeddings: Sequence[np.ndarray]) -> list[Neighbours]:
        self.results.neighbours = _neighbours(embeddings, self.progress)
        return self.results.neighbours

    def attention(self, metrics: Sequence[MetricRequest]) -> None:
        keep, settings = self.results.keep, self.settings
        measure_attention(metrics, self.sample, self.model, settings, keep, self.progress)

    def views(self, metrics: Sequence[MetricRequest]) -> dict[MetricId, list[np.ndarray]]:
        def forward(items: Sequence[Any], settings: RunSettings) -> Extraction:
            return extract(self.model, items, settings, progress=self.progress)

        return embed_views(metrics, self.sample, self.model, self.settings, forward)


@dataclass
class _Given:
    """Layers that are there already."""

    layers: Sequence[np.ndarray]
    results: Results
    ids: np.ndarray
    progress: Progress

    @property
    def pathless(self) -> str:
        return ""

    def embeddings(self, token_metrics: Sequence[MetricRequest]) -> list[np.ndarray]:
        for metric in token_metrics:
            raise InputError(f"{metric.label} reads the vectors of single tokens, not pooled ones")
        return list(self.layers)

    def neighbours(self, embeddings: Sequence[np.ndarray]) -> list[Neighbours]:
        self.results.neighbours = _neighbours(embeddings, self.progress)
        return self.results.neighbours

    def attention(self, metrics: Sequence[MetricRequest]) -> None:
        raise InputError(f"{metrics[0].label} reads attention weights, which a model has")

    def views(self, metrics: Sequence[MetricRequest]) -> dict[MetricId, list[np.ndarray]]:
        raise InputError(f"{metrics[0].label} reads augmented views of each item")


def _neighbours(embeddings: Sequence[np.ndarray], progress: Progress) -> list[Neighbours]:
    k = neighbours_wanted(len(embeddings[0]))
    if k < 1:
        return []
    found = []
    for layer, vectors in enumerate(embeddings):
        progress("nearest neighbours", layer, len(embeddings))
        found.append(find_neighbours(vectors, k))
    return found
