"""Presenting: the bar says where one is, keeps views, and refuses on a read-only installation."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from lrd_core.actions import scenes
from lrd_core.config import Config, load_config

Open = Callable[..., AppTest]


def test_a_view_is_saved_as_the_last_scene(filled_store: Config, open_page: Open) -> None:
    app = open_page("depth", axis="Layer")
    app.toggle("present").set_value(True).run()
    assert not app.exception
    app.text_input("scene_title").set_value("My <b>view</b>").run()
    app.button("scene_save").click().run()
    assert not app.exception
    saved = scenes.load_scenes(filled_store)[-1]
    assert (saved.title, saved.page, saved.own) == ("My <b>view</b>", "depth", True)
    assert saved.query["axis"] == ("Layer",)
    assert {"models", "tasks", "metrics"} <= set(saved.query)


def test_a_read_only_app_saves_no_scene(
    filled_store: Config, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LRD_READ_ONLY", "1")
    load_config.cache_clear()
    app = open_page("depth")
    app.toggle("present").set_value(True).run()
    app.text_input("scene_title").set_value("My view").run()
    assert not app.exception
    assert "scene_save" not in {button.key for button in app.button}


def test_without_presenting_there_is_no_bar(filled_store: Config, open_page: Open) -> None:
    app = open_page("depth")
    assert not [box for box in app.text_input if box.key == "scene_title"]
