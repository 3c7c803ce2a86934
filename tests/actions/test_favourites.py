"""Favourites: kept, replaced, read from a broken file, refused where nothing may be written."""

from dataclasses import replace

import pytest

from lrd_core.actions.favourites import favourites, keep_favourites
from lrd_core.config import Config
from lrd_core.errors import JobError


def test_names_are_kept_by_kind_and_replaced(config: Config) -> None:
    assert favourites(config, "models") == ()
    keep_favourites(config, "models", ["b", "a", "b"])
    keep_favourites(config, "tasks", ["news"])
    assert favourites(config, "models") == ("b", "a")
    keep_favourites(config, "models", [])
    assert favourites(config, "models") == ()
    assert favourites(config, "tasks") == ("news",)


@pytest.mark.parametrize("content", ["", "[1]", '{"models": 3}', '{"models": [1, null]}'])
def test_a_broken_file_holds_none(config: Config, content: str) -> None:
    config.data_dir.mkdir(parents=True, exist_ok=True)
    (config.data_dir / "favourites.json").write_text(content)
    assert favourites(config, "models") == ()


def test_a_read_only_installation_keeps_none(config: Config) -> None:
    with pytest.raises(JobError, match="keep favourites"):
        keep_favourites(replace(config, read_only=True), "models", ["a"])
