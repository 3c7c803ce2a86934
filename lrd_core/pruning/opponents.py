"""What a plan's change is compared with: random plans, all subsets, the best of them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from lrd_core.pruning.comparison import EVERY_SUBSET
from lrd_core.pruning.settings import RANDOM_RULES
from lrd_core.store.trials import FULL

PAIR = ["model", "task"]


SAME = ["model", "revision", "task", "task_revision", "settings", "device"]
"""Trials are compared only where all of these are equal."""


OTHERS = (*RANDOM_RULES, EVERY_SUBSET, FULL)
"""Rules of rows that are no rule's plan and none by hand."""


Key = tuple[Any, ...]


Removed = tuple[int, ...]


class _Draw(NamedTuple):
    """What a random plan removed, its change in points, and which inner blocks it chose from."""

    removed: Removed
    change: float
    inner: Removed


class Opponents:
    """The random plans among trials: which ones a plan is compared with."""

    def __init__(self, trials: pd.DataFrame) -> None:
        chance = trials[trials["rule"].isin([*RANDOM_RULES, EVERY_SUBSET])]
        # Plain lists: a plan is looked up for each trial, and a table would answer far slower.
        self._groups: dict[Key, dict[str, list[_Draw]]] = {}
        keys = chance[[*SAME, "m"]].itertuples(index=False, name=None)
        drawn = zip(chance["removed"], chance["change"], inner_candidates(chance), strict=True)
        for key, rule, draw in zip(keys, chance["rule"], drawn, strict=True):
            self._groups.setdefault(key, {}).setdefault(rule, []).append(_Draw(*draw))
        self._found: dict[Key, dict[Removed, float]] = {}

    def against(self, same: Key, m: int, kind: str, inner: Removed) -> dict[Removed, float]:
        """Changes in points by the blocks that an opponent removes.

        Where every subset of m blocks was tried, these are all subsets that the kind of chance
        could draw, so that their mean is exact; elsewhere the seeded draws. random-protected
        draws from `inner`, the plan's own candidates without the first and the last block.
        """
        key = (*same, m, kind, inner)
        if key not in self._found:
            self._found[key] = _drawn(self._groups.get((*same, m), {}), kind, inner)
        return self._found[key]


def _drawn(
    by_rule: Mapping[str, Sequence[_Draw]], kind: str, inner: Removed
) -> dict[Removed, float]:
    protected = kind == "random-protected"
    every = by_rule.get(EVERY_SUBSET, ())
    if every:
        could_go = set(inner)
        found = [one for one in every if not protected or could_go.issuperset(one.removed)]
    else:
        drawn = by_rule.get(kind, ())
        found = [one for one in drawn if not protected or one.inner == inner]
    return {one.removed: one.change for one in found}


def inner_candidates(trials: pd.DataFrame) -> list[Removed]:
    """Of each trial: the blocks that its plan chose from, the first and the last left out."""
    known = {text: json.loads(text)["candidates"] for text in trials["details"].unique()}
    return [
        tuple(block for block in known[text] if 0 < block < count - 1)
        for text, count in zip(trials["details"], trials["num_blocks"], strict=True)
    ]


def oracle_changes(trials: pd.DataFrame) -> dict[tuple[Key, int], float]:
    """The best change among all subsets of m blocks, where all were tried."""
    every = trials[trials["rule"] == EVERY_SUBSET]
    best = every.groupby([*SAME, "m"])["change"].max()
    return {(tuple(same), int(m)): float(value) for (*same, m), value in best.items()}
