"""Numbers as a reader sees them: one way of writing each kind, in sentences and in figures."""

import math

MINUS = "−"
"""The sign, as wide as a plus; a hyphen is neither."""

MISSING = "–"


def significant(value: float | None, digits: int = 3) -> str:
    """A number with `digits` significant digits, or all those before the point; '–' if missing."""
    if value is None or not math.isfinite(value):
        return MISSING
    if value == 0:
        return "0"
    places = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return f"{value:,.{places}f}" if abs(value) >= 1e-4 else f"{value:.{digits - 1}e}"


def in_sentence(value: float) -> str:
    """A number as a sentence carries it: two decimals below ten, none above a hundred."""
    if abs(value) < 0.1 and value != 0:
        return f"{value:.2g}"
    if abs(value) < 10:
        return f"{value:,.2f}"
    return f"{value:,.1f}" if abs(value) < 100 else f"{value:,.0f}"


def percent(share: float, places: int = 0) -> str:
    """A share from 0 to 1: 62%."""
    return f"{100 * share:.{places}f}%"


def points(value: float) -> str:
    """A score or a difference of scores in points of 100, to a tenth: 71.3, −0.4."""
    return f"{value:.1f}".replace("-", MINUS)


def signed_points(value: float) -> str:
    """A change in points of 100, with its sign: +1.2, −0.4."""
    return f"{value:+.1f}".replace("-", MINUS)


def correlation(value: float) -> str:
    """A correlation, or one end of its interval, to a hundredth: 0.62, −0.10."""
    return f"{value:.2f}".replace("-", MINUS)


def megabytes(num_bytes: float) -> str:
    """12.3 MB, of 2^20 bytes."""
    return f"{num_bytes / 2**20:,.1f} MB"
