"""Which plans are tried together: rules by budget, the random ones beside them, every subset."""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from lrd_core.errors import InputError, PruningError
from lrd_core.pruning.plan import Plan, PlanRequest, make_plan, note_equal_plans, plan_by_hand
from lrd_core.pruning.profile import Profile
from lrd_core.pruning.rules import find_rule
from lrd_core.pruning.search import Objective
from lrd_core.pruning.select import Remeasure
from lrd_core.pruning.settings import NOTHING_TO_TRY, RANDOM_RULES, TrialSettings

EVERY_SUBSET = "every subset"
"""Each subset of m blocks once: the exact random means and the oracle come from these."""


def opponents(
    guided: Sequence[Plan],
    settings: TrialSettings,
    fixed: Mapping[int, str],
    can_go: Callable[[tuple[int, ...]], bool] = lambda removed: True,
) -> tuple[Plan, ...]:
    """What the rules' plans are compared with, for each number of blocks m that one removes.

    Every subset where they are few; otherwise `seeds` random plans over all blocks and `seeds`
    over the rules' candidates.
    can_go: whether these blocks can go together; sets that cannot are no opponents.
    """
    model, num_blocks = guided[0].model, guided[0].num_blocks
    plans: list[Plan] = []
    for m in sorted({plan.m for plan in guided}):
        if number_of_subsets(num_blocks, m, fixed) <= settings.subset_limit:
            plans += every_subset(model, num_blocks, m, fixed)
        else:
            plans += random_plans(model, num_blocks, m, settings, fixed)
    return tuple(plan for plan in plans if can_go(plan.removed))


def guided_plans(
    model: str,
    num_blocks: int,
    settings: TrialSettings,
    profile: Profile | None,
    fixed: Mapping[int, str],
    *,
    calibration: str | None = None,
    remeasure: Remeasure | None = None,
    objective: Objective | None = None,
) -> tuple[Plan, ...]:
    """The rules' plans at each budget, equal ones marked, and the plan by hand.

    calibration: the key of what the profile was read from.
    """
    requests = [
        PlanRequest(
            rule,
            budget,
            None,
            settings.protect,
            settings.indexing,
            settings.selection,
            settings.seed,
        )
        for rule in settings.rules
        if rule not in RANDOM_RULES
        for budget in settings.budgets
    ]
    plans = []
    for request in requests:
        plan = make_plan(
            model,
            num_blocks,
            request,
            profile,
            fixed=fixed,
            remeasure=remeasure,
            objective=objective,
        )
        read = calibration if find_rule(request.rule).needs else None
        plans.append(replace(plan, calibration=read))
    if settings.removed:
        plans.append(plan_by_hand(model, num_blocks, settings.removed, fixed))
    if not plans:
        raise InputError(NOTHING_TO_TRY)
    return note_equal_plans(plans)


def random_plans(
    model: str, num_blocks: int, m: int, settings: TrialSettings, fixed: Mapping[int, str]
) -> list[Plan]:
    """Different sets of m blocks under both random rules: `seeds` of each, or all there are.

    Seeds count up from 0; a seed that draws a set again is passed over. None where m do not fit.
    """
    # Uniform over every block is the weak opponent on purpose: protection is not for it.
    protects = {"random": None, "random-protected": settings.protect}
    plans: list[Plan] = []
    for rule in RANDOM_RULES:
        request = PlanRequest(rule, None, m, protects[rule], settings.indexing)
        with suppress(PruningError):
            plans += _different_draws(model, num_blocks, request, settings.seeds, fixed)
    return plans


def _different_draws(
    model: str, num_blocks: int, request: PlanRequest, wanted: int, fixed: Mapping[int, str]
) -> list[Plan]:
    drawn: dict[tuple[int, ...], Plan] = {}
    seeds = itertools.count()
    while len(drawn) < wanted:
        plan = make_plan(model, num_blocks, replace(request, seed=next(seeds)), fixed=fixed)
        drawn.setdefault(plan.removed, plan)
        wanted = min(wanted, math.comb(len(plan.candidates), plan.m))
    return list(drawn.values())


def every_subset(model: str, num_blocks: int, m: int, fixed: Mapping[int, str]) -> list[Plan]:
    """One plan for each subset of m of the blocks that can go."""
    free = [block for block in range(num_blocks) if block not in fixed]
    return [
        replace(plan_by_hand(model, num_blocks, subset, fixed), rule=EVERY_SUBSET)
        for subset in itertools.combinations(free, m)
        if len(subset) < num_blocks
    ]


def number_of_subsets(num_blocks: int, m: int, fixed: Mapping[int, str]) -> int:
    """How many ways there are to remove m of the blocks that can go."""
    return math.comb(num_blocks - len(fixed), m)


def distinct_removals(plans: Sequence[Plan]) -> tuple[tuple[int, ...], ...]:
    """The different sets of blocks that these plans remove."""
    return tuple(sorted({plan.removed for plan in plans}))
