"""The Overview page with an empty store and with a filled one."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from lrd_core.config import Config
from tests.example_store import HOSTILE


def html_of(app: AppTest) -> str:
    """Everything that st.html wrote."""
    return " ".join(element.proto.body for element in app.get("html"))


def test_an_empty_store_says_what_to_do(
    empty_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("overview")
    assert not app.exception
    assert not app.error
    assert "Start with one model" in app.header[0].value
    assert "python -m lrd_core run" in app.code[0].value
    assert not app.sidebar.multiselect  # no list without a name in it
    assert "once there are results" in app.sidebar.caption[0].value


def test_a_filled_store_is_summed_up(
    filled_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("overview")
    assert not app.exception
    assert not app.error
    assert app.title[0].value == "Overview"
    assert any("3 models on 2 tasks" in text.value for text in app.caption)
    assert "falls to 0.41 at layer 12 of 30" in html_of(app)
    assert [header.value for header in app.header] == [
        "What of the papers holds here",
        "What it shows too",
        "Where to look next",
        "What is here",
    ]


def test_names_reach_html_escaped(filled_store: Config, open_page: Callable[..., AppTest]) -> None:
    app = open_page("overview")
    assert HOSTILE in app.sidebar.multiselect(key="models").value
    assert "<script>" not in html_of(app)
    assert "&lt;script&gt;" in html_of(app)
    for text in app.markdown:
        assert "**bold**" not in text.value, text.value


def test_a_ready_made_view_opens_the_depth_page(
    filled_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("overview")
    button = next(b for b in app.button if b.label.startswith("**Where do layers look"))
    button.click().run()
    assert not app.exception
    assert app.title[0].value == "Depth"
    assert app.multiselect(key="metrics").value == ["prompt_entropy", "dataset_entropy"]
