"""What a trial is about: the model with and without its head, the sampled task, its texts."""

import functools
import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from lrd_core.config import Config
from lrd_core.errors import ModelError, TaskError
from lrd_core.evaluation.layer_scores import COSINE, EVALUATION_VERSION
from lrd_core.extraction.inputs import modality_of, refuse_other_items
from lrd_core.models.load import LoadedModel
from lrd_core.models.loading import USUAL, Loading
from lrd_core.models.resolve import resolve_max_length
from lrd_core.models.specs import find_model
from lrd_core.models.told_blocks import told_blocks
from lrd_core.progress import Progress, silent
from lrd_core.pruning.calibrate import calibrate
from lrd_core.pruning.latency import device_name
from lrd_core.pruning.profile import Profile
from lrd_core.pruning.removal import fixed_blocks
from lrd_core.pruning.sampling import rest_of_task, sample_task
from lrd_core.pruning.settings import TrialSettings, check_settings
from lrd_core.settings import FAMILIES, described
from lrd_core.store.calibrations import CalibrationRow, calibration_writes, read_calibration
from lrd_core.store.keys import canonical_json, content_key
from lrd_core.store.saving import Saver
from lrd_core.tasks import TaskContent, load_calibration_items, load_content
from lrd_core.tasks.places import remember

TRIAL_VERSION = 1
"""Raised when the same plan on the same task would get another score."""

CALIBRATION_VERSION = 1


@dataclass(frozen=True)
class Subject:
    """A loaded model and a sampled task. causal is None where the model has no head."""

    loaded: LoadedModel
    causal: LoadedModel | None
    content: TaskContent
    calibration_texts: tuple[str, ...]
    settings: TrialSettings
    normalise: bool

    @property
    def identity(self) -> dict[str, str]:
        """Everything that can change a score, as columns of the trials table."""
        came_to = {
            "max_length": self.loaded.max_length,
            "pooling": self.loaded.pooling,
            "dtype": str(self.loaded.dtype).removeprefix("torch."),
            "normalised": self.normalise,
            "evaluation": EVALUATION_VERSION,
            "trial": TRIAL_VERSION,
        }
        counts = described(self.settings) | came_to | self.loaded.read_otherwise
        # Left out where it is the usual one, so that trials of before are found again.
        if self.loaded.pipeline.compares_by != COSINE:
            counts["similarity"] = self.loaded.pipeline.compares_by
        return {
            "model_id": self.loaded.spec.id,
            "revision": self.loaded.revision,
            "task": self.content.spec.name,
            "task_revision": self.content.spec.revision,
            "settings": canonical_json(counts),
            "device": self.device,
        }

    @property
    def device(self) -> str:
        return device_name(self.loaded.device)


def load_subject(
    model: str,
    task: str,
    settings: TrialSettings,
    config: Config,
    *,
    loading: Loading = USUAL,
    progress: Progress = silent,
) -> Subject:
    """Load the model, with its head where it is a language model, and sample the task.

    Raises: LrdError of the part that failed.
    """
    config.refuse_read_only("prune")
    spec = find_model(model)
    check_settings(settings, told_blocks(spec))
    progress("loading the model", 0, 1)
    load = functools.partial(loading.load, spec, settings, config)
    causal = _with_head(load) if FAMILIES[spec.family].writes else None
    loaded = load() if causal is None else without_head(causal)
    whole = load_content(task)
    refuse_other_items(loaded.spec, whole.spec)
    remember(whole.spec, config)
    content = sample_task(whole, settings.n, settings.seed)
    return Subject(
        loaded=loaded,
        causal=causal,
        content=content,
        calibration_texts=_calibration_texts(whole, content, settings),
        settings=settings,
        normalise=loaded.pipeline.normalises,
    )


def without_head(causal: LoadedModel) -> LoadedModel:
    """The same loaded model without its language-model head; weights are shared."""
    model: Any = causal.model
    return replace(causal, model=model.base_model)


def with_own_length(loaded: LoadedModel) -> LoadedModel:
    """The model with the length its texts are cut at by default, not that of a trial."""
    if loaded.reader is not None:
        return replace(loaded, max_length=loaded.reader.positions)
    own = resolve_max_length(loaded.spec, loaded.model, loaded.tokenizer, loaded.pipeline, None)
    return replace(loaded, max_length=own)


def calibrated(
    subject: Subject, quantities: Collection[str], config: Config, progress: Progress = silent
) -> tuple[Profile | None, str | None]:
    """The profile with these quantities and its key, measured once and then kept in the store."""
    if not quantities:
        return None, None
    key = calibration_key(subject)
    saver = Saver(config, progress)
    with saver.reading() as connection:
        stored = read_calibration(connection, key)
    known = Profile.from_json(stored) if stored else None
    missing = [name for name in quantities if known is None or name not in known.measured]
    if missing:
        fresh = calibrate(
            subject.loaded,
            subject.calibration_texts,
            missing,
            causal=subject.causal,
            progress=progress,
        )
        known = Profile.from_json((stored or {}) | fresh.to_json())
        known = replace(known, fixed=fixed_blocks(subject.loaded.model))
        saver.save(calibration_writes(_calibration_row(subject, key, known)))
    return known, key


def remeasure(
    subject: Subject, quantities: Collection[str], progress: Progress = silent
) -> Callable[[tuple[int, ...]], Profile]:
    """A function that calibrates anew with some blocks off, for greedy selection."""

    def measure(off: tuple[int, ...]) -> Profile:
        return calibrate(
            subject.loaded,
            subject.calibration_texts,
            quantities,
            off=off,
            causal=subject.causal,
            progress=progress,
        )

    return measure


def calibration_key(subject: Subject) -> str:
    """Names the texts and everything else that can change a calibration."""
    loaded = subject.loaded
    return content_key(
        {
            "model_id": loaded.spec.id,
            "revision": loaded.revision,
            "texts": _hash(subject.calibration_texts, subject.loaded.modality),
            "max_length": loaded.max_length,
            "pooling": loaded.pooling,
            "dtype": str(loaded.dtype),
            "calibration": CALIBRATION_VERSION,
        }
        | loaded.read_otherwise
    )


def _calibration_row(subject: Subject, key: str, profile: Profile) -> CalibrationRow:
    loaded = subject.loaded
    settings = {
        "max_length": loaded.max_length,
        "pooling": loaded.pooling,
        "dtype": str(loaded.dtype).removeprefix("torch."),
    }
    return CalibrationRow(
        calibration_key=key,
        model=loaded.spec.name,
        model_id=loaded.spec.id,
        revision=loaded.revision,
        num_blocks=loaded.num_blocks,
        task=subject.content.spec.name,
        task_revision=subject.content.spec.revision,
        n=len(subject.calibration_texts),
        seed=subject.settings.seed,
        settings=canonical_json(settings),
        texts_hash=_hash(subject.calibration_texts, subject.loaded.modality),
        profile=canonical_json(profile.to_json()),
    )


def _with_head(load: Callable[..., LoadedModel]) -> LoadedModel | None:
    try:
        return load(head=True)
    except ModelError:
        return None  # the weights hold no head; then perplexity is not measured


def _calibration_texts(
    whole: TaskContent, content: TaskContent, settings: TrialSettings
) -> tuple[str, ...]:
    """Texts that the score never sees: kept apart by the task, else beyond the sample."""
    try:
        return load_calibration_items(whole.spec, settings.calibration_n, settings.seed)
    except TaskError:
        column = whole.spec.item_column
        seen = set(content.evaluated_items()[column])
        rest = rest_of_task(whole, settings.n, settings.seed).evaluated_items()[column]
        return tuple(text for text in rest if text not in seen)[: settings.calibration_n]


def _hash(items: tuple[Any, ...], modality: str) -> str:
    named = "\x00".join(str(modality_of(modality).key(item)) for item in items)
    return hashlib.sha256(named.encode()).hexdigest()[:16]
