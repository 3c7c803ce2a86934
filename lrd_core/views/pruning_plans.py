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
from lrd_core.views.pruning_known import known_of
from lrd_core.views.pruning_preview import Preview, plan_preview
from lrd_core.views.pruning_rows import rules_in_words, short_name
from lrd_core.views.pruning_trials import TrialsRequest, Tried, tried
from lrd_core.views.view import View, told
from lrd_core.views.words import joined

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
    """Which blocks go under each rule and budget: `table` has a row a set of blocks (plan_rows).

    plans: what there is to choose from: of each rule its plans, of budgets that are the same plan
    one. preview: what was planned. chosen: the removed blocks of the plan that is looked at.
    """

    model: str = ""
    plans: tuple[Plan, ...] = ()
    preview: Preview = field(default_factory=lambda: Preview((), (), 0, {}))
    chosen: tuple[int, ...] | None = None

    @property
    def by_label(self) -> dict[str, Plan]:
        """The plans by what they are called in lists."""
        return {plan_label(plan): plan for plan in self.plans}


@dataclass(frozen=True)
class PlanView(View):
    """One plan on the score behind it: `table` has one row a block (see plan_table).

    known: what removing exactly these blocks gains and costs, as far as it was measured.
    """

    model: str = ""
    score_label: str = SCORE_LABEL
    known: str = ""


def plans(config: Config, request: TrialsRequest) -> PlansView:
    """Every plan that the store can tell before anything runs. Empty where it can tell none.

    Of several tasks the first one's calibration is taken.
    Raises: PruningError when the number of blocks is not known or nothing can go.
    """
    task = next(iter(request.tasks), "")
    preview = plan_preview(config, request.model, task, request.settings)
    merged = merged_budgets(preview.plans)
    return PlansView(
        table=plan_rows(preview.plans),
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
    return plan_of(view, named[label], tried(config, request.trials))


def plan_of(view: PlansView, plan: Plan, found: Tried) -> PlanView:
    """One of the plans of a view. found: what was tried and timed of this model."""
    gone = blocks_in_words(plan)
    notes = (f"{gone} would go", *plan.notes)
    sentence = f"{_removers(view, plan)} {gone} of {view.model} ({plan.m} of {plan.num_blocks})."
    return PlanView(
        table=plan_table(plan.score, plan.removed, plan.protected),
        sentence=sentence,
        notes=told(". ".join(note[:1].upper() + note[1:] for note in notes if note)),
        command=view.command,
        model=view.model,
        known=known_of(found, plan.removed),
    )


def _removers(view: PlansView, plan: Plan) -> str:
    """Every rule that comes to the blocks of a plan, with its budgets and the verb."""
    rows = view.table[view.table["removed"] == plan.removed].to_dict("records")
    rules = rows[0]["rules"] if rows else (plan.rule,)
    shares = rows[0]["budgets"] if rows else () if plan.budget is None else (plan.budget,)
    names = joined(short_name(rule_label(rule)) for rule in rules)
    at = f" at {joined(map(percent, shares))}" if shares else ""
    return f"{names}{at} {'removes' if len(rules) == 1 else 'remove'}"


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
    """One row a set of blocks, with all rules and budgets that name it.

    Columns: label, plan (the first one's name in lists), rules, budgets, m, num_blocks, removed,
    protected (of the first).
    """
    same: dict[tuple[int, ...], list[Plan]] = {}
    for plan in plans:
        same.setdefault(plan.removed, []).append(plan)
    rows = [
        {
            "label": _row_label(group),
            "plan": plan_label(group[0]),
            "rules": tuple(dict.fromkeys(plan.rule for plan in group)),
            "budgets": tuple(sorted({plan.budget for plan in group if plan.budget is not None})),
            "m": group[0].m,
            "num_blocks": group[0].num_blocks,
            "removed": group[0].removed,
            "protected": group[0].protected,
        }
        for group in same.values()
    ]
    table = pd.DataFrame(rows)
    return table.sort_values("m", kind="stable", ignore_index=True) if rows else table


def _row_label(group: Sequence[Plan]) -> str:
    """What a row is called: its rules, then the budgets that come to it, then m of L."""
    names = rules_in_words(short_name(rule_label(plan.rule)) for plan in group)
    shares = sorted({plan.budget for plan in group if plan.budget is not None})
    budgets = f": {', '.join(map(percent, shares))}" if shares else ""
    return f"{names}{budgets} ({group[0].m} of {group[0].num_blocks})"


def plan_label(plan: Plan) -> str:
    """A plan's name in lists: rule, budget, and m of L."""
    return label_of(plan.rule, plan.budget, plan.m, plan.num_blocks)


def label_of(rule: str, budget: float | None, m: int, num_blocks: int) -> str:
    """What the plan of a rule at a budget is called in lists; budget: None of a plan by hand."""
    share = "" if budget is None else f", {percent(budget)}"
    return f"{rule_label(rule)}{share} ({m} of {num_blocks})"


def toggled(plan: Plan, block: int) -> tuple[int, ...]:
    """The blocks that go when one of them is taken out of a plan or put back into the model."""
    return tuple(sorted(set(plan.removed) ^ {block}))


def by_rule_and_budget(view: PlansView) -> dict[str, Plan]:
    """The plans of a model by rule and budget alone, so that two models can be asked for one."""
    return {plan_label(plan).rpartition(" (")[0]: plan for plan in view.plans}


def merged_budgets(plans: Sequence[Plan]) -> tuple[Plan, ...]:
    """One plan for each rule and set of blocks: budgets that are the same plan are one."""
    seen: dict[tuple[Any, ...], Plan] = {}
    for plan in plans:
        seen.setdefault((plan.rule, plan.indexing, plan.removed), plan)
    return tuple(seen.values())
