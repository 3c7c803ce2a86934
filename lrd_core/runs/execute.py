"""One run: sample the items, one forward pass, every metric that is not in the store yet.

Each finished part is kept at once, so that work interrupted at any point goes on from there:
token metrics and embeddings of the pass, then neighbours, then metric by metric. How it gets into
the store while another process holds that: see store/saving.py.
"""

import functools
import importlib.metadata
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrd_core.config import Config
from lrd_core.extraction.embeddings import MissingArrayError, open_embeddings, writing_embeddings
from lrd_core.extraction.hidden_states import Extraction, extract
from lrd_core.extraction.inputs import Modality, modality_of, refuse_other_items
from lrd_core.metrics import Neighbours, nearest_neighbours
from lrd_core.models.code_permission import is_allowed
from lrd_core.models.load import LoadedModel, load_model
from lrd_core.models.specs import find_model
from lrd_core.models.weights import locate_weights
from lrd_core.progress import Progress, silent
from lrd_core.runs.attention import measure_attention
from lrd_core.runs.compute import compute, neighbours_wanted, token_function
from lrd_core.runs.identity import identity_of, record_of
from lrd_core.runs.measure import Measured, measure_tokens
from lrd_core.runs.request import MetricRequest, RunReport, RunRequest, parse_metrics
from lrd_core.runs.stored import kept_metrics, kept_run_key
from lrd_core.runs.views import embed_views
from lrd_core.settings import RunIdentity, RunSettings
from lrd_core.store.keys import content_key, run_key
from lrd_core.store.leftovers import collect_leftovers
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metric_values import finished_metrics
from lrd_core.store.metrics import metric_writes
from lrd_core.store.neighbours import NEIGHBOURS, neighbour_writes
from lrd_core.store.reading import read_table
from lrd_core.store.requests import find_run_key
from lrd_core.store.runs import run_writes
from lrd_core.store.saving import Saver
from lrd_core.store.sources import TRUSTED
from lrd_core.tasks import TaskItems, load_task
from lrd_core.tasks.places import remember

READING_VERSION = 2
"""Raised when the same files and settings may be read otherwise: pooling, length, tokens, code."""


def execute_run(
    request: RunRequest,
    *,
    config: Config,
    device: str = "auto",
    progress: Progress = silent,
    allow_code: frozenset[str] = frozenset(),
) -> RunReport:
    """Compute and store what `request` asks for and the store does not have.

    Raises: LrdError of the part that failed; what was finished before stays in the store.
    """
    config.refuse_read_only("compute")
    collect_leftovers(config)
    return _Run(request, config, device, progress, allow_code).execute()


@dataclass
class _Run:
    """The state of one run: what is known so far, each part made when first asked for."""

    request: RunRequest
    config: Config
    device: str
    progress: Progress
    allow_code: frozenset[str]
    forward_seconds: float = 0.0
    _missing: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.saver = Saver(self.config, self.progress)

    def execute(self) -> RunReport:
        started = time.monotonic()
        settings = self.request.settings
        self.progress("reading texts", 0, 1)
        wanted = parse_metrics(self.request.metrics)
        self.sample: TaskItems = load_task(self.request.task, settings.n, settings.seed)
        refuse_other_items(find_model(self.request.model), self.sample.spec)
        remember(self.sample.spec, self.config)
        self.key = self._find_key()
        with self.saver.reading() as connection:
            finished = finished_metrics(connection, self.key)
        finished |= kept_metrics(self.config, self.key)
        missing = [metric for metric in wanted if metric.id not in finished]
        if missing:
            compute(missing, self, self._save, self.progress)
        unsaved = self.saver.settle()
        return RunReport(
            run_key=self.key,
            model=find_model(self.request.model).name,
            task=self.sample.spec.name,
            n=self.sample.n,
            n_total=self.sample.n_total,
            computed=tuple(metric.label for metric in missing),
            cached=tuple(metric.label for metric in wanted if metric.id in finished),
            missing=tuple(self._missing),
            seconds=time.monotonic() - started,
            forward_seconds=self.forward_seconds,
            unsaved=unsaved,
            notes=self.sample.spec.notes,
        )

    @functools.cached_property
    def model(self) -> LoadedModel:
        """The model, loaded when something asks for it for the first time."""
        self.progress("loading the model", 0, 1)
        loaded = load_model(
            find_model(self.request.model),
            device=self.device,
            dtype=self.request.settings.dtype,
            max_length=self.request.settings.max_length,
            allow_code=self.allow_code,
            config=self.config,
        )
        refuse_other_items(loaded.spec, self.sample.spec)
        return loaded

    @property
    def kind(self) -> Modality:
        """What the items are."""
        return modality_of(self.sample.spec.modality)

    @property
    def ids(self) -> np.ndarray:
        """Places of the items in the whole task."""
        return self.sample.ids

    def _find_key(self) -> str:
        """The run's key; known without loading the model if the same was asked for before."""
        spec = find_model(self.request.model)
        allowed = is_allowed(spec, self.allow_code)
        weights = locate_weights(spec, allow_code=allowed, config=self.config)
        asked = self._asked(weights.revision, weights.own_code)
        with self.saver.reading() as connection:
            known = find_run_key(connection, asked) or kept_run_key(self.config, asked)
        if known is not None:
            return known
        key = run_key(self._identity())
        # The model may have been written to since it was looked at: what was loaded counts.
        asked = self._asked(self.model.revision, weights.own_code)
        record = record_of(self.model, self.sample, self._identity(), key)
        self.saver.save(run_writes(record, asked))
        return key

    def _asked(self, revision: str, own_code: bool) -> str:
        """Names the request with the content it is about, so that an equal one need not load it.

        Everything is in it that settles what the run's identity is made of: a model read by
        another version of this project or of transformers may have another pooling or length.
        """
        spec = find_model(self.request.model)
        major, minor, *_ = importlib.metadata.version("transformers").split(".")
        return content_key(
            {
                "settings": self.request.settings.described(),
                "weights": [spec.id, revision, spec.pooling],
                "task": [self.sample.spec.name, self.sample.spec.revision, self.sample.spec.split],
                "device": self.device,
                "own_code": own_code,
                "versions": [READING_VERSION, f"{major}.{minor}"],
            }
        )

    def embeddings(self, token_metrics: Sequence[MetricRequest]) -> list[np.ndarray]:
        """All layers' embeddings; a forward pass unless they and the token metrics are there."""
        if not token_metrics:
            try:
                return list(open_embeddings(self.config, self.key))
            except MissingArrayError:
                pass
        metrics = {metric.label: token_function(metric) for metric in token_metrics}
        with writing_embeddings(self.config, self.key) as path:
            settings = self.request.settings
            pass_ = self._forward(self.sample.items, settings, token_metrics=metrics, out=path)
            per_item = pass_.per_item
            del pass_
            # Before the file is whole: nothing but a pass can make them again.
            for metric in token_metrics:
                self._keep(metric, measure_tokens(metric, per_item[metric.label], self.ids))
        self.saver.catch_up()
        return list(open_embeddings(self.config, self.key, verify=False))

    def neighbours(self, embeddings: Sequence[np.ndarray]) -> list[Neighbours]:
        """Neighbour lists of every layer, computed once and kept for the pages."""
        k = neighbours_wanted(self.sample.n)
        with self.saver.reading() as connection:
            kept = read_table(connection, NEIGHBOURS, run_key=self.key, k=k, source=TRUSTED)
        lists = {
            int(row.layer): Neighbours(
                np.asarray(row.ids).reshape(-1, k), np.asarray(row.similarity).reshape(-1, k)
            )
            for row in kept.itertuples()
        }
        for layer, vectors in enumerate(embeddings):
            self.progress("nearest neighbours", layer, len(embeddings))
            if layer in lists or k < 1:
                continue
            lists[layer] = found = nearest_neighbours(np.asarray(vectors), k)
            self.saver.save(neighbour_writes(self.key, layer, found.ids, found.similarity))
        return [lists[layer] for layer in sorted(lists)]

    def attention(self, metrics: Sequence[MetricRequest]) -> None:
        """Metrics of attention weights, in a pass of their own."""
        settings = self.request.settings
        measure_attention(metrics, self.sample, self.model, settings, self._save, self.progress)

    def views(self, metrics: Sequence[MetricRequest]) -> dict[MetricId, list[np.ndarray]]:
        """Embeddings of augmented items, in a pass of their own."""
        return embed_views(metrics, self.sample, self.model, self.request.settings, self._forward)

    def _forward(self, items: Sequence[Any], settings: RunSettings, **more: Any) -> Extraction:
        started = time.monotonic()
        result = extract(self.model, items, settings, progress=self.progress, **more)
        self.forward_seconds += time.monotonic() - started
        return result

    def _save(self, metric: MetricRequest, measured: Measured) -> None:
        self._keep(metric, measured)
        self.saver.catch_up()

    def _keep(self, metric: MetricRequest, measured: Measured) -> None:
        self._missing += [
            f"{value.series} at {value.position}: {value.reason}"
            for value in measured.values
            if value.reason
        ]
        writes = metric_writes(
            self.key, metric.id, measured.values, measured.per_item, measured.matrices
        )
        self.saver.keep(writes)

    def _identity(self) -> RunIdentity:
        return identity_of(self.model, self.sample, self.request.settings)
