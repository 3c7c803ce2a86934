"""The computing part of a run: one forward pass, and every metric that the store does not have.

Each finished part is kept at once, so that work interrupted at any point goes on from there:
token metrics and embeddings of the pass, then neighbours, then metric by metric. How it gets into
the store while another process holds that: see store/saving.py.
"""

import functools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lrd_core.extraction.embeddings import MissingArrayError, open_embeddings, writing_embeddings
from lrd_core.extraction.hidden_states import Extraction, extract
from lrd_core.extraction.inputs import refuse_other_items
from lrd_core.metrics import Neighbours
from lrd_core.metrics.knn_approximate import find_neighbours
from lrd_core.models.load import LoadedModel
from lrd_core.progress import Progress
from lrd_core.runs.asked import Asked, Done
from lrd_core.runs.attention import measure_attention
from lrd_core.runs.compute import compute, neighbours_wanted
from lrd_core.runs.identity import identity_of, record_of
from lrd_core.runs.measure import Measured
from lrd_core.runs.request import MetricRequest
from lrd_core.runs.stored import done_metrics, lacking
from lrd_core.runs.token_sample import TokenWork
from lrd_core.runs.views import embed_views
from lrd_core.settings import RunSettings
from lrd_core.store.keys import run_key
from lrd_core.store.metric_id import MetricId, over_fewer
from lrd_core.store.metrics import metric_writes
from lrd_core.store.neighbours import NEIGHBOURS, neighbour_writes
from lrd_core.store.reading import read_table
from lrd_core.store.runs import run_writes
from lrd_core.store.sources import TRUSTED


@dataclass
class Work:
    """What is known of a run so far, each part made when first asked for."""

    asked: Asked
    progress: Progress
    _forward_seconds: float = 0.0
    _gaps: list[str] = field(default_factory=list)
    _finished: set[MetricId] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.config, self.saver = self.asked.config, self.asked.saver
        self.sample, self.settings = self.asked.sample, self.asked.request.settings

    @functools.cached_property
    def key(self) -> str:
        """The run's key, for which the model is loaded unless the same was asked for before."""
        return self.asked.known_key or self._new_key()

    def compute(self, wanted: Sequence[MetricRequest]) -> Done:
        """Compute and keep what the store does not have of these.

        Raises: LrdError of the part that failed; what was finished before stays in the store.
        """
        self._finished = done_metrics(self.saver, self.key)
        missing = lacking(self.saver, self.key, wanted)
        if missing:
            compute(missing, self, self._save, self.progress)
        return Done(self.key, missing, tuple(self._gaps), self._forward_seconds)

    @functools.cached_property
    def model(self) -> LoadedModel:
        """The model, loaded when something asks for it for the first time."""
        self.progress("loading the model", 0, 1)
        loaded = self.asked.loading.load(self.asked.spec, self.settings, self.config)
        refuse_other_items(loaded.spec, self.sample.spec)
        return loaded

    @property
    def pathless(self) -> str:
        """Why the model's positions have no path; a metric that needs one needs a pass anyway."""
        return self.model.pathless

    @property
    def ids(self) -> np.ndarray:
        """Places of the items in the whole task."""
        return self.sample.ids

    def _new_key(self) -> str:
        identity = identity_of(self.model, self.sample, self.settings)
        key = run_key(identity)
        # The model may have been written to since it was looked at: what was loaded counts.
        named = self.asked.named(self.model.revision)
        self.saver.save(run_writes(record_of(self.model, self.sample, identity, key), named))
        return key

    def embeddings(self, token_metrics: Sequence[MetricRequest]) -> list[np.ndarray]:
        """All layers' embeddings; a forward pass unless they and the token metrics are there."""
        if not token_metrics:
            try:
                return list(open_embeddings(self.config, self.key))
            except MissingArrayError:
                pass
        reading = TokenWork(token_metrics, self.sample.n, self.settings.seed)
        functions, items = reading.functions, self.sample.items
        with writing_embeddings(self.config, self.key) as path:
            pass_ = self._forward(items, self.settings, token_metrics=functions, out=path)
            per_item = pass_.per_item
            del pass_
            # Before the file is whole: nothing but a pass can make them again.
            for metric, found in reading.measured(per_item, self.ids):
                self._keep(metric, found)
        self.saver.catch_up()
        return list(open_embeddings(self.config, self.key, verify=False))

    def neighbours(self, embeddings: Sequence[np.ndarray]) -> list[Neighbours]:
        """Neighbour lists of every layer, computed once and kept for the pages."""
        k = neighbours_wanted(self.sample.n)
        with self.saver.reading() as connection:
            kept = read_table(connection, NEIGHBOURS, run_key=self.key, k=k, source=TRUSTED)
        lists = {
            int(row.layer): Neighbours(
                np.asarray(row.ids).reshape(-1, k),
                np.asarray(row.similarity).reshape(-1, k),
                1.0 if pd.isna(row.recall) else float(row.recall),
            )
            for row in kept.itertuples()
        }
        for layer, vectors in enumerate(embeddings):
            self.progress("nearest neighbours", layer, len(embeddings))
            if layer in lists or k < 1:
                continue
            lists[layer] = found = find_neighbours(np.asarray(vectors), k)
            lists_of_layer = found.ids, found.similarity, found.recall
            self.saver.save(neighbour_writes(self.key, layer, *lists_of_layer))
        return [lists[layer] for layer in sorted(lists)]

    def attention(self, metrics: Sequence[MetricRequest]) -> None:
        """Metrics of attention weights, in a pass of their own."""
        measure_attention(
            metrics, self.sample, self.model, self.settings, self._save, self.progress
        )

    def views(self, metrics: Sequence[MetricRequest]) -> dict[MetricId, list[np.ndarray]]:
        """Embeddings of augmented items, in a pass of their own."""
        return embed_views(metrics, self.sample, self.model, self.settings, self._forward)

    def _forward(self, items: Sequence[Any], settings: RunSettings, **more: Any) -> Extraction:
        started = time.monotonic()
        result = extract(self.model, items, settings, progress=self.progress, **more)
        self._forward_seconds += time.monotonic() - started
        return result

    def _save(self, metric: MetricRequest, measured: Measured) -> None:
        self._keep(metric, measured)
        self.saver.catch_up()

    def _keep(self, metric: MetricRequest, measured: Measured) -> None:
        self._gaps += [
            f"{value.series} at {value.position}: {value.reason}"
            for value in measured.values
            if value.reason
        ]
        writes = metric_writes(
            self.key, metric.id, measured.values, measured.per_item, measured.matrices
        )
        for other in over_fewer(metric.id, self._finished):
            writes += metric_writes(self.key, other, [])
        self.saver.keep(writes)
