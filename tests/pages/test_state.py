"""Ids in the URL, and text from outside as Markdown."""

import pytest
import streamlit as st

from pages._shared import picked_ids, widgets


@pytest.fixture
def query(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    parameters: dict[str, str] = {}
    monkeypatch.setattr(st, "query_params", parameters)
    return parameters


def test_ids_travel_as_ranges(query: dict[str, str]) -> None:
    picked_ids.keep("points", [9, 1, 2, 3, 3])
    assert query == {"points": "1-3,9"}
    assert picked_ids.selected("points") == [1, 2, 3, 9]
    picked_ids.keep("points", [])
    assert query == {}


@pytest.mark.parametrize("text", ["", "x", "1-x", "-5", "1--2", "<script>"])
def test_broken_ids_are_ignored(text: str, query: dict[str, str]) -> None:
    query["points"] = text
    assert picked_ids.selected("points") == []


@pytest.mark.parametrize(
    "text",
    [
        "0-99999999999",
        ",".join(f"{start}00000-{start}99999" for start in range(3000)),
        ",".join(["0-99998"] * 5000),
        "9" * 5000,
    ],
)
def test_no_address_asks_for_more_ids_than_there_can_be(text: str, query: dict[str, str]) -> None:
    query["points"] = text
    ids = picked_ids.selected("points")
    assert len(ids) <= picked_ids.MOST_IDS and len(set(ids)) == len(ids)


def test_ids_named_twice_are_picked_once(query: dict[str, str]) -> None:
    query["points"] = "3-5,4,9,9-9,5-3"
    assert picked_ids.selected("points") == [3, 4, 5, 9]


def test_plain_text_has_no_markup_left() -> None:
    assert widgets.plain("a*b") == "a\\*b"
    assert widgets.plain("<b> $x$ :red[y]") == "\\<b\\> \\$x\\$ \\:red\\[y\\]"
    assert widgets.plain("two\nlines") == "two lines"
