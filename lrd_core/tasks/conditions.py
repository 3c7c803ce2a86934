"""Extreme inputs: seeded transforms of a text's token ids, special tokens left where they are.

Source: Layer by Layer (arXiv 2502.02013), the experiments on repetition, randomness and length.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from lrd_core.errors import InputError

ConditionKind = Literal["none", "repeat", "random", "length"]

_STRENGTHS = {
    "repeat": "a probability, as in repeat:0.3",
    "random": "a share, as in random:0.3",
    "length": "a number of tokens, as in length:64",
}


@dataclass(frozen=True)
class Condition:
    """What is done to the token ids, and how strongly; `str()` gives back what was parsed."""

    kind: ConditionKind = "none"
    strength: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `repeat:P`, `random:P` (0 <= P <= 1), `length:N` (N >= 1), or an empty string.

        Raises: InputError saying what is allowed.
        """
        if text in ("", "none"):
            return cls()
        name, _, value = text.partition(":")
        for kind in ("repeat", "random", "length"):
            if name == kind:
                return cls(kind, _strength(kind, value))
        raise InputError(f"there is no condition {text!r}; known: repeat:P, random:P, length:N")

    def __str__(self) -> str:
        # All digits: a shorter number would be another condition.
        strength = repr(self.strength).removesuffix(".0")
        return "" if self.kind == "none" else f"{self.kind}:{strength}"

    def apply(
        self,
        input_ids: Sequence[int],
        vocab_size: int,
        special_ids: Collection[int],
        seed: int,
        text_index: int,
    ) -> list[int]:
        """The transformed ids, the same for the same (condition, ids, seed, text_index).

        repeat: every token but the first becomes, with probability P, a copy of the token now
        before it. random: a share P of the tokens, rounded, becomes uniform draws from the
        vocabulary without its special ids. length: the first N tokens are kept. Special tokens
        stay where they are and count for nothing.
        """
        special = frozenset(special_ids)
        places = [place for place, token in enumerate(input_ids) if token not in special]
        if self.kind == "none" or not places:
            return list(input_ids)
        if self.kind == "length":
            dropped = set(places[int(self.strength) :])
            return [token for place, token in enumerate(input_ids) if place not in dropped]
        generator = np.random.default_rng([seed, text_index])
        ids = list(input_ids)
        if self.kind == "repeat":
            _repeat(ids, places, self.strength, generator)
        else:
            _randomise(ids, places, self.strength, vocab_size, special, generator)
        return ids


def _repeat(
    ids: list[int], places: list[int], probability: float, generator: np.random.Generator
) -> None:
    draws = generator.random(len(places))
    for before, place, draw in zip(places, places[1:], draws[1:], strict=False):
        if draw < probability:
            ids[place] = ids[before]


def _randomise(
    ids: list[int],
    places: list[int],
    share: float,
    vocab_size: int,
    special: frozenset[int],
    generator: np.random.Generator,
) -> None:
    """Places and draws come from one stream each, so that a larger share contains a smaller."""
    allowed = np.setdiff1d(np.arange(vocab_size), np.fromiter(special, int, len(special)))
    order = generator.permutation(len(places))
    draws = generator.choice(allowed, len(places))
    for turn in order[: round(share * len(places))]:
        ids[places[turn]] = int(draws[turn])


def _strength(kind: str, value: str) -> float:
    try:
        strength = float(value)
    except ValueError:
        strength = float("nan")
    usable = strength >= 1 and strength.is_integer() if kind == "length" else 0 <= strength <= 1
    if not usable:
        raise InputError(f"condition {kind!r} needs {_STRENGTHS[kind]}, not {value!r}")
    return strength
