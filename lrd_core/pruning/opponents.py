"""What a plan's change is compared with: random plans, all subsets, the best of them."""

import json
from typing import Any

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


class Opponents:
    """The random plans among trials: which ones a plan is compared with."""

    def __init__(self, trials: pd.DataFrame) -> None:
        chance = trials[trials["rule"].isin([*RANDOM_RULES, EVERY_SUBSET])]
        chance = chance.assign(inner=inner_candidates(chance))
        self._groups = {tuple(key): part for key, part in chance.groupby([*SAME, "m"])}
        self._found: dict[Key, dict[Removed, float]] = {}

    def against(self, same: Key, m: int, kind: str, inner: Removed) -> dict[Removed, float]:
        """Changes in points by the blocks that an opponent removes.

        Where every subset of m blocks was tried, these are all subsets that the kind of chance
        could draw, so that their mean is exact; elsewhere the seeded draws. random-protected
        draws from `inner`, the plan's own candidates without the first and the last block.
        """
        key = (*same, m, kind, inner)
        if key not in self._found:
            part = self._groups.get((*same, m))
            self._found[key] = {} if part is None else _drawn(part, kind, inner)
        return self._found[key]


def _drawn(part: pd.DataFrame, kind: str, inner: Removed) -> dict[Removed, float]:
    every = part[part["rule"] == EVERY_SUBSET]
    protected = kind == "random-protected"
    if every.empty:
        found = part[part["rule"] == kind]
        found = found[found["inner"] == inner] if protected else found
    else:
        found = every[every["removed"].map(set(inner).issuperset)] if protected else every
    return dict(zip(found["removed"], found["change"], strict=True))


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
