"""One run: sample the texts, one forward pass, every metric that is not in the store yet.

Each finished part is kept at once, so that work interrupted at any point goes on from there:
token metrics and embeddings of the pass, then neighbours, then metric by metric. How it gets into
the store while another process holds that: see store/saving.py.
"""

import functools
import importlib.metadata
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import get_args

import numpy as np

from lrd_core.config import Config
from lrd_core.errors import MetricError
from lrd_core.extraction.embeddings import MissingArrayError, open_embeddings, writing_embeddings
from lrd_core.extraction.hidden_states import Extraction, TokenMetric, extract
from lrd_core.extraction.settings import PassSettings
from lrd_core.metrics import Neighbours, nearest_neighbours
from lrd_core.metrics.registry import Inputs, neighbours_needed
from lrd_core.models.code_permission import is_allowed
from lrd_core.models.load import LoadedModel, load_model
from lrd_core.models.specs import find_model
from lrd_core.models.weights import locate_weights
from lrd_core.progress import Progress, silent
from lrd_core.runs.measure import Measured, gaps, measure_embeddings, measure_layers, measure_tokens
from lrd_core.runs.request import MetricRequest, RunReport, RunRequest, parse_metrics
from lrd_core.runs.stored import kept_metrics, kept_run_key
from lrd_core.runs.views import embed_views
from lrd_core.settings import RunIdentity
from lrd_core.store.keys import content_key, run_key
from lrd_core.store.leftovers import collect_leftovers
from lrd_core.store.metric_values import finished_metrics
from lrd_core.store.metrics import metric_writes
from lrd_core.store.neighbours import NEIGHBOURS, neighbour_writes
from lrd_core.store.reading import read_table
from lrd_core.store.requests import find_run_key
from lrd_core.store.runs import RunRecord, run_writes
from lrd_core.store.saving import Saver
from lrd_core.store.sources import TRUSTED
from lrd_core.tasks import TaskTexts, load_texts
from lrd_core.tasks.conditions import Condition
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
        self.texts: TaskTexts = load_texts(self.request.task, settings.n, settings.seed)
        remember(self.texts.spec, self.config)
        self.key = self._find_key()
        with self.saver.reading() as connection:
            finished = finished_metrics(connection, self.key)
        finished |= kept_metrics(self.config, self.key)
        missing = [metric for metric in wanted if metric.id not in finished]
        if missing:
            self._compute(missing)
        unsaved = self.saver.settle()
        return RunReport(
            run_key=self.key,
            model=find_model(self.request.model).name,
            task=self.texts.spec.name,
            n=self.texts.n,
            n_total=self.texts.n_total,
            computed=tuple(metric.label for metric in missing),
            cached=tuple(metric.label for metric in wanted if metric.id in finished),
            missing=tuple(self._missing),
            seconds=time.monotonic() - started,
            forward_seconds=self.forward_seconds,
            unsaved=unsaved,
            notes=self.texts.spec.notes,
        )

    @functools.cached_property
    def model(self) -> LoadedModel:
        """The model, loaded when something asks for it for the first time."""
        self.progress("loading the model", 0, 1)
        return load_model(
            find_model(self.request.model),
            device=self.device,
            dtype=self.request.settings.dtype,
            max_length=self.request.settings.max_length,
            allow_code=self.allow_code,
            config=self.config,
        )

    @property
    def _tail(self) -> str:
        return self.model.pipeline.resolve_tail(self.request.settings.tail)

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
        self.saver.save(run_writes(self._record(key), asked))
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
                "task": [self.texts.spec.name, self.texts.spec.revision, self.texts.spec.split],
                "device": self.device,
                "own_code": own_code,
                "versions": [READING_VERSION, f"{major}.{minor}"],
            }
        )

    def _compute(self, missing: Sequence[MetricRequest]) -> None:
        """What these metrics need and nothing else: passes, neighbour lists, the metrics."""
        by_inputs = {
            kind: [metric for metric in missing if metric.metric.inputs == kind]
            for kind in get_args(Inputs)
        }
        if by_inputs["tokens"] or by_inputs["layer"] or by_inputs["embeddings"]:
            embeddings = self._embeddings(by_inputs["tokens"])
            for done, metric in enumerate(by_inputs["layer"]):
                self.progress("metrics of each layer", done, len(by_inputs["layer"]))
                self._save(metric, measure_layers(metric, ((layer,) for layer in embeddings)))
            self._measure_all_layers(by_inputs["embeddings"], embeddings)
        self._measure_views(by_inputs["views"])

    def _embeddings(self, token_metrics: Sequence[MetricRequest]) -> np.ndarray:
        """All layers' embeddings; a forward pass unless they and the token metrics are there."""
        if not token_metrics:
            try:
                return open_embeddings(self.config, self.key)
            except MissingArrayError:
                pass
        metrics = {metric.label: _token_metric(metric) for metric in token_metrics}
        with writing_embeddings(self.config, self.key) as path:
            pass_ = self._forward(self.texts.texts, token_metrics=metrics, out=path)
            per_text = pass_.per_item
            del pass_
            # Before the file is whole: nothing but a pass can make them again.
            for metric in token_metrics:
                self._keep(metric, measure_tokens(metric, per_text[metric.label], self.texts.ids))
        self.saver.catch_up()
        return open_embeddings(self.config, self.key, verify=False)

    def _measure_all_layers(self, metrics: Sequence[MetricRequest], embeddings: np.ndarray) -> None:
        shared = any(metric.metric.shares_neighbours for metric in metrics)
        neighbours = self._neighbours(embeddings) if shared else []
        for done, metric in enumerate(metrics):
            self.progress(f"{metric.metric.name} over all layers", done, len(metrics))
            try:
                measured = measure_embeddings(metric, list(embeddings), neighbours, self.texts.ids)
            except MetricError as error:
                measured = gaps(metric, self.texts.n, str(error))
            self._save(metric, measured)

    def _neighbours(self, embeddings: np.ndarray) -> list[Neighbours]:
        """Neighbour lists of every layer, computed once and kept for the pages."""
        k = min(neighbours_needed(), self.texts.n - 1)
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

    def _measure_views(self, metrics: Sequence[MetricRequest]) -> None:
        if not metrics:
            return
        layers = embed_views(
            metrics,
            self.texts.texts,
            self.request.settings.seed,
            # A tail belongs to the pooling before it; without one, views are pooled by mean.
            lambda texts: (
                self._forward(texts, pooling="mean" if self._tail == "none" else None).embeddings
            ),
        )
        for metric in metrics:
            pair = metric.metric.compares_pairs
            arguments = ((v[:, 0], v[:, 1]) if pair else (v,) for v in layers[metric.id])
            self._save(metric, measure_layers(metric, arguments))

    def _forward(
        self,
        texts: Sequence[str],
        *,
        pooling: str | None = None,
        token_metrics: dict[str, TokenMetric] | None = None,
        out: Path | None = None,
    ) -> Extraction:
        settings, model = self.request.settings, self.model
        started = time.monotonic()
        result = extract(
            model,
            texts,
            PassSettings(
                pooling=pooling or settings.pooling,
                final_norm=settings.final_norm,
                capture=settings.capture,
                tail=settings.tail,
                condition=Condition.parse(settings.condition) if settings.condition else None,
                seed=settings.seed,
                prompt=settings.prompt,
            ),
            token_metrics=token_metrics,
            progress=self.progress,
            out=out,
        )
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
            self.key, metric.id, measured.values, measured.per_text, measured.matrices
        )
        self.saver.keep(writes)

    def _identity(self) -> RunIdentity:
        task, model = self.texts.spec, self.model
        came_to = replace(model.came_to(self.request.settings), n=self.texts.n)
        return RunIdentity(
            **asdict(came_to),
            model=model.spec.name,
            model_id=model.spec.id,
            revision=model.revision,
            task=task.name,
            task_revision=task.revision,
            split=task.split,
            reading=model.reading,
            device=str(model.device),
        )

    def _record(self, key: str) -> RunRecord:
        model, identity = self.model, self._identity()
        notes = (model.spec.note, *model.notes, model.pipeline.tail_note(identity.tail))
        return RunRecord(
            **asdict(identity),
            run_key=key,
            family=model.spec.family,
            num_blocks=model.num_blocks,
            hidden_size=model.width(identity.pooling or model.pooling, identity.tail),
            num_parameters=sum(p.numel() for p in model.model.parameters()),
            model_note="; ".join(note for note in notes if note),
            task_type=self.texts.spec.type,
            n_total=self.texts.n_total,
        )


def _token_metric(request: MetricRequest) -> TokenMetric:
    return lambda tokens, mask: request.call(tokens, attention_mask=mask)
