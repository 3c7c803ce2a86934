"""The Trajectories page: empty, filled, every control, one model, runs without a path."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from lrd_core.config import Config
from lrd_core.store import connect
from lrd_core.store.runs import save_run
from tests import map_store
from tests.example_store import run_record


@pytest.fixture
def maps_store(config: Config, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setattr("lrd_core.actions.bundled.load_demo", lambda config: False)
    map_store.fill(config)
    return config


def html(app: AppTest) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


def test_an_empty_store_explains_the_first_step(
    empty_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("trajectories")
    assert not app.exception
    assert not app.error
    assert "No path to draw yet" in app.header[0].value
    assert "python -m lrd_core run" in app.code[0].value


def test_two_models_are_compared_in_one_sentence(
    maps_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("trajectories")
    assert not app.exception
    assert not app.error
    assert "path is the straighter one" in html(app)
    assert "&lt;b&gt;other&lt;/b&gt;" in html(app)
    assert "stress 0.00 (faithful)" in html(app)
    assert len(app.get("plotly_chart")) == 5
    table = app.dataframe[0].value
    assert table["Rank"].tolist() == [16, 16]


@pytest.mark.parametrize(
    "view",
    [
        {"dims": "3-D"},
        {"layout": "Side by side"},
        {"unit": "Share of the largest"},
        {"variance": "90%"},
        {"depth": "35"},
    ],
)
def test_a_link_opens_every_view(
    view: dict[str, str], maps_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("trajectories", **view)
    assert not app.exception
    assert not app.error
    assert len(app.get("plotly_chart")) == 5


def test_one_model_alone_has_no_second_to_compare(
    maps_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("trajectories")
    app.multiselect(key="models").set_value([map_store.FIRST]).run()
    assert not app.exception
    assert "travels 4.0 radians" in html(app)
    assert any("Choose a second model" in caption.value for caption in app.caption)


def test_a_run_without_a_path_is_no_error(
    empty_store: Config, open_page: Callable[..., AppTest]
) -> None:
    with connect(empty_store) as connection:
        save_run(connection, run_record("bare"))
    app = open_page("trajectories")
    assert not app.exception
    assert not app.error
    assert "No path to draw yet" in app.header[0].value


def test_layers_of_two_models_can_be_compared_by_a_job(
    maps_store: Config, open_page: Callable[..., AppTest]
) -> None:
    with connect(maps_store) as connection:
        connection.execute("DELETE FROM matrices WHERE metric = 'cka'")
    app = open_page("trajectories")
    assert not app.exception
    assert "Compare layers" in [button.label for button in app.button]
