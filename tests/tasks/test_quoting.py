"""Marks that are quotes and marks that are text: no line is swallowed, no mark lost."""

import pytest

from lrd_core.errors import TaskError
from lrd_core.tasks.quoting import split_rows


def cells(text: str, delimiter: str = "\t") -> list[list[str]]:
    return [row.cells for row in split_rows(text, delimiter, "t")]


def test_a_mark_that_never_closes_swallows_no_line() -> None:
    text = 'a\tb\tscore\n"We will, he said.\tx\t3.4\nfine\ty\t1\n"This is good.\tz\t2\n'
    assert cells(text)[1:] == [
        ['"We will, he said.', "x", "3.4"],
        ["fine", "y", "1"],
        ['"This is good.', "z", "2"],
    ]


def test_a_mark_that_a_later_cell_closes_by_chance_swallows_no_line() -> None:
    text = 'a\tb\n"We will\tx\nfine\ty\nso he said"\tz\n'
    assert cells(text)[1:] == [['"We will', "x"], ["fine", "y"], ['so he said"', "z"]]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('a\tb\n"two\nlines"\tx\n', ["two\nlines", "x"]),
        ('a\tb\n"a\ttab"\tx\n', ["a\ttab", "x"]),
        ('a\tb\n"say ""hi"""\tx\n', ['say "hi"', "x"]),
        ('text\n"two\nlines"\n', ["two\nlines"]),
        ('a\tb\n"one"\tx\n"two"\ty\n', ["one", "x"]),
    ],
)
def test_tabs_with_quotes_as_spreadsheets_write_them(text: str, row: list[str]) -> None:
    assert cells(text)[1] == row


def test_one_text_between_marks_among_others_keeps_them() -> None:
    assert cells('a\tb\n"Hello"\tx\nfoo\ty\n')[1] == ['"Hello"', "x"]


@pytest.mark.parametrize(
    "text", ['a,b\nx,1\n"We will, he said,2\ny,3\n', 'a,b\nx,1\n"We" will,2\n', 'a,b\nx,1\n"We']
)
def test_csv_names_the_line_of_a_mark_that_does_not_close(text: str) -> None:
    with pytest.raises(TaskError, match="t, line 3: a quotation mark opens a cell there and does"):
        cells(text, ",")


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    rows = list(split_rows('a,b\r\n"two\r\nlines",x\r\n\r\nlast,y\r\n', ",", "t"))
    assert [row.line for row in rows] == [1, 2, 5]
