"""Score every layer of a model on a task: one forward pass, each finished layer stored at once."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lrd_core.config import Config
from lrd_core.disk import saying_what_is_refused
from lrd_core.evaluation.layer_scores import COSINE, EVALUATION_VERSION, LayerScore, layer_scores
from lrd_core.evaluation.mteb_tasks import refuse_without_score
from lrd_core.extraction.hidden_states import extract
from lrd_core.extraction.inputs import refuse_other_items
from lrd_core.models.load import LoadedModel
from lrd_core.models.loading import USUAL, Loading
from lrd_core.processes import owner_mark
from lrd_core.progress import Progress, silent
from lrd_core.settings import RunSettings
from lrd_core.store.keys import canonical_json
from lrd_core.store.leftovers import SCORING, collect_leftovers
from lrd_core.store.reading import read_table
from lrd_core.store.saving import Saver
from lrd_core.store.scores import SCORES, ScoreRow, score_writes
from lrd_core.store.sources import TRUSTED
from lrd_core.store.spool import kept_rows
from lrd_core.tasks import TaskSpec, find_task
from lrd_core.tasks.places import remember
from lrd_core.tasks.specs import check_seed

LARGEST_IN_MEMORY = 2 * 2**30
"""Bytes of embeddings of all layers beyond which they are kept in a file while scoring."""


@dataclass(frozen=True)
class ScoreReport:
    """What scoring did; `computed` and `cached` are layers."""

    model: str
    task: str
    computed: tuple[int, ...]
    cached: tuple[int, ...]
    seconds: float
    unsaved: int = 0
    """Finished pieces of work that are kept on disk until the store is free."""
    notes: tuple[str, ...] = ()
    """What was left out of the task's data on request."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def execute_scores(
    model: str,
    task: str,
    settings: RunSettings | None = None,
    *,
    config: Config,
    loading: Loading = USUAL,
    progress: Progress = silent,
) -> ScoreReport:
    """Score all layers that the store does not have, and store each as soon as it is known.

    settings: as for a run, so that scores and metrics see the same pooled states; `n` has no
    meaning here, a task is always scored as a whole.
    Raises: LrdError of the part that failed; layers finished before stay in the store.
    """
    config.refuse_read_only("compute")
    started = time.monotonic()
    settings = settings or RunSettings()
    check_seed(settings.seed)
    spec = find_task(task)
    refuse_without_score(spec)
    remember(spec, config)
    progress("loading the model", 0, 1)
    loaded = loading.load(model, settings, config)
    refuse_other_items(loaded.spec, spec)
    described = score_settings(loaded, settings)
    saver = Saver(config, progress)
    cached = _stored_layers(saver, loaded, spec, described)
    wanted = [layer for layer in range(loaded.num_blocks + 1) if layer not in cached]
    writer = _Writer(saver, loaded, spec, described)
    _score(loaded, spec, settings, described, wanted, writer, progress, config)
    unsaved = saver.settle()
    return ScoreReport(
        model=loaded.spec.name,
        task=spec.name,
        computed=tuple(wanted),
        cached=tuple(sorted(cached)),
        seconds=time.monotonic() - started,
        unsaved=unsaved,
        notes=spec.notes,
    )


def score_settings(loaded: LoadedModel, settings: RunSettings) -> dict[str, Any]:
    """Everything that can change a score, resolved; stored with it and part of its identity."""
    described = loaded.came_to(settings).described()
    # A task is scored as a whole: no sample is drawn, and a seed is that of a condition.
    without = {"n"} if settings.condition else {"n", "seed"}
    described = {name: value for name, value in described.items() if name not in without}
    described |= {"normalised": loaded.pipeline.normalises, "evaluation": EVALUATION_VERSION}
    # Left out where it is plain, so that scores of versions without it are found again.
    similarity = loaded.pipeline.compares_by
    described |= {"similarity": similarity} if similarity != COSINE else {}
    return described | loaded.read_otherwise


def score_row(
    loaded: LoadedModel, task: TaskSpec, described: dict[str, Any], score: LayerScore
) -> ScoreRow:
    """A score with whose it is; described: `score_settings` of the model."""
    spec = loaded.spec
    return ScoreRow(
        model=spec.name,
        model_id=spec.id,
        revision=loaded.revision,
        family=spec.family,
        num_blocks=loaded.num_blocks,
        hidden_size=loaded.hidden_size,
        task=score.task,
        task_revision=score.task_revision,
        task_type=task.type,
        subset=score.subset,
        split=score.split,
        layer=score.layer,
        score_name=score.metric,
        score=score.score if np.isfinite(score.score) else None,
        n=score.n,
        settings=canonical_json(described),
    )


def _score(
    loaded: LoadedModel,
    spec: TaskSpec,
    settings: RunSettings,
    described: dict[str, Any],
    wanted: Sequence[int],
    writer: "_Writer",
    progress: Progress,
    config: Config,
) -> None:
    def report(stage: str, done: int, total: int) -> None:
        # Called between layers: what was yielded before belongs to a layer that is complete.
        writer.flush()
        progress(stage, done, total)

    with saying_what_is_refused(config.data_dir):
        config.data_dir.mkdir(parents=True, exist_ok=True)
        collect_leftovers(config)
        place = tempfile.TemporaryDirectory(dir=config.data_dir, prefix=f"{SCORING}{owner_mark()}.")
    with place as folder:
        encode = _Encoder(loaded, settings, progress, Path(folder))
        # A tail has scaled the vectors where the model does, perhaps before it cut them.
        normalise = described["normalised"] and "tail" not in described
        for score in layer_scores(
            spec,
            encode,
            layers=wanted,
            normalise=normalise,
            similarity=loaded.pipeline.compares_by,
            progress=report,
        ):
            writer.add(score)
        writer.flush()


class _Encoder:
    """Items to the pooled states of every layer, the same that the metrics see."""

    def __init__(
        self, loaded: LoadedModel, settings: RunSettings, progress: Progress, folder: Path
    ) -> None:
        self.loaded = loaded
        self.settings = settings
        self.progress = progress
        self.folder = folder
        self.passes = 0

    def __call__(self, items: list[Any]) -> Sequence[np.ndarray]:
        settings = self.settings
        layers = self.loaded.num_blocks + 1
        width = self.loaded.width(settings.pooling or self.loaded.pooling, settings.tail)
        large = layers * len(items) * width * 4 > LARGEST_IN_MEMORY
        self.passes += 1
        extraction = extract(
            self.loaded,
            items,
            settings,
            progress=self.progress,
            out=self.folder / f"{self.passes}.npy" if large else None,
        )
        return list(extraction.embeddings)


class _Writer:
    """Collects the subsets of one layer and saves them as one piece."""

    def __init__(
        self, saver: Saver, loaded: LoadedModel, spec: TaskSpec, described: dict[str, Any]
    ) -> None:
        self.saver = saver
        self.loaded = loaded
        self.spec = spec
        self.described = described
        self.waiting: list[ScoreRow] = []

    def add(self, score: LayerScore) -> None:
        self.waiting.append(score_row(self.loaded, self.spec, self.described, score))

    def flush(self) -> None:
        if self.waiting:
            self.saver.save(score_writes(self.waiting))
            self.waiting = []


def _stored_layers(
    saver: Saver, loaded: LoadedModel, spec: TaskSpec, described: dict[str, Any]
) -> set[int]:
    """Layers that were scored before, in the store or on disk until it is free."""
    scored = {
        "model_id": loaded.spec.id,
        "revision": loaded.revision,
        "task": spec.name,
        "task_revision": spec.revision,
        "settings": canonical_json(described),
    }
    with saver.reading() as connection:
        rows = read_table(connection, SCORES, **scored, source=TRUSTED)
    layers = {int(layer) for layer in rows["layer"].dropna()}
    kept = kept_rows(saver.config, SCORES)
    return layers | {row["layer"] for row in kept if scored.items() <= row.items()}
