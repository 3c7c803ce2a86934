"""What a claim is judged by: numbers with intervals, and the verdict that a rule makes of them."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from lrd_core.numbers import short

Verdict = Literal["holds", "open", "contradicted", "not testable here"]
VERDICTS: tuple[Verdict, ...] = ("holds", "open", "contradicted", "not testable here")

Kind = Literal["main", "baseline", "part"]
"""main: what the verdict rests on. baseline: what it has to be more than. part: what it is of."""

LEAST_MODELS = 4
"""Fewer models say nothing about models: an interval over three is wider than any claim."""


@dataclass(frozen=True)
class Number:
    """A number with its 95% interval (or the level that `Finding.testing` names).

    n: how many of `of` it rests on. Missing bounds are NaN: no interval can be given.
    """

    label: str
    value: float
    low: float
    high: float
    n: int
    of: str
    kind: Kind = "part"

    @classmethod
    def alone(cls, label: str, value: float, n: int, of: str, kind: Kind = "part") -> "Number":
        """A number of which no interval can be given."""
        return cls(label, value, math.nan, math.nan, n, of, kind)

    def called(self, label: str, kind: Kind) -> "Number":
        """The same number under another name and in another place."""
        return replace(self, label=label, kind=kind)


@dataclass(frozen=True)
class Finding:
    """What the numbers of one origin say of one claim.

    unit: of all numbers. numbers: the one that the verdict rests on first, if there is any.
    because: why it is open, contradicted or not testable, or what it holds beside; one sentence.
    settle: what would settle it; "" where it is settled. testing: how many things were tried and
    what was done about it.
    """

    verdict: Verdict
    because: str
    unit: str = ""
    numbers: tuple[Number, ...] = ()
    settle: str = ""
    testing: str = ""

    @property
    def main(self) -> Number | None:
        """What the verdict rests on; None where nothing could be computed."""
        return next((one for one in self.numbers if one.kind == "main"), None)


def not_testable(missing: str, settle: str) -> Finding:
    """Where the numbers that a claim is about are not there at all."""
    return Finding("not testable here", missing, settle=settle)


def count_words(number: int, of: str) -> str:
    """1 model, 2 models; of: in the plural, its first word the one that changes."""
    first, _, rest = of.partition(" ")
    return f"{number} {first.removesuffix('s') if number == 1 else first} {rest}".rstrip()


def side_of(number: Number, least: int, above: float = 0.0) -> tuple[Verdict, str]:
    """The verdict of one number on a claim that it lies above `above`, and why.

    least: how many of what it counts it has to rest on.
    """
    if number.n < least:
        there = count_words(number.n, number.of)
        return "open", f"n is too small: {there}, {least} are needed."
    if not (math.isfinite(number.low) and math.isfinite(number.high)):
        return "open", "No interval can be given."
    if number.low > above:
        return "holds", "The whole interval lies on the claimed side."
    if number.high < above:
        return "contradicted", "The whole interval lies on the other side."
    bound = "zero" if above == 0 else short(above)
    return "open", f"The interval includes {bound}."


def all_of(parts: Iterable[tuple[Verdict, str]]) -> tuple[Verdict, str]:
    """The verdict on a claim all of whose parts have to hold: one part alone can contradict it.

    No correction for several parts is due: the claim holds only where each of them does.
    """
    judged = list(parts)
    for verdict in ("contradicted", "not testable here", "open"):
        for found, why in judged:
            if found == verdict:
                return found, why
    return "holds", "The whole interval lies on the claimed side, for every part."
