"""What stands around a page is drawn however early the page ends."""

import re
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from lrd_core.actions.bundled import load_demo
from lrd_core.config import PROJECT_DIR, Config
from lrd_core.views import pages


@pytest.mark.parametrize("name", [page.name for page in pages.PAGES])
def test_the_link_is_there_where_nothing_else_is(
    name: str, empty_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page(name)
    assert not app.exception
    components = [str(one.proto) for one in app.get("bidi_component")]
    assert any("copy_view" in told for told in components)


IDLE = "For the other pages: this one looks at the whole store."


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.name)
def test_a_side_bar_that_does_nothing_here_says_so(
    page: pages.Page, filled_store: Config, open_page: Callable[..., AppTest]
) -> None:
    def said(**query: str) -> bool:
        app = open_page(page.name, **query)
        assert not app.exception
        return IDLE in [one.value for one in app.sidebar.caption]

    assert said() == (not page.selects)
    if not page.selects:
        assert not said(side_by_side="true")


def test_no_page_cuts_the_frame_off() -> None:
    scripts = [PROJECT_DIR / "app.py", *(PROJECT_DIR / "pages").rglob("*.py")]
    stopped = [
        path.name for path in scripts if "st.stop()" in map(str.strip, path.read_text().split("\n"))
    ]
    assert stopped == []


def test_chosen_models_differ_in_the_side_bar_as_their_lines_do(
    empty_store: Config, open_page: Callable[..., AppTest]
) -> None:
    """Of many models some share a colour, until two of these are drawn together."""
    load_demo(empty_store)
    models = ["dinov2-small", "whisper-tiny.en", "all-MiniLM-L6-v2"]
    app = open_page("depth", models=models, tasks=["digits"])
    assert not app.exception
    told = " ".join(one.proto.body for one in app.get("html"))
    colours = dict.fromkeys(re.findall(r'border-color:(#\w+)">([\w.-]+)<', told))
    assert sorted(model for _, model in colours) == sorted(models)
    assert len({colour for colour, _ in colours}) == len(models)
