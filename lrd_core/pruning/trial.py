"""Run a comparison: plan, score every variant beside the full model, time, store as it comes."""

import json
import math
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from lrd_core.config import Config
from lrd_core.errors import PruningError
from lrd_core.progress import Progress, silent
from lrd_core.pruning.comparison import distinct_removals, guided_plans, opponents
from lrd_core.pruning.language import LanguageScore, compare_language
from lrd_core.pruning.latency import measure_latency
from lrd_core.pruning.plan import Plan
from lrd_core.pruning.removal import can_go, check_prunable, check_removal, fixed_blocks
from lrd_core.pruning.rows import Measured, full_plan, latency_row, trial_row
from lrd_core.pruning.rules import find_rule
from lrd_core.pruning.sampling import split_to_choose_by
from lrd_core.pruning.scoring import chunks, evaluator_scores, score_full, score_variants
from lrd_core.pruning.search import Objective
from lrd_core.pruning.settings import TrialSettings, needed_quantities
from lrd_core.pruning.subject import Subject, calibrated, load_subject, remeasure
from lrd_core.pruning.surgery import prune
from lrd_core.pruning.variants import Removed
from lrd_core.store.keys import canonical_json
from lrd_core.store.latencies import LATENCIES, latency_writes
from lrd_core.store.reading import read_table
from lrd_core.store.saving import Saver
from lrd_core.store.sources import TRUSTED
from lrd_core.store.trials import (
    EVALUATOR,
    detail_writes,
    read_details,
    scored_variants,
    trial_writes,
)
from lrd_core.tasks import load_content


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
    device: str = "auto",
    progress: Progress = silent,
    allow_code: Collection[str] = (),
) -> TrialReport:
    """Try every plan of a comparison on one task; what is in the store is not measured again.

    Trials are stored in portions, so that an interrupted comparison goes on where it stopped.
    Raises: LrdError of the part that failed.
    """
    started = time.monotonic()
    saver = Saver(config, progress)
    subject = load_subject(
        model, task, settings, config, device=device, allow_code=allow_code, progress=progress
    )
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


def make_guided_plans(
    subject: Subject, config: Config, progress: Progress = silent
) -> tuple[tuple[Plan, ...], str | None]:
    """Calibrate as far as the rules ask for it and plan; also the calibration's key.

    Raises: PruningError where nothing can go, or the blocks that a rule chose cannot go together.
    """
    check_prunable(subject.loaded.model)
    needed = needed_quantities(subject.settings)
    profile, key = calibrated(subject, needed, config, progress)
    objective, overlap = (
        _objective(subject, progress) if _searches(subject.settings) else (None, "")
    )
    plans = guided_plans(
        subject.loaded.spec.name,
        subject.loaded.num_blocks,
        subject.settings,
        profile,
        fixed_blocks(subject.loaded.model),
        calibration=key,
        remeasure=remeasure(subject, needed, progress),
        objective=objective,
    )
    for plan in plans:
        _check_plan(subject, plan)
    return tuple(_with_overlap(plan, overlap) for plan in plans), key


def measure_latencies(
    subject: Subject, plans: Sequence[Plan], config: Config, progress: Progress = silent
) -> None:
    """Time one physically pruned model for each number of removed blocks not timed yet.

    Blocks of a model are alike, so that which ones go does not change the time; the row says
    which ones went.
    """
    loaded, settings = subject.loaded, subject.settings
    dtype = str(loaded.dtype).removeprefix("torch.")
    setting = {
        "model_id": loaded.spec.id,
        "revision": loaded.revision,
        "device": subject.device,
        "dtype": dtype,
        "batch": settings.batch,
        "length": settings.length,
    }
    saver = Saver(config, progress)
    with saver.reading() as connection:
        timed = set(read_table(connection, LATENCIES, **setting, source=TRUSTED)["m"])
    first: dict[int, Removed] = {}
    for plan in plans:
        first.setdefault(plan.m, plan.removed)
    for m, removed in sorted(first.items()):
        if m in timed:
            continue
        result = measure_latency(
            loaded,
            prune(loaded.model, removed),
            subject.calibration_texts,
            batch=settings.batch,
            length=settings.length,
            progress=progress,
        )
        saver.save(latency_writes(latency_row(subject, removed, dtype, result)))


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


def _searches(settings: TrialSettings) -> bool:
    return settings.selection == "exhaustive" or any(
        find_rule(rule).selection == "exhaustive" for rule in settings.rules
    )


def _check_plan(subject: Subject, plan: Plan) -> None:
    """Raises: PruningError naming the rule whose blocks can go one by one but not together."""
    try:
        check_removal(subject.loaded.model, plan.removed)
    except PruningError as error:
        share = "" if plan.budget is None else f" at {plan.budget:.0%}"
        raise PruningError(f"{plan.rule}{share}: {error}, by a lower budget") from error


def _with_overlap(plan: Plan, overlap: str) -> Plan:
    searched = overlap and plan.selection == "exhaustive"
    return replace(plan, notes=(*plan.notes, overlap)) if searched else plan


def _objective(subject: Subject, progress: Progress) -> tuple[Objective, str]:
    """The task's score on rows that the trial does not evaluate; each subset scored once.

    Also what those rows share with the evaluated ones, in words; "" for nothing.
    """
    spec = subject.content.spec
    content, overlap = split_to_choose_by(
        load_content(spec.place or spec.name), subject.settings.n, subject.settings.seed
    )
    seen: dict[Removed, float] = {}

    def score(subsets: Sequence[Removed]) -> list[float]:
        fresh = [subset for subset in subsets if subset not in seen]
        # The search takes no subset without a number.
        seen.update({s: math.nan for s in fresh if not can_go(subject.loaded.model, s)})
        fresh = [subset for subset in fresh if subset not in seen]
        for chunk in chunks(subject.loaded, content, fresh):
            found = score_variants(
                subject.loaded, content, chunk, normalise=subject.normalise, progress=progress
            )
            seen.update({value.removed: value.score for value in found})
        return [seen[subset] for subset in subsets]

    return score, overlap
