"""Run a comparison: plan, score every variant beside the full model, time, store as it comes."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from lrd_core.config import Config
from lrd_core.models.loading import USUAL, Loading
from lrd_core.progress import Progress, silent
from lrd_core.pruning.comparison import distinct_removals, opponents
from lrd_core.pruning.guided import make_guided_plans
from lrd_core.pruning.language import LanguageScore, compare_language
from lrd_core.pruning.plan import Plan
from lrd_core.pruning.removal import can_go, fixed_blocks
from lrd_core.pruning.rows import Measured, full_plan, trial_row
from lrd_core.pruning.scoring import chunks, evaluator_scores, score_full, score_variants
from lrd_core.pruning.settings import TrialSettings
from lrd_core.pruning.subject import Subject, load_subject
from lrd_core.pruning.timing import measure_latencies
from lrd_core.pruning.variants import Removed
from lrd_core.store.keys import canonical_json
from lrd_core.store.saving import Saver
from lrd_core.store.trials import (
    EVALUATOR,
    detail_writes,
    read_details,
    scored_variants,
    trial_writes,
)


@dataclass(frozen=True)
class TrialReport:
    """What a comparison did.

    identity: columns of the trials that this comparison made or found. plans: the rules' own.
    noise: distance of two runs of the full model. scored: variants measured now. known: variants
    found in the store.
    """

    model: str
    task: str
    identity: dict[str, str]
    plans: tuple[Plan, ...]
    score_full: float
    noise: float
    scored: int
    known: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def execute_trials(
    model: str,
    task: str,
    settings: TrialSettings,
    *,
    config: Config,
    loading: Loading = USUAL,
    progress: Progress = silent,
) -> TrialReport:
    """Try every plan of a comparison on one task; what is in the store is not measured again.

    Trials are stored in portions, so that an interrupted comparison goes on where it stopped.
    Raises: LrdError of the part that failed.
    """
    started = time.monotonic()
    saver = Saver(config, progress)
    subject = load_subject(model, task, settings, config, loading=loading, progress=progress)
    guided, calibration = make_guided_plans(subject, config, progress)
    whole = subject.loaded.model
    others = opponents(guided, settings, fixed_blocks(whole), partial(can_go, whole))
    plans = (*guided, *others)
    known = _measure_full(subject, saver, progress)
    found = len(known) - 1
    full = known[()]
    wanted = [removed for removed in distinct_removals(plans) if removed not in known]
    _save(saver, subject, plans, known, full, calibration)
    _measure_evaluator(subject, full, saver, progress)
    done = 0
    for chunk in chunks(subject.loaded, subject.content, wanted):
        progress("scoring variants", done, len(wanted))
        measured = _measure(subject, chunk, progress)
        _save(saver, subject, plans, measured, full, calibration)
        done += len(chunk)
    if settings.latency:
        measure_latencies(subject, guided, config, progress)
    saver.settle()
    return TrialReport(
        model=subject.loaded.spec.name,
        task=subject.content.spec.name,
        identity=subject.identity,
        plans=guided,
        score_full=float(full["score"]),
        noise=abs(float(full["score"]) - float(full["score_full_again"])),
        scored=len(wanted),
        known=found,
        seconds=time.monotonic() - started,
    )


def _measure_full(subject: Subject, saver: Saver, progress: Progress) -> dict[Removed, Measured]:
    """What the store knows of this model on this task, the full model scored twice included."""
    with saver.reading() as connection:
        known = scored_variants(connection, subject.identity)
    if () in known:
        return known
    measured = _measure(subject, [()], progress)
    again = score_full(
        subject.loaded, subject.content, normalise=subject.normalise, progress=progress
    )
    measured[()]["score_full_again"] = again.score
    return known | measured


def _measure_evaluator(subject: Subject, full: Measured, saver: Saver, progress: Progress) -> None:
    """Note in the full model's row how its score moves with the evaluator's seed, once."""
    row = trial_row(subject, full_plan(subject), full, full, None)
    with saver.reading() as connection:
        details = read_details(connection, row.key)
    if details is None:  # kept on disk as yet, as it was made
        details = dict(json.loads(row.details))
    if EVALUATOR in details:
        return
    details[EVALUATOR] = evaluator_scores(
        subject.loaded, subject.content, normalise=subject.normalise, progress=progress
    )
    saver.save(detail_writes(row.key, canonical_json(details)))


def _measure(
    subject: Subject, variants: Sequence[Removed], progress: Progress
) -> dict[Removed, Measured]:
    language: Mapping[Removed, LanguageScore] = {}
    if subject.causal is not None:
        texts = subject.content.evaluated_items()["text"][: subject.settings.language_texts]
        language = compare_language(subject.causal, texts, variants, progress=progress)
    scores = score_variants(
        subject.loaded, subject.content, variants, normalise=subject.normalise, progress=progress
    )
    measured: dict[Removed, Measured] = {}
    for score in scores:
        row: Measured = {"score": score.score, "score_name": score.metric, "n": score.n}
        if score.removed in language:
            said = language[score.removed]
            row |= {
                "perplexity": said.perplexity,
                "perplexity_full": language[()].perplexity,
                "agreement": said.agreement,
                "divergence": said.divergence,
            }
        measured[score.removed] = row
    return measured


def _save(
    saver: Saver,
    subject: Subject,
    plans: Sequence[Plan],
    measured: Mapping[Removed, Measured],
    full: Measured,
    calibration: str | None,
) -> None:
    rows = [
        trial_row(subject, plan, measured[plan.removed], full, calibration)
        for plan in plans
        if plan.removed in measured
    ]
    if () in measured:
        rows.append(trial_row(subject, full_plan(subject), full, full, None))
    if rows:
        saver.save(trial_writes(rows))
