"""The Neighbourhoods page: empty, without maps, filled, and every control of a link."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from lrd_core.config import Config
from lrd_core.extraction.embeddings import embeddings_path
from lrd_core.runs.placing import Placed, write_placed
from lrd_core.views import stored
from tests import map_store

OTHER = f"{map_store.SECOND} on bbc-news"


@pytest.fixture
def maps_store(config: Config, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setattr("lrd_core.actions.bundled.load_demo", lambda config: False)
    map_store.fill(config)
    return config


def words(app: AppTest) -> str:
    bodies = [element.proto.body for element in app.get("html")]
    return " ".join(bodies + [element.value for element in [*app.markdown, *app.caption]])


def test_an_empty_store_explains_the_first_step(
    empty_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("neighbourhoods")
    assert not app.exception
    assert "No texts to map yet" in app.header[0].value
    assert "python -m lrd_core run" in app.code[0].value


def test_a_run_without_maps_offers_to_draw_them_and_starts_nothing(
    config: Config, monkeypatch: pytest.MonkeyPatch, open_page: Callable[..., AppTest]
) -> None:
    monkeypatch.setattr("lrd_core.actions.bundled.load_demo", lambda config: False)
    map_store.fill(config, maps=False)
    app = open_page("neighbourhoods")
    assert not app.exception
    assert "Draw the maps" in [button.label for button in app.button]
    assert not config.jobs_database.exists() or "waiting" not in words(app)


def test_the_first_view_shows_a_map_its_trust_and_a_lifeline(
    maps_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("neighbourhoods", map=f"{map_store.FIRST} on bbc-news")
    assert not app.exception
    assert not app.error
    assert "layer 0 of 4: the map keeps" in words(app)
    assert len(app.get("plotly_chart")) == 3
    assert "Neighbours at layer 0 (cosine, original space)" in words(app)


def test_a_typed_text_is_offered_to_be_read_and_then_shown(
    maps_store: Config, open_page: Callable[..., AppTest]
) -> None:
    asked = {"map": f"{map_store.FIRST} on bbc-news", "typed": "true", "typed_text": "my text"}
    app = open_page("neighbourhoods", **asked)
    assert not app.exception and not app.error
    assert app.button(key="start_place").label == "Read this text"
    runs = stored.runs(maps_store)
    key = str(runs.loc[runs["model"] == map_store.FIRST, "run_key"].iloc[0])
    near = Placed(tuple(tuple(range(12)) for _ in range(5)), tuple((0.5,) * 12 for _ in range(5)))
    write_placed(maps_store, key, "my text", near)
    app = open_page("neighbourhoods", **asked)
    assert not app.exception and not app.error
    assert "the nearest text is 0" in words(app)
    assert "Nearest texts at layer 0" in words(app)


@pytest.mark.parametrize(
    "view",
    [
        {"layer": "2", "text": "14", "colour": "prompt entropy", "edges": "true"},
        {"metric": "euclidean", "k": "5"},
        {"points": "0-20,40", "colour": "length (characters)"},
        {"text": "no such text", "points": "9999", "view": "1,2,nonsense"},
    ],
)
def test_a_link_opens_every_view(
    view: dict[str, str], maps_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("neighbourhoods", **view)
    assert not app.exception
    assert not app.error
    assert len(app.get("plotly_chart")) == (4 if view.get("points") == "0-20,40" else 3)


def test_a_link_selects_the_text_and_hostile_text_stays_text(
    maps_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("neighbourhoods", text="14")
    assert not app.exception
    assert "**Text 14**" in words(app)
    shown = next(element.value for element in app.markdown if "alert" in element.value)
    assert "\\<script\\>" in shown


def test_two_models_share_the_text_and_each_has_its_lifeline(
    maps_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page(
        "neighbourhoods", map=f"{map_store.FIRST} on bbc-news", twin=OTHER, layer="2", text="14"
    )
    assert not app.exception
    assert not app.error
    # One figure for both maps, two strips of trust, two lifelines.
    assert len(app.get("plotly_chart")) == 5
    assert words(app).count("**Text 14**") == 2
    # Layer 2 of 4 is the middle, as layer 1 of 2.
    assert "layer 1" in words(app)


def test_search_lists_what_it_finds(maps_store: Config, open_page: Callable[..., AppTest]) -> None:
    app = open_page("neighbourhoods", find="sport")
    assert not app.exception
    assert "20 of 60 texts contain “sport”" in words(app)
    assert len(app.dataframe[0].value) == 20


def own_columns(n: int) -> tuple[str, bytes, str]:
    """A visitor's table of n rows with one column of names."""
    rows = "".join(f"mark {row % 2}\n" for row in range(n))
    return "mine.csv", f"mine\n{rows}".encode(), "text/csv"


def test_an_uploaded_column_colours_only_the_maps_of_its_visitor(
    maps_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("neighbourhoods")
    app.file_uploader(key="own_columns").set_value(own_columns(map_store.N)).run()
    app.selectbox(key="colour").select("own:mine").run()
    assert not app.exception
    assert "mine (uploaded)" in app.selectbox(key="colour").options
    other = open_page("neighbourhoods")
    assert "mine (uploaded)" not in other.selectbox(key="colour").options
    app.file_uploader(key="own_columns").clear().run()
    assert not app.exception
    assert app.selectbox(key="colour").value == "label"


def test_without_embeddings_another_closeness_says_what_to_do(
    maps_store: Config, open_page: Callable[..., AppTest]
) -> None:
    first = map_store.run_of(map_store.FIRST, 4)
    embeddings_path(maps_store, first.run_key).unlink()
    app = open_page("neighbourhoods", map=f"{map_store.FIRST} on bbc-news", metric="euclidean")
    assert not app.exception
    assert "not on this machine" in app.error[0].value.replace("\\", "")
