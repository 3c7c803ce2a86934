"""One list of pages: what is in it is a page, a scene and an address, and nothing else is."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lrd_core.actions.scenes import new_scene
from lrd_core.config import PROJECT_DIR, Config
from lrd_core.errors import InputError
from lrd_core.views import pages
from tests.pages.conftest import APP, TIMEOUT_S, through_the_frame  # noqa: F401


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: page.name)
def test_every_page_has_a_script_and_can_be_kept_as_a_scene(page: pages.Page) -> None:
    assert (PROJECT_DIR / page.script).is_file()
    assert new_scene("A view", "", page.name, {}).page == page.name


def test_every_script_is_in_the_list() -> None:
    scripts = {f"pages/{path.name}" for path in (PROJECT_DIR / "pages").glob("*.py")}
    assert scripts - {"pages/__init__.py"} == {page.script for page in pages.PAGES}


def test_no_page_is_listed_a_second_time_anywhere() -> None:
    names = {page.name for page in pages.PAGES}
    files = [PROJECT_DIR / "app.py", *(PROJECT_DIR / "lrd_core").rglob("*.py")]
    files += (PROJECT_DIR / "pages").rglob("*.py")
    for path in files:
        text = path.read_text(encoding="utf-8")
        if path.name != "pages.py":
            assert not all(f'"{name}"' in text for name in names), path


class _Extra(pages.Page):
    folder = Path()

    @property
    def script(self) -> str:
        return str(self.folder / "extra.py")


def test_a_page_is_added_in_one_place(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="on the page 'extra'"):
        new_scene("A view", "", "extra", {})
    (tmp_path / "extra.py").write_text("import streamlit as st\nst.markdown('the new page')\n")
    monkeypatch.setattr(_Extra, "folder", tmp_path)
    monkeypatch.setattr("lrd_core.actions.bundled.load_demo", lambda config: False)
    monkeypatch.setattr(pages, "PAGES", (*pages.PAGES, _Extra("extra", "Extra")))
    assert new_scene("A view", "", "extra", {}).address().startswith("extra?")
    app = AppTest.from_file(str(APP), default_timeout=TIMEOUT_S).run()
    app.switch_page(str(tmp_path / "extra.py")).run()
    assert not app.exception
    assert "the new page" in [text.value for text in app.markdown]
