"""The app under test without a browser: an empty store, and one with known rows."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from lrd_core.config import Config
from lrd_core.views.pages import PAGES
from tests.example_store import fill

APP = Path(__file__).resolve().parents[2] / "app.py"
TIMEOUT_S = 60


def start(page: str) -> AppTest:
    """The app, about to run at a page as the browser does on a deep link; `run` draws it.

    AppTest would draw the first page before, which costs as much as what is tested.
    """
    app = AppTest.from_file(str(APP), default_timeout=TIMEOUT_S)
    # Of what st.navigation calls the page; the default one has no path.
    app._page_hash = calc_hash("" if page == PAGES[0].name else page)
    return app


@pytest.fixture(autouse=True)
def no_remembered_results() -> Iterator[None]:
    """Each test reads its own store."""
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(autouse=True)
def through_the_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run pages through app.py, as the server does; AppTest takes the folder pages/ otherwise."""
    original = PagesManager.__init__

    def with_navigation(self: PagesManager, *arguments: Any, **named: Any) -> None:
        PagesManager.uses_pages_directory = False
        original(self, *arguments, **named)

    monkeypatch.setattr(PagesManager, "__init__", with_navigation)


@pytest.fixture
def empty_store(config: Config, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A data folder without results, where the bundled ones are not loaded either."""
    monkeypatch.setattr("lrd_core.actions.bundled.load_demo", lambda config: False)
    return config


@pytest.fixture(scope="session")
def example_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example store, filled once for all tests."""
    example = Config(data_dir=tmp_path_factory.mktemp("example"))
    fill(example)
    return example.database


@pytest.fixture
def filled_store(config: Config, example_database: Path) -> Config:
    """Three models (one with a hostile name) on two tasks, with conditions and layer scores."""
    config.data_dir.mkdir(parents=True)
    shutil.copy(example_database, config.database)
    return config


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    """Open a page of the app: `open_page("depth", axis="Layer", metrics=[...])`.

    The keywords are the query parameters, as a deep link has them.
    """

    def open_it(name: str, **query: str | list[str]) -> AppTest:
        app = start(name)
        for key, value in query.items():
            app.query_params[key] = value
        return app.run()

    return open_it
