"""Side by side: the switch, A and B on every page, the line of what differs, and back again."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from lrd_core.config import Config
from lrd_core.views import pages

SIDES = ("all-MiniLM-L6-v2", "SmolLM2-135M")


def html_of(app: AppTest) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


@pytest.mark.parametrize("page", [page.name for page in pages.PAGES])
def test_every_page_says_what_the_two_differ_in(
    page: str, filled_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page(page)
    app.sidebar.toggle(key="side_by_side").set_value(True).run()
    app.sidebar.selectbox(key="side_a").set_value(SIDES[0]).run()
    app.sidebar.selectbox(key="side_b").set_value(SIDES[1]).run()
    assert not app.exception
    assert not app.error
    assert "all-MiniLM-L6-v2 and SmolLM2-135M differ in family encoder embedder" in html_of(app)


def test_depth_shows_both_and_the_switch_brings_back_what_was_chosen(
    filled_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("depth")
    before = list(app.sidebar.multiselect(key="models").value)
    app.sidebar.toggle(key="side_by_side").set_value(True).run()
    assert not app.exception
    assert app.sidebar.selectbox(key="side_a").value == before[0]
    assert "differ in" in html_of(app)
    app.sidebar.toggle(key="side_by_side").set_value(False).run()
    assert not app.exception
    assert app.sidebar.multiselect(key="models").value == before
    assert "differ in" not in html_of(app)
