"""Stores of tests: filled once, a copy for everyone, each its own."""

from pathlib import Path

from lrd_core.config import Config
from lrd_core.store import connect
from lrd_core.views import stored
from tests.conftest import LONG_FILES, TESTS
from tests.example_store import fill
from tests.filled_once import filled_once


def test_a_store_is_filled_once_and_each_copy_is_its_own(tmp_path: Path) -> None:
    made = []

    @filled_once
    def counted(config: Config) -> int:
        made.append(config)
        fill(config)
        return len(made)

    one, two = Config(tmp_path / "one"), Config(tmp_path / "two")
    assert counted(one) == counted(two) == len(made) == 1
    assert stored.runs(one).equals(stored.runs(two)) and not stored.runs(one).empty
    with connect(one) as connection:
        connection.execute("DELETE FROM runs")
    assert stored.runs(one).empty and not stored.runs(two).empty


def test_a_folder_in_use_is_filled_as_such(tmp_path: Path) -> None:
    used = Config(tmp_path)
    (tmp_path / "mine.txt").write_text("kept")
    filled_once(fill)(used)
    assert (tmp_path / "mine.txt").exists() and not stored.runs(used).empty


def test_files_that_are_begun_first_are_there() -> None:
    assert [name for name in LONG_FILES if not (TESTS / name).is_file()] == []
