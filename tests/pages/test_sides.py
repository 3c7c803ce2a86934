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


def two(open_page: Callable[..., AppTest], page: str, **query: str) -> AppTest:
    app = open_page(page, side_by_side="true", side_a=SIDES[0], side_b=SIDES[1], **query)
    assert not app.exception
    assert not app.error
    return app


def said(app: AppTest) -> str:
    """Everything that is told in Markdown, without its escapes."""
    return " ".join(one.value for one in (*app.markdown, *app.caption)).replace("\\", "")


def test_selection_and_metrics_lay_the_numbers_of_both_beside_each_other(
    filled_store: Config, open_page: Callable[..., AppTest]
) -> None:
    told = said(two(open_page, "selection"))
    assert f"{SIDES[1]} scores" in told or f"{SIDES[0]} and {SIDES[1]} have no" in told
    assert f"for {SIDES[0]} and" in said(two(open_page, "metrics"))


@pytest.mark.parametrize("page", ["runs", "data"])
def test_runs_and_data_pair_the_rows_of_both(
    page: str, filled_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = two(open_page, page)
    assert "of rows about the same thing" in said(app)
    pairs = next(one.value for one in app.dataframe if "differs in" in one.value)
    assert set(pairs["model"]) == set(SIDES)
    assert list(pairs["model"][:2]) == list(SIDES)


def test_choosing_a_layer_shows_both_models(
    filled_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = two(open_page, "selection", question="Choose a layer")
    told = said(app)
    assert "that both have at every layer" in told
    assert all(f"**{name}**" in told for name in SIDES)


def test_pruning_shows_plan_and_results_of_both(
    filled_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = two(open_page, "pruning")
    assert f"**{SIDES[0]}**" in said(app) and f"**{SIDES[1]}**" in said(app)
    assert "turn Side by side off" in said(app)


@pytest.mark.parametrize(("page", "query"), [("depth", {"view": "Strips"}), ("pruning", {})])
def test_the_link_to_the_view_is_never_lost(
    page: str, query: dict[str, str], filled_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = two(open_page, page, **query)
    assert "copy_view" in str(app.main)
