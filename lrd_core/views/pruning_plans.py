"""The plans of a trial as they are shown: all of them as a grid, one of them over depth."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.errors import UnknownNameError
from lrd_core.numbers import percent
from lrd_core.pruning.plan import Plan
from lrd_core.views.command_text import prune_command
from lrd_core.views.pruning import rule_label
from lrd_core.views.pruning_preview import Preview, plan_preview
from lrd_core.views.pruning_trials import TrialsRequest
from lrd_core.views.view import View, told

REMOVED, PROTECTED, KEPT = "removed", "protected", "kept"
"""What a plan does with a block."""

SCORE_LABEL = "Redundancy, the highest go first"


@dataclass(frozen=True)
class PlanRequest:
    """One of the plans, as it is called in lists; None for the first."""

    trials: TrialsRequest
    plan: str | None = None


@dataclass(frozen=True)
class PlansView(View):
    """Which blocks go under each rule and budget: `table` has one row a plan (see plan_rows).

    plans: those of the rows; budgets that are the same plan are one. preview: what was planned.
    """

    model: str = ""
    plans: tuple[Plan, ...] = ()
    preview: Preview = field(default_factory=lambda: Preview((), (), 0, {}))

    @property
    def by_label(self) -> dict[str, Plan]:
        """The plans by what they are called in lists."""
        return {plan_label(plan): plan for plan in self.plans}


@dataclass(frozen=True)
class PlanView(View):
    """One plan on the score behind it: `table` has one row a block (see plan_table)."""

    model: str = ""
    score_label: str = SCORE_LABEL


def plans(config: Config, request: TrialsRequest) -> PlansView:
    """Every plan that the store can tell before anything runs. Empty where it can tell none.

    Of several tasks the first one's calibration is taken.
    Raises: PruningError when the number of blocks is not known or nothing can go.
    """
    task = next(iter(request.tasks), "")
    preview = plan_preview(config, request.model, task, request.settings)
    merged = merged_budgets(preview.plans)
    return PlansView(
        table=plan_rows(merged),
        command=prune_command([request.model], request.tasks, request.settings),
        sentence="" if merged else "These plans are known once the model was asked.",
        alt="Blocks that each rule removes at each budget.",
        model=request.model,
        plans=merged,
        preview=preview,
    )


def plan(config: Config, request: PlanRequest) -> PlanView:
    """One plan on the score behind it. Empty where the store can tell none.

    Raises: UnknownNameError for a plan that is none of these; as plans.
    """
    view = plans(config, request.trials)
    if view.empty:
        return PlanView(table=view.table, sentence=view.sentence)
    named = view.by_label
    label = request.plan or next(iter(named))
    if label not in named:
        raise UnknownNameError("plan", label, named)
    return plan_of(view, named[label])


def plan_of(view: PlansView, plan: Plan) -> PlanView:
    """One of the plans of a view."""
    gone = blocks_in_words(plan)
    notes = (f"{gone} would go", *plan.notes)
    sentence = f"{plan_label(plan)} removes {gone} of {view.model}."
    return PlanView(
        table=plan_table(plan.score, plan.removed, plan.protected),
        sentence=sentence,
        notes=told(". ".join(note[:1].upper() + note[1:] for note in notes if note)),
        command=view.command,
        model=view.model,
    )


def plan_table(
    score: Sequence[float | None], removed: Sequence[int], protected: Sequence[int]
) -> pd.DataFrame:
    """One row a block: block, middle (layer units), score (NaN unknown), state."""
    blocks = np.arange(len(score))
    return pd.DataFrame(
        {
            "block": blocks,
            "middle": blocks + 0.5,
            "score": np.array([np.nan if value is None else value for value in score], dtype=float),
            "state": block_states(len(score), removed, protected),
        }
    )


def block_states(count: int, removed: Sequence[int], protected: Sequence[int]) -> list[str]:
    """What becomes of each of `count` blocks."""
    return [
        REMOVED if block in removed else PROTECTED if block in protected else KEPT
        for block in range(count)
    ]


def blocks_in_words(plan: Plan) -> str:
    """block 4, or blocks 4, 7"""
    return f"{'blocks' if plan.m > 1 else 'block'} {', '.join(map(str, plan.removed))}"


def plan_rows(plans: Sequence[Plan]) -> pd.DataFrame:
    """One row a plan for tables and figures: label, rule, budget, m, removed and so on."""
    rows = [
        {
            "label": plan_label(plan),
            "rule": plan.rule,
            "budget": plan.budget,
            "m": plan.m,
            "num_blocks": plan.num_blocks,
            "removed": plan.removed,
            "protected": plan.protected,
            "selection": plan.selection,
            "indexing": plan.indexing,
            "notes": "; ".join(plan.notes),
        }
        for plan in plans
    ]
    return pd.DataFrame(rows)


def plan_label(plan: Plan) -> str:
    """A plan's name in lists: rule, budget, and m of L."""
    budget = "" if plan.budget is None else f", {percent(plan.budget)}"
    return f"{rule_label(plan.rule)}{budget} ({plan.m} of {plan.num_blocks})"


def by_rule_and_budget(view: PlansView) -> dict[str, Plan]:
    """The plans of a model by rule and budget alone, so that two models can be asked for one."""
    return {plan_label(plan).rpartition(" (")[0]: plan for plan in view.plans}


def merged_budgets(plans: Sequence[Plan]) -> tuple[Plan, ...]:
    """One plan for each rule and set of blocks: budgets that are the same plan are one."""
    seen: dict[tuple[Any, ...], Plan] = {}
    for plan in plans:
        seen.setdefault((plan.rule, plan.indexing, plan.removed), plan)
    return tuple(seen.values())
