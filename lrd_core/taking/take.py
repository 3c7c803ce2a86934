"""From a model and a layer to a folder: cut, write, read back, time, describe."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lrd_core.config import Config
from lrd_core.disk import saying_what_is_refused
from lrd_core.errors import InputError
from lrd_core.extraction.inputs import modality_of, refuse_other_items
from lrd_core.models.load import LoadedModel
from lrd_core.models.loading import USUAL, Loading
from lrd_core.models.specs import find_model
from lrd_core.numbers import counted, decimals, megabytes
from lrd_core.progress import Progress, silent
from lrd_core.pruning.export import check_target
from lrd_core.pruning.exportable import check_exportable
from lrd_core.pruning.item_folder import write_item_model
from lrd_core.pruning.latency import Footprint, LatencyResult, measure_latency
from lrd_core.settings import RunSettings
from lrd_core.taking.card import model_card
from lrd_core.taking.components import principal_components
from lrd_core.taking.item_write import check_item_folder, refuse_what_no_folder_holds
from lrd_core.taking.readout import AsRead, CutModel, cut_after
from lrd_core.taking.request import Taken, taken
from lrd_core.taking.settings import TakeSettings, check_told, layer_words
from lrd_core.taking.write import check_folder, write_folder
from lrd_core.tasks import TaskItems, load_task
from lrd_core.tasks.content import noun_of, unit_of
from lrd_core.version import __version__

RECORD = "lrd.json"
CARD = "README.md"
CHECKED_ON = 32
WARM_UPS, RUNS = 3, 20


@dataclass(frozen=True)
class TakenFolder:
    """A written folder. blocks: how many of the model's `num_blocks` are in it.

    difference: the largest one of any value from our embeddings, over n items. timing: None where
    nothing was timed. noun: what an item is called.
    """

    folder: Path
    layers: tuple[int, ...]
    blocks: int
    num_blocks: int
    difference: float
    n: int
    timing: LatencyResult | None
    noun: str = "text"

    @property
    def sentence(self) -> str:
        """What lies where, in words."""
        return (
            f"{layer_words(self.layers)} written to {self.folder}: "
            f"{self.blocks} of {self.num_blocks} blocks, vectors equal to "
            f"{self.difference:.1e} over {counted(self.n, self.noun)}"
        )

    @property
    def cost(self) -> tuple[str, ...]:
        """What it costs beside the whole model, in words; nothing where it was not timed."""
        if self.timing is None:
            return ()
        full, cut = self.timing.full, self.timing.pruned
        return (
            f"forward pass {decimals(cut.forward.median)} ms, the whole model "
            f"{decimals(full.forward.median)} ms (medians, batches of "
            f"{counted(self.timing.batch, self.noun)} of "
            f"{counted(self.timing.length, unit_of(self.noun))} on "
            f"{self.timing.device}); weights "
            f"{megabytes(cut.file_bytes)} of {megabytes(full.file_bytes)}",
        )

    def to_json(self) -> dict[str, Any]:
        """Of plain types, for programs."""
        return {
            "folder": str(self.folder),
            "layers": list(self.layers),
            "blocks": self.blocks,
            "num_blocks": self.num_blocks,
            "largest_difference": self.difference,
            "n": self.n,
            "timing": None if self.timing is None else _timing_record(self.timing),
        }


def take_layer(
    loaded: LoadedModel,
    settings: TakeSettings,
    folder: Path,
    *,
    run: RunSettings | None = None,
    sample: TaskItems | None = None,
    evidence: Sequence[str] = (),
    timed: bool = True,
    progress: Progress = silent,
) -> TakenFolder:
    """Write a layer of a loaded model as a folder that appears when it is complete and right.

    Of texts it is one that sentence-transformers loads, of pictures and recordings one that
    transformers loads. run: how the layer was measured. sample: items that components are learnt
    from, and on which the folder is compared and timed; two small ones without it. evidence:
    sentences for the card.

    Raises: InputError for settings that cannot be met or a folder in use; ModelError where the
        layer cannot be had or the folder gives other vectors; PruningError for a part of a model
        that would not load alone.
    """
    check_target(folder)
    if loaded.modality == "text":
        check_exportable(loaded.model)
    else:
        refuse_what_no_folder_holds(loaded.spec, settings)
    asked, noun = taken(loaded, settings, run or RunSettings()), noun_of(loaded.modality)
    items = list(modality_of(loaded.modality).tried() if sample is None else sample.items)
    if settings.pca:
        asked = _turned(asked, settings.pca, sample, progress)
    progress("cutting", 0, 1)
    cut = cut_after(loaded, list(asked.weights), asked.run.final_norm)
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        with saying_what_is_refused(folder):
            partial.mkdir(parents=True)
            checked = items[:CHECKED_ON]
            part, difference = _written(partial, asked, cut, checked, progress)
            timing = _timed(asked, cut, items, progress) if timed else None
            record = _record(asked, cut, sample, evidence) | {
                "checked": {f"{noun}s": len(checked), "largest_difference": difference},
                "timing": None if timing is None else _timing_record(timing),
            }
            _write(partial / RECORD, json.dumps(record, indent=2) + "\n")
            _write(partial / CARD, model_card(asked, cut, folder.name, record, timing, part))
            if folder.exists():
                folder.rmdir()
            partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    blocks = cut.readout.blocks
    n, whole = len(checked), loaded.num_blocks
    return TakenFolder(folder, asked.layers, blocks, whole, difference, n, timing, noun)


def _turned(asked: Taken, kept: int, sample: TaskItems | None, progress: Progress) -> Taken:
    if sample is None:
        raise InputError("components are learnt from texts: name a task, such as --task T")
    progress("learning components", 0, 1)
    return replace(asked, components=principal_components(asked.pooled(list(sample.items)), kept))


def _written(
    folder: Path, asked: Taken, cut: CutModel, checked: Sequence[Any], progress: Progress
) -> tuple[str, float]:
    """Write the model and read it back: where it is in what is loaded, how far vectors are off."""
    progress("writing the model", 0, 1)
    if asked.loaded.modality == "text":
        write_folder(folder, asked, cut)
        progress("comparing", 0, 1)
        return "", check_folder(folder, asked, checked)
    part = write_item_model(folder, asked.loaded, cut.model)
    progress("comparing", 0, 1)
    return part, check_item_folder(folder, asked, cut, checked, part)


def take_model(
    model: str,
    settings: TakeSettings,
    folder: Path,
    config: Config,
    *,
    run: RunSettings,
    task: str = "",
    loading: Loading = USUAL,
    **more: Any,
) -> TakenFolder:
    """The same by the names of a model and, where texts are to be from one, a task.

    more: evidence, timed, progress as `take_layer`.
    Raises: as take_layer and load_model; TaskError for a task that cannot be read.
    """
    check_target(folder)
    check_told(settings, find_model(model))
    loaded = loading.load(model, run, config)
    sample = load_task(task, run.n, run.seed) if task else None
    if sample is not None:
        refuse_other_items(loaded.spec, sample.spec)
    return take_layer(loaded, settings, folder, run=run, sample=sample, **more)


def _timed(asked: Taken, cut: CutModel, items: Sequence[Any], progress: Progress) -> LatencyResult:
    length = min(64, asked.loaded.max_length)
    return measure_latency(
        asked.loaded,
        AsRead(cut, asked.weights.values()),
        items,
        length=length,
        warm_ups=WARM_UPS,
        runs=RUNS,
        progress=progress,
    )


def _record(
    asked: Taken, cut: CutModel, sample: TaskItems | None, evidence: Sequence[str]
) -> dict[str, Any]:
    loaded, run, found = asked.loaded, asked.run, asked.components
    return {
        "parent": {"name": loaded.spec.name, "id": loaded.spec.id, "revision": loaded.revision},
        "parent_note": loaded.spec.note,
        "licence": loaded.spec.licence,
        "layers": list(asked.layers),
        "num_blocks": {"before": loaded.num_blocks, "after": cut.readout.blocks},
        "read_from": list(cut.readout.places) or "last_hidden_state",
        "pooling": run.pooling,
        "final_norm": run.final_norm,
        "tail": run.tail,
        "prompt": run.prompt,
        "scaled": asked.scaled,
        "components": None
        if found is None
        else {"kept": len(found.matrix), "variance": found.share, "texts": found.n},
        "max_length": run.max_length,
        "dtype": run.dtype,
        f"{noun_of(loaded.modality)}s": None if sample is None else _sample(sample),
        "evidence": list(evidence),
        "made_by": f"LRD Explorer {__version__}",
    }


def _sample(sample: TaskItems) -> dict[str, Any]:
    task = f"{sample.spec.name}@{sample.spec.revision}"
    return {"task": task, "n": sample.n, "n_total": sample.n_total, "seed": sample.seed}


def _timing_record(timing: LatencyResult) -> dict[str, Any]:
    return {
        "batch": timing.batch,
        "length": timing.length,
        "device": timing.device,
        "threads": timing.threads,
        "parent": _footprint(timing.full),
        "taken": _footprint(timing.pruned),
    }


def _footprint(one: Footprint) -> dict[str, Any]:
    return {
        "parameters": one.parameters,
        "weights_bytes": one.file_bytes,
        "peak_memory_bytes": one.peak_memory,
        "forward_milliseconds": list(one.forward.milliseconds),
        "end_to_end_milliseconds": list(one.end_to_end.milliseconds),
    }


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
