"""How numbers are written: each kind one way, with a true minus, and nowhere else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrd_core.config import PROJECT_DIR
from lrd_core.numbers import (
    correlation,
    decimals,
    drawn,
    in_sentence,
    megabytes,
    percent,
    points,
    short,
    signed_points,
    significant,
    tick_format,
    typed,
    whole,
)

FOR_READERS = ("lrd_core/views", "lrd_core/plots", "lrd_core/cli", "pages")
ALIGNED = re.compile(r"[<>^]?\d+")
"""Spaces around a word."""
PYTHON_FORMAT = re.compile(r"\{[^{}]*:[+,]?(\.\d+)?[fgde%,]\}")
PLOTLY_FORMAT = re.compile(r"%\{[^{}:]+:[^{}]+\}")
D3_FORMAT = re.compile(r"[+,]?\.\d+[~]?[fgders%]")
OLD_FORMAT = re.compile(r"%[+,]?(\.\d+)?[fged]\b")


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
    assert megabytes(3.4 * 2**20, 0) == "3 MB"
    assert decimals(-1234.567) == "−1,234.57"
    assert whole(1000.0) == "1,000"
    assert (short(3.0), short(3.5)) == ("3", "3.5")
    assert significant(-0.41234) == "−0.412"
    assert significant(-1.5e-6) == "−1.50e−06"
    assert in_sentence(-0.0123) == "−0.012"


def test_what_a_program_reads_has_its_hyphen() -> None:
    assert (typed(0.15), typed(-1.0)) == ("0.15", "-1")


def test_what_is_missing_is_a_dash_in_every_kind() -> None:
    nothing = float("nan")
    for write in (significant, in_sentence, decimals, whole, short, percent, points):
        assert write(nothing) == "–"
    for write in (signed_points, correlation):
        assert write(nothing) == "–"


def test_plotly_is_told_how_to_write_what_it_writes_itself() -> None:
    assert drawn("customdata[2]", "hundredths") == "%{customdata[2]:.2f}"
    assert tick_format("percent") == ".0%"


def written_by_itself(source: str) -> Iterator[str]:
    """What a file formats without `numbers`: format specs, in f-strings, of Plotly, or in texts."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            how = ast.unparse(node.format_spec)[2:-1]
            if not ALIGNED.fullmatch(how):
                yield f"{ast.unparse(node.value)}:{how}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
            found = any(p.search(text) for p in (PYTHON_FORMAT, PLOTLY_FORMAT, OLD_FORMAT))
            if found or D3_FORMAT.fullmatch(text):
                yield text
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "format":
            yield ast.unparse(node)


@pytest.mark.parametrize("folder", FOR_READERS)
def test_no_view_figure_page_or_command_formats_a_number_itself(folder: str) -> None:
    files: list[Path] = sorted((PROJECT_DIR / folder).rglob("*.py"))
    assert len(files) > 10
    found = {
        str(file.relative_to(PROJECT_DIR)): list(written_by_itself(file.read_text("utf-8")))
        for file in files
    }
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_every_way_of_formatting_is_noticed() -> None:
    for line in (
        'f"{value:.1f} points"',
        'f"{value:+.1f}"',
        'f"{count:,}"',
        '"{:.0%}".format(value)',
        'hovertemplate = "%{y:.3g}"',
        'hovertemplate = f"{name} %{{y:.3g}}"',
        'tickformat = ".0%"',
        '"%.2f" % value',
        'format(value, ".2f")',
    ):
        assert list(written_by_itself(line)), line
    assert list(written_by_itself('f"{name:<18} {value}"')) == []
