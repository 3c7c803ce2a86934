"""From a rule and its settings to the blocks that go: a plan, made before anything runs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from lrd_core.errors import InputError, PruningError
from lrd_core.pruning.profile import Indexing, Profile
from lrd_core.pruning.rules import SELECTIONS, Question, Rule, Selection, find_rule
from lrd_core.pruning.search import Objective
from lrd_core.pruning.select import Remeasure, score_blocks, select_blocks

BY_HAND = "by hand"
_NO_CHOICE = "{}: no rule has a choice"
PUBLISHED_PROTECT = 3
DEFAULT_PROTECT = 1


@dataclass(frozen=True)
class PlanRequest:
    """A rule and its independent options.

    budget: share of the candidates in (0, 1]; or m, a number of blocks, which comes first.
    protect: blocks kept at each end; None: 3 under published indexing, else 1.
    selection: None takes the rule's own.
    """

    rule: str
    budget: float | None = None
    m: int | None = None
    protect: int | None = None
    indexing: Indexing = "block"
    selection: Selection | None = None
    seed: int = 0


@dataclass(frozen=True)
class Plan:
    """Which blocks of a model go, and everything that led there.

    calibration: the key of the stored calibration that the rule read; None where it read none.
    """

    model: str
    rule: str
    num_blocks: int
    m: int
    removed: tuple[int, ...]
    candidates: tuple[int, ...]
    protected: tuple[int, ...]
    score: tuple[float | None, ...]
    budget: float | None = None
    protect: int = 0
    indexing: Indexing = "block"
    selection: Selection = "top-m"
    seed: int | None = None
    notes: tuple[str, ...] = ()
    calibration: str | None = None

    @property
    def kept(self) -> tuple[int, ...]:
        """The blocks that stay, ascending."""
        return tuple(block for block in range(self.num_blocks) if block not in self.removed)

    @property
    def settings(self) -> dict[str, Any]:
        """What identifies the plan beside model and rule, as plain values."""
        return {
            "budget": self.budget,
            "protect": self.protect,
            "indexing": self.indexing,
            "selection": self.selection,
            "seed": self.seed,
        }

    def to_json(self) -> dict[str, Any]:
        """Plain values, for files, tables and the payload of a job."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, payload: Mapping[str, Any]) -> "Plan":
        """The inverse of `to_json`."""
        tuples: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in payload.items()
        }
        return cls(**tuples)


def candidate_blocks(
    num_blocks: int,
    protect: int,
    indexing: Indexing = "block",
    fixed: Mapping[int, str] | None = None,
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The blocks that may go, and notes on what was decided.

    block indexing keeps the first and last `protect` blocks. published indexing leaves out the
    first and last `protect` of the layer ids 0..L and takes layer id l for block l. Where that
    leaves nothing, the first and last block alone are kept, and a note says so.
    fixed: blocks that this architecture cannot lose, with the reason.
    Raises: PruningError when no block may go.
    """
    if protect < 0:
        raise InputError(f"protect is {protect}; give 0 or more blocks to keep at each end")
    fixed = fixed or {}
    ids = num_blocks + (indexing == "published")
    chosen = [block for block in range(protect, ids - protect) if block < num_blocks]
    notes = [f"block {block} stays: {reason}" for block, reason in sorted(fixed.items())]
    if not chosen and num_blocks > 2:
        chosen = list(range(1, num_blocks - 1))
        notes.append(
            f"protecting {protect} at each end leaves no block of {num_blocks}; "
            "only the first and the last are protected instead"
        )
    candidates = tuple(block for block in chosen if block not in fixed)
    if not candidates:
        raise PruningError(
            f"no block of {num_blocks} may go with {protect} protected at each end; protect fewer"
        )
    return candidates, tuple(notes)


def default_protect(indexing: Indexing) -> int:
    """Blocks kept at each end where none are asked for."""
    return PUBLISHED_PROTECT if indexing == "published" else DEFAULT_PROTECT


def blocks_for_budget(budget: float, candidates: int) -> int:
    """m = max(1, ceil(budget * candidates)).

    Raises: InputError for a budget outside (0, 1].
    """
    if not 0 < budget <= 1:
        raise InputError(f"the budget is {budget}; give a share of the blocks in (0, 1], like 0.15")
    # 0.07 * 100 is 7.000000000000001 in floating point, and means 7.
    return max(1, math.ceil(round(budget * candidates, 9)))


def make_plan(
    model: str,
    num_blocks: int,
    request: PlanRequest,
    profile: Profile | None = None,
    *,
    fixed: Mapping[int, str] | None = None,
    remeasure: Remeasure | None = None,
    objective: Objective | None = None,
) -> Plan:
    """Choose the blocks to remove. Touches no model.

    Raises: PruningError when too few blocks may go, the profile lacks what the rule reads, or
    greedy or exhaustive selection has nothing to ask; InputError for unusable settings.
    """
    rule = find_rule(request.rule)
    selection = request.selection or rule.selection
    check_selection(selection)
    protect = _protect(rule, request)
    candidates, notes = candidate_blocks(num_blocks, protect, request.indexing, fixed)
    m = _count(request, num_blocks, protect, candidates)
    if m == len(candidates):
        notes = (*notes, _NO_CHOICE.format("one candidate" if m == 1 else f"all {m} candidates go"))
    question = Question(
        tuple(range(num_blocks)), candidates, m, profile, request.indexing, request.seed
    )
    score = score_blocks(rule, question) if not rule.oracle else np.full(num_blocks, np.nan)
    removed, said = select_blocks(rule, question, score, selection, remeasure, objective)
    return Plan(
        model=model,
        rule=rule.name,
        num_blocks=num_blocks,
        m=m,
        removed=removed,
        candidates=candidates,
        protected=tuple(b for b in range(num_blocks) if b not in candidates),
        score=tuple(None if np.isnan(value) else float(value) for value in score),
        budget=request.budget,
        protect=protect,
        indexing=request.indexing,
        selection=selection,
        seed=request.seed if rule.seeded else None,
        notes=notes + said,
    )


def plan_by_hand(
    model: str, num_blocks: int, removed: Sequence[int], fixed: Mapping[int, str] | None = None
) -> Plan:
    """The plan that removes exactly these blocks.

    Raises: PruningError for a block that is not there or cannot go, for none and for all.
    """
    fixed = fixed or {}
    chosen = tuple(sorted(set(removed)))
    check_removable(num_blocks, chosen, fixed)
    candidates = tuple(block for block in range(num_blocks) if block not in fixed)
    return Plan(
        model=model,
        rule=BY_HAND,
        num_blocks=num_blocks,
        m=len(chosen),
        removed=chosen,
        candidates=candidates,
        protected=tuple(sorted(fixed)),
        score=(None,) * num_blocks,
    )


def check_selection(selection: str) -> None:
    """Raises: InputError for a selection that does not exist."""
    if selection not in SELECTIONS:
        raise InputError(f"no selection {selection!r}; choose one of {', '.join(SELECTIONS)}")


def check_removable(
    num_blocks: int, removed: Sequence[int], fixed: Mapping[int, str] | None = None
) -> None:
    """Raises: PruningError unless these are blocks that can go and at least one stays."""
    if not removed:
        raise PruningError("no block to remove; name at least one")
    for block in removed:
        if not 0 <= block < num_blocks:
            raise PruningError(f"there is no block {block}; blocks are 0 to {num_blocks - 1}")
        if fixed and block in fixed:
            raise PruningError(f"block {block} cannot go: {fixed[block]}; keep it")
    if len(set(removed)) >= num_blocks:
        raise PruningError(f"all {num_blocks} blocks would go; keep at least one")


def note_equal_plans(plans: Sequence[Plan]) -> tuple[Plan, ...]:
    """The same plans; budgets of one rule that remove the same blocks say so."""
    groups: dict[tuple[Any, ...], list[float]] = {}

    def group(plan: Plan) -> tuple[Any, ...]:
        return (plan.model, plan.rule, plan.indexing, plan.selection, plan.seed, plan.removed)

    for plan in plans:
        if plan.budget is not None:
            groups.setdefault(group(plan), []).append(plan.budget)
    noted = []
    for plan in plans:
        budgets = sorted(set(groups.get(group(plan), ())))
        if len(budgets) > 1 and plan.budget is not None:
            shares = ", ".join(f"{budget:.0%}" for budget in budgets)
            said = f"budgets {shares} are the same plan on {plan.num_blocks} blocks"
            plan = replace(plan, notes=(*plan.notes, said))
        noted.append(plan)
    return tuple(noted)


def _protect(rule: Rule, request: PlanRequest) -> int:
    if request.protect is not None:
        protect = request.protect
    elif rule.scope == "every block":
        protect = 0
    else:
        protect = default_protect(request.indexing)
    return max(protect, 1) if rule.scope == "ends stay" else protect


def _count(request: PlanRequest, num_blocks: int, protect: int, candidates: tuple[int, ...]) -> int:
    if request.m is not None:
        m = request.m
    elif request.budget is not None:
        m = blocks_for_budget(request.budget, len(candidates))
    else:
        raise InputError("a plan needs a budget (a share such as 0.15) or m (a number of blocks)")
    if not 1 <= m <= len(candidates):
        raise PruningError(
            f"{m} blocks cannot go: {len(candidates)} of {num_blocks} are candidates with "
            f"{protect} protected at each end; lower the budget or protect fewer"
        )
    if m >= num_blocks:
        raise PruningError(f"all {num_blocks} blocks would go; keep at least one")
    return m
