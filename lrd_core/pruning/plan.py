"""From a rule and its settings to the blocks that go: a plan, made before anything runs."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from lrd_core.errors import InputError, PruningError
from lrd_core.pruning.profile import Indexing, Profile
from lrd_core.pruning.rules import SELECTIONS, Question, Rule, Selection, find_rule
from lrd_core.pruning.search import Objective, best_subset

BY_HAND = "by hand"
PUBLISHED_PROTECT = 3
DEFAULT_PROTECT = 1

Remeasure = Callable[[tuple[int, ...]], Profile]
"""The profile of the model with these blocks off; greedy selection asks for it."""


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
    """Which blocks of a model go, and everything that led there."""

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
    if selection not in SELECTIONS:
        raise InputError(f"no selection {selection!r}; choose one of {', '.join(SELECTIONS)}")
    protect = _protect(rule, request)
    candidates, notes = candidate_blocks(num_blocks, protect, request.indexing, fixed)
    m = _count(request, num_blocks, protect, candidates)
    question = Question(
        tuple(range(num_blocks)), candidates, m, profile, request.indexing, request.seed
    )
    score = _score(rule, question) if not rule.oracle else np.full(num_blocks, np.nan)
    removed, said = _select(rule, question, score, selection, remeasure, objective)
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
    model: str,
    num_blocks: int,
    removed: Sequence[int],
    fixed: Mapping[int, str] | None = None,
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
        protect = PUBLISHED_PROTECT if request.indexing == "published" else DEFAULT_PROTECT
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


def _score(rule: Rule, question: Question) -> np.ndarray:
    """The rule's score of each of the question's blocks."""
    score = np.asarray(rule(question), dtype=np.float64)
    if score.shape != (len(question.blocks),):
        raise InputError(
            f"rule {rule.name} gave {score.shape} scores for {len(question.blocks)} blocks"
        )
    return score


def _select(
    rule: Rule,
    question: Question,
    score: np.ndarray,
    selection: Selection,
    remeasure: Remeasure | None,
    objective: Objective | None,
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    if selection == "exhaustive":
        if objective is None:
            raise PruningError("exhaustive search needs a calibration score to search by")
        found = best_subset(question.candidates, question.m, objective)
        return found.removed, (found.note,)
    if rule.oracle:
        raise PruningError(f"rule {rule.name} has no score of its own; use exhaustive selection")
    if selection == "window":
        return _window(rule, question, score), ()
    if selection == "greedy" and question.m > 1:
        return _greedy(rule, question, score, remeasure), ()
    return tuple(sorted(_highest(question.candidates, question.blocks, score, question.m))), ()


def _highest(
    candidates: Sequence[int], blocks: Sequence[int], score: np.ndarray, m: int
) -> list[int]:
    """The m candidates with the highest defined score; equal scores: the deeper block first."""
    by_block = dict(zip(blocks, score, strict=True))
    known = [block for block in candidates if not np.isnan(by_block[block])]
    if len(known) < m:
        raise PruningError(f"only {len(known)} of the candidates have a score, {m} are to go")
    return sorted(known, key=lambda block: (-by_block[block], -block))[:m]


def _window(rule: Rule, question: Question, score: np.ndarray) -> tuple[int, ...]:
    starts = [
        start
        for start in question.candidates
        if all(start + step in question.candidates for step in range(question.m))
    ]
    if not starts:
        raise PruningError(
            f"no window of {question.m} neighbouring blocks lies within the candidates "
            f"{list(question.candidates)}; remove fewer or protect fewer"
        )

    def redundancy(start: int) -> float:
        if rule.window is not None:
            return rule.window(question, start)
        return float(score[start : start + question.m].sum())

    known = [start for start in starts if not np.isnan(redundancy(start))]
    if not known:
        raise PruningError(f"no window of {question.m} neighbouring candidates has a score")
    best = max(known, key=lambda start: (redundancy(start), start))
    return tuple(range(best, best + question.m))


def _greedy(
    rule: Rule, question: Question, score: np.ndarray, remeasure: Remeasure | None
) -> tuple[int, ...]:
    if remeasure is None and rule.needs:
        raise PruningError(
            "greedy selection measures the model anew after each removal; "
            "calibrate with the model at hand, or select top-m"
        )
    removed = _highest(question.candidates, question.blocks, score, 1)
    while len(removed) < question.m:
        off = tuple(sorted(removed))
        blocks = tuple(block for block in question.blocks if block not in off)
        left = tuple(block for block in question.candidates if block not in off)
        asked = replace(
            question,
            blocks=blocks,
            candidates=left,
            m=question.m - len(removed),
            profile=None if remeasure is None else remeasure(off),
        )
        removed += _highest(left, blocks, _score(rule, asked), 1)
    return tuple(sorted(removed))
