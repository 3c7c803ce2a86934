"""The best subset of blocks by a score: all subsets where they are few, else a beam."""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

MAX_SUBSETS = 20_000
BEAM_WIDTH = 16

Objective = Callable[[Sequence[tuple[int, ...]]], Sequence[float]]
"""How good the model is with each of these sets of blocks off, higher is better."""


@dataclass(frozen=True)
class Found:
    """What a search returns. `exact`: every subset was tried."""

    removed: tuple[int, ...]
    value: float
    tried: int
    exact: bool

    @property
    def note(self) -> str:
        """One sentence that says how far the search went."""
        if self.exact:
            return f"best of all {self.tried:,} subsets"
        return f"best found by a beam of {BEAM_WIDTH}, {self.tried:,} subsets tried; not all"


def best_subset(candidates: Sequence[int], m: int, objective: Objective) -> Found:
    """The m candidates whose removal leaves the highest objective.

    objective: asked for many subsets at once, so that it can share work between them.
    Up to 20,000 subsets are all tried; beyond, a beam of 16 grows them block by block. Equal
    values: the subset that comes first. A subset whose objective is NaN is never taken.
    """
    if math.comb(len(candidates), m) <= MAX_SUBSETS:
        subsets = list(itertools.combinations(sorted(candidates), m))
        values = [_value(value) for value in objective(subsets)]
        best = int(np.argmax(values))
        return Found(subsets[best], values[best], len(subsets), exact=True)
    beam: list[tuple[int, ...]] = [()]
    tried = 0
    values = [-math.inf]
    for _ in range(m):
        grown = sorted({tuple(sorted((*s, b))) for s in beam for b in candidates if b not in s})
        found = zip(map(_value, objective(grown)), grown, strict=True)
        scored = sorted(found, key=lambda pair: (-pair[0], pair[1]))
        tried += len(grown)
        beam = [subset for _, subset in scored[:BEAM_WIDTH]]
        values = [value for value, _ in scored[:BEAM_WIDTH]]
    return Found(beam[0], values[0], tried, exact=False)


def _value(value: float) -> float:
    return -math.inf if math.isnan(value) else value
