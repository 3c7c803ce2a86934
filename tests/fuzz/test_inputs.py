"""Whatever comes through a door, the answer is a value or an error of the project.

Inputs are seeded, so that a failure repeats: `python -m tests.fuzz.count --door DOOR --from SEED
--inputs 1`. The same command tries ten thousand of them.
"""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.tasks.quoting import split_rows
from tests.fuzz import count, doors
from tests.fuzz.commands import commands

ROUNDS = {"commands": 40, "archives": 25, "names": 40}
"""Inputs of a door where that is not ninety: those that take longer get fewer here."""

ONCE_FAILED: dict[str, tuple[int, ...]] = {
    "own texts": (24, 49, 126),
    "commands": (18, 1391),
    "vectors": (10, 140, 366),
    "names": (134, 164),
    "kept files": (5, 687),
}
"""Seeds that ended in something else when ten thousand were first tried."""


@pytest.mark.slow
@pytest.mark.parametrize("door", list(doors.DOORS))
def test_every_input_gets_an_answer(door: str, config: Config, tmp_path: Path) -> None:
    seeds = [*range(ROUNDS.get(door, 90)), *ONCE_FAILED.get(door, ())]
    faults = {seed: count.one_input(door, seed, tmp_path) for seed in seeds}
    assert {seed: fault for seed, fault in faults.items() if fault[0]} == {}


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (InputError("what, which value, what to do"), ""),
        (InputError("half of a character: \ud800"), "message of InputError"),
        (KeyError("version"), "KeyError at "),
        (AssertionError("said nothing"), "AssertionError at "),
        (MemoryError(), "MemoryError at "),
    ],
)
def test_what_is_no_answer_is_counted(
    raised: BaseException,
    kind: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    config: Config,
) -> None:
    def door(*_: object) -> None:
        raise raised

    monkeypatch.setattr(count, "DOORS", {"door": door})
    assert count.one_input("door", 0, tmp_path)[0].startswith(kind)
    assert bool(count.one_input("door", 0, tmp_path)[0]) == bool(kind)


def test_every_command_is_tried_or_said_not_to_be() -> None:
    tried = set(commands())
    assert {"run", "scores", "show", "import", "bring", "ask", "jobs log", "select layer"} <= tried
    assert len(tried) >= 20


CELLS = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12
) | st.sampled_from(['"', '""', '"a', 'a"', '"a"', "a,b", "a\tb", "01", "é", "\u2028", "=1"])
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=6)
)


@settings(derandomize=True, max_examples=150)
@given(rows=TABLES, delimiter=st.sampled_from(",\t"))
def test_quoted_tables_come_back_cell_by_cell(rows: list[list[str]], delimiter: str) -> None:
    rows = [["first", *cells[1:]] if not any(cells) else cells for cells in rows]
    text = io.StringIO(newline="")
    names = [f"n{place}" for place in range(len(rows[0]))]
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([names, *rows])
    assert [row.cells for row in split_rows(text.getvalue(), delimiter, "t")] == [names, *rows]


@settings(derandomize=True, max_examples=150)
@given(rows=TABLES)
def test_no_line_of_an_unquoted_table_is_lost(rows: list[list[str]]) -> None:
    """Tab-separated research files: every mark of a text is part of it."""
    rows = [[" ".join(cell.split()) or "x" for cell in cells] for cells in rows]
    rows = [[*cells, "1.5"] for cells in rows]
    names = [f"n{place}" for place in range(len(rows[0]))]
    text = "".join("\t".join(cells) + "\n" for cells in [names, *rows])
    found = [row.cells for row in split_rows(text, "\t", "t")]
    assert len(found) == len(rows) + 1
    # Marks around a whole cell alone may have been quotes.
    assert [[bare(c) for c in cells] for cells in found[1:]] == [[bare(c) for c in r] for r in rows]


def bare(cell: str) -> str:
    return cell.replace('"', "")
