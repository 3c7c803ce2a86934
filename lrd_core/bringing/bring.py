"""Embeddings of anyone's making into the store: metrics, scores and maps as of a run here."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lrd_core.bringing.request import check_name
from lrd_core.bringing.scored import scores_of
from lrd_core.bringing.vectors import Brought
from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.extraction.embeddings import allocate_array, writing_embeddings
from lrd_core.numbers import whole
from lrd_core.progress import Progress, silent
from lrd_core.projection.work import project_run
from lrd_core.runs.given_arrays import record_of_arrays
from lrd_core.runs.given_items import as_sample
from lrd_core.runs.in_memory import measure_given
from lrd_core.runs.keeping import save_results
from lrd_core.runs.request import MetricRequest, parse_metrics
from lrd_core.runs.stored import done_metrics
from lrd_core.store.saving import Saver
from lrd_core.store.scores import score_writes
from lrd_core.tasks import TaskItems, known_task, load_task


@dataclass(frozen=True)
class BroughtRun:
    """What became of embeddings. notes: what could not be had of them, and why."""

    run_key: str
    name: str
    task: str
    layers: int
    n: int
    metrics: tuple[str, ...]
    scored: bool
    mapped: bool
    notes: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What is in the store now, in words."""
        more = [word for word, there in (("scores", self.scored), ("maps", self.mapped)) if there]
        return (
            f"{self.name}: {self.layers} layers of {whole(self.n)} rows on {self.task}, "
            f"{len(self.metrics)} metrics" + "".join(f", {word}" for word in more)
        )

    def to_json(self) -> dict[str, Any]:
        """Of plain types, for programs."""
        return asdict(self) | {"metrics": list(self.metrics), "notes": list(self.notes)}


def bring(
    brought: Brought,
    name: str,
    config: Config,
    *,
    task: str = "",
    seed: int = 0,
    maps: bool = True,
    progress: Progress = silent,
) -> BroughtRun:
    """Measure and store embeddings under a name of the user's own.

    task: of a known one the rows are its items, all or the sample that `seed` draws, in order;
        any other name is what texts that were given are called.

    Raises: InputError for a name that a model has, or rows that are not the task's; JobError on a
        read-only installation; StoreError.
    """
    config.refuse_read_only("bring embeddings")
    check_name(name)
    sample = sample_of(brought, task or f"texts of {name}", seed)
    layers, notes = list(brought.layers), []
    record = record_of_arrays(layers, name, sample)
    saver = Saver(config, progress)
    done = done_metrics(saver, record.run_key)
    wanted = [one for one in pooled_metrics() if one.id not in done]
    results = measure_given(layers, wanted, sample.ids, progress)
    _keep_embeddings(config, record.run_key, layers)
    save_results(config, record, results, sample)
    rows, why = scores_of(layers, record, sample, progress)
    if rows:
        saver.keep(score_writes(rows))
        saver.settle()
    mapped = False
    if maps:
        try:
            project_run(config, record.run_key, progress=progress)
            mapped = True
        except InputError as error:
            notes.append(f"no maps: {error}")
    return BroughtRun(
        run_key=record.run_key,
        name=name,
        task=record.task,
        layers=len(layers),
        n=sample.n,
        metrics=tuple(one.label for one in pooled_metrics()),
        scored=bool(rows),
        mapped=mapped,
        notes=tuple(note for note in (why, *notes) if note),
    )


def sample_of(brought: Brought, task: str, seed: int) -> TaskItems:
    """What the rows are of. Raises: InputError where the task has other rows."""
    spec = known_task(task)
    if spec is None:
        texts = brought.texts or tuple(f"row {row} (no text)" for row in range(brought.n))
        return as_sample(texts, task, labels=brought.labels)
    sample = load_task(spec, brought.n, seed)
    if sample.n != brought.n:
        raise InputError(
            f"there are {whole(brought.n)} vectors, and {spec.name} has {whole(sample.n)} items; "
            "give one for each, in its order"
        )
    if brought.texts is not None:
        for row, (theirs, ours) in enumerate(zip(brought.texts, sample.items, strict=True)):
            if theirs.strip() != str(ours).strip():
                raise InputError(
                    f"row {row} is {theirs[:60]!r}, and item {row} of {spec.name} is "
                    f"{str(ours)[:60]!r}; give them in its order, or another name of a task"
                )
    return sample


def pooled_metrics() -> tuple[MetricRequest, ...]:
    """All that pooled vectors are enough for."""
    return tuple(one for one in parse_metrics(("all",)) if one.metric.reads == "pooled")


def _keep_embeddings(config: Config, run_key: str, layers: Sequence[np.ndarray]) -> None:
    with writing_embeddings(config, run_key) as path:
        array = allocate_array(path, (len(layers), *layers[0].shape))
        for place, layer in enumerate(layers):
            array[place] = layer
        del array
