"""From a score for each block to the blocks that go: top m, window, greedy, exhaustive."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from lrd_core.errors import InputError, PruningError
from lrd_core.pruning.profile import Profile
from lrd_core.pruning.rules import Question, Rule, Selection
from lrd_core.pruning.search import Objective, best_subset

Remeasure = Callable[[tuple[int, ...]], Profile]
"""The profile of the model with these blocks off; greedy selection asks for it."""


def score_blocks(rule: Rule, question: Question) -> np.ndarray:
    """The rule's score of each of the question's blocks."""
    score = np.asarray(rule(question), dtype=np.float64)
    if score.shape != (len(question.blocks),):
        raise InputError(
            f"rule {rule.name} gave {score.shape} scores for {len(question.blocks)} blocks"
        )
    return score


def select_blocks(
    rule: Rule,
    question: Question,
    score: np.ndarray,
    selection: Selection,
    remeasure: Remeasure | None,
    objective: Objective | None,
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The m blocks to remove, ascending, and notes on how they were found.

    score: of every block of the question, see `score_blocks`.
    Raises: PruningError where a selection lacks what it asks for, or too few blocks have a score.
    """
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
        removed += _highest(left, blocks, score_blocks(rule, asked), 1)
    return tuple(sorted(removed))
