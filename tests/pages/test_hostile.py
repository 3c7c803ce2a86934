"""Every word of every page that Streamlit reads as Markdown, in a store of hostile texts."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Node

from lrd_core.config import Config
from lrd_core.views import pages
from tests.example_store import HOSTILE
from tests.hostile_store import IMAGE, fill_hostile

NAMES = [page.name for page in pages.PAGES]
MADE = ("$y$", "$x$", "**bold**", "[link](", ":red[")
"""What these names turn into TeX, bold, a link or red text where they are not escaped."""
LITERAL = {"code", "html", "text", "text_area", "text_input", "plotly_chart", "arrow_data_frame"}
PLAIN_OPTIONS = {"selectbox", "multiselect", "select_slider"}
OPEN = {"data": {"rows": "Values", "row": "0"}}


def words(node: Node) -> Iterator[tuple[str, str]]:
    """(kind of element, text) of all that is read as Markdown, below this node."""
    proto = getattr(node, "proto", None)
    if proto is not None and node.type not in LITERAL:
        for part in (proto, *nested(proto)):
            for name in ("label", "body", "help", "text", "message", "caption", "content"):
                if isinstance(text := getattr(part, name, None), str):
                    yield node.type, text
            if node.type not in PLAIN_OPTIONS:
                for option in getattr(part, "options", ()):
                    yield node.type, getattr(option, "content", option)
    if isinstance(node, Block):
        for child in node.children.values():
            yield from words(child)


def nested(proto: Any) -> Iterator[Any]:
    """A container's own part: an expander, a popover, a tab."""
    for _, value in proto.ListFields():
        if hasattr(value, "ListFields"):
            yield value


@pytest.fixture
def hostile(config: Config) -> None:
    fill_hostile(config)


@pytest.mark.parametrize("name", NAMES)
def test_no_name_of_the_store_is_read_as_markdown(
    name: str, hostile: None, open_page: Callable[..., AppTest]
) -> None:
    asked = {"models": [IMAGE, HOSTILE, "SmolLM2-135M"], "tasks": [HOSTILE, "bbc-news"]}
    app = open_page(name, **asked, **OPEN.get(name, {}))
    assert not app.exception
    said = list(words(app._tree))
    assert "<img src=x" not in " ".join(html.proto.body for html in app.get("html"))
    loud = [(kind, text) for kind, text in said if any(made in text for made in MADE)]
    assert loud == []
