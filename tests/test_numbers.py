"""How numbers are written: each kind one way, with a true minus."""

import pytest

from lrd_core.numbers import (
    correlation,
    in_sentence,
    megabytes,
    percent,
    points,
    signed_points,
    significant,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (float("nan"), "–"), (0.0, "0"), (0.41234, "0.412"), (1234.5, "1,234")],
)
def test_significant_digits(value: float | None, text: str) -> None:
    assert significant(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0123, "0.012"), (0.0, "0.00"), (9.876, "9.88"), (98.76, "98.8")]
)
def test_numbers_inside_a_sentence(value: float, text: str) -> None:
    assert in_sentence(value) == text


def test_kinds_of_numbers() -> None:
    assert percent(0.621) == "62%"
    assert percent(0.0123, 1) == "1.2%"
    assert points(-0.44) == "−0.4"
    assert signed_points(1.2) == "+1.2"
    assert signed_points(-0.44) == "−0.4"
    assert correlation(-0.1) == "−0.10"
    assert megabytes(3 * 2**20) == "3.0 MB"
