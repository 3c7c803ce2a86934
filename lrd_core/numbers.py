"""Numbers as a reader sees them: one way of writing each kind, in sentences and in figures."""

import math
from typing import Literal

MINUS = "−"
"""The sign, as wide as a plus; a hyphen is neither."""

MISSING = "–"

Drawn = Literal["significant", "count", "whole", "tenths", "hundredths", "thousandths", "percent"]
"""Kinds of numbers that Plotly writes itself, in the page, while the pointer moves."""

_DRAWN: dict[Drawn, str] = {
    "significant": ",.3r",
    "count": ",.0f",
    "whole": ".0f",
    "tenths": ".1f",
    "hundredths": ".2f",
    "thousandths": ".3f",
    "percent": ".0%",
}


def significant(value: float | None, digits: int = 3) -> str:
    """A number with `digits` significant digits, or all those before the point; '–' if missing."""
    if value is None or not math.isfinite(value):
        return MISSING
    if value == 0:
        return "0"
    places = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return _written(value, f",.{places}f" if abs(value) >= 1e-4 else f".{digits - 1}e")


def in_sentence(value: float) -> str:
    """A number as a sentence carries it: two decimals below ten, none above a hundred."""
    if abs(value) < 0.1 and value != 0:
        return _written(value, ".2g")
    if abs(value) < 10:
        return decimals(value)
    return decimals(value, 1) if abs(value) < 100 else whole(value)


def decimals(value: float, places: int = 2) -> str:
    """A number with so many decimals: 1,234.50, −0.10."""
    return _written(value, f",.{places}f")


def whole(value: float) -> str:
    """A count, or what is rounded to one: 12, 1,000."""
    return _written(value, ",.0f")


def counted(number: int, noun: str) -> str:
    """1 model, 2 models, 1,204 metric profiles."""
    return f"{whole(number)} {noun}" + ("" if number == 1 else "s")


def short(value: float) -> str:
    """A layer, or a place between two: 3, 3.5."""
    return _written(value, "g")


def percent(share: float, places: int = 0) -> str:
    """A share from 0 to 1: 62%."""
    return _written(share, f".{places}%")


def points(value: float) -> str:
    """A score or a difference of scores in points of 100, to a tenth: 71.3, −0.4."""
    return decimals(value, 1)


def signed_points(value: float, places: int = 1) -> str:
    """A change in points of 100, with its sign: +1.2, −0.4."""
    return _written(value, f"+.{places}f")


def correlation(value: float) -> str:
    """A correlation, or one end of its interval, to a hundredth: 0.62, −0.10."""
    return decimals(value)


def megabytes(num_bytes: float, places: int = 1) -> str:
    """12.3 MB, of 2^20 bytes."""
    return f"{decimals(num_bytes / 2**20, places)} MB"


def typed(value: float) -> str:
    """A number as a program reads it, in a command or a name: 0.15, -1."""
    return f"{value:g}"


def drawn(place: str, kind: Drawn) -> str:
    """What Plotly puts into a text for the value at a place: drawn("y", "percent")."""
    return f"%{{{place}:{_DRAWN[kind]}}}"


def tick_format(kind: Drawn) -> str:
    """How Plotly writes the numbers of an axis or of the cells of a table."""
    return _DRAWN[kind]


def _written(value: float, how: str) -> str:
    return f"{value:{how}}".replace("-", MINUS) if math.isfinite(value) else MISSING
