"""The plans of rules for a loaded model: calibrated as far as they ask, and checked."""

import math
from collections.abc import Sequence
from dataclasses import replace

from lrd_core.config import Config
from lrd_core.errors import PruningError
from lrd_core.progress import Progress, silent
from lrd_core.pruning.comparison import guided_plans
from lrd_core.pruning.plan import Plan
from lrd_core.pruning.removal import can_go, check_prunable, check_removal, fixed_blocks
from lrd_core.pruning.rules import find_rule
from lrd_core.pruning.sampling import split_to_choose_by
from lrd_core.pruning.scoring import chunks, score_variants
from lrd_core.pruning.search import Objective
from lrd_core.pruning.settings import TrialSettings, needed_quantities
from lrd_core.pruning.subject import Subject, calibrated, remeasure
from lrd_core.pruning.variants import Removed
from lrd_core.tasks import load_content


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
