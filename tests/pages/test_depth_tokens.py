"""The token view on the Depth page: the button first, then the map; a typed text as well."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from lrd_core.config import Config
from lrd_core.store import connect
from lrd_core.store.token_maps import text_key, token_map_writes
from lrd_core.store.writes import apply
from tests.example_store import run_record
from tests.token_store import token_map

QUERY = {"tokens": "true", "models": ["all-MiniLM-L6-v2"], "tasks": ["bbc-news"]}
KEY = run_record("all-MiniLM-L6-v2").run_key


def captions(app: AppTest) -> str:
    return "\n".join(one.value.replace("\\", "") for one in app.caption)


def test_the_button_then_the_map_with_its_sentence(
    filled_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("depth", **QUERY)
    assert not app.exception
    assert "start_token_job" in [button.key for button in app.button]
    command = "python -m lrd_core tokens --model all-MiniLM-L6-v2 --task bbc-news"
    assert any(code.value.startswith(command) for code in app.code)
    before = len(app.get("plotly_chart"))
    with connect(filled_store) as connection:
        apply(connection, token_map_writes(token_map(KEY)))
    app.run()
    assert not app.exception
    assert "start_token_job" not in [button.key for button in app.button]
    assert len(app.get("plotly_chart")) == before + 1
    assert "the first token, “<s>”, holds 98.3% of the squared norms" in captions(app)


def test_a_typed_text_is_offered_to_be_read_and_drawn_where_it_was(
    filled_store: Config, open_page: Callable[..., AppTest]
) -> None:
    typed = token_map(KEY, text_key=text_key("mine"), text_index=None, begins="mine")
    with connect(filled_store) as connection:
        apply(connection, token_map_writes(typed))
    asked = QUERY | {"token_text": "Type your own"}
    app = open_page("depth", **asked)
    assert "Type a text above" in captions(app)
    app = open_page("depth", **asked, token_own="another one")
    assert "start_token_job" in [button.key for button in app.button]
    assert any("--text 'another one'" in code.value for code in app.code)
    app = open_page("depth", **asked, token_own="mine", token_colour="Share of the entropy")
    assert not app.exception
    assert "has the largest share of the entropy, 100.0% at layer 4 of 6" in captions(app)
