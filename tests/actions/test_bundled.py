"""Bundled results find their way into the stores they belong in, and into no other."""

from dataclasses import replace
from pathlib import Path

import pytest

from lrd_core.actions.bundled import load_demo
from lrd_core.config import Config
from lrd_core.store import connect
from lrd_core.store.bundle import export_bundle
from lrd_core.store.runs import save_run
from lrd_core.views import stored as results
from tests.example_store import fill, run_record


@pytest.fixture
def bundled(config: Config, tmp_path: Path) -> Config:
    """A configuration without a store, and a bundle to fill it from."""
    source = Config(data_dir=tmp_path / "source")
    fill(source)
    with connect(source, read_only=True) as connection:
        export_bundle(connection, tmp_path / "demo")
    return replace(config, demo_dir=tmp_path / "demo")


def sources(config: Config) -> set[str]:
    return set(results.runs(config)["source"])


def test_an_empty_store_is_filled_once(bundled: Config) -> None:
    assert load_demo(bundled)
    assert sources(bundled) == {"demo"}
    assert not load_demo(bundled)


def test_a_store_of_own_results_is_left_alone(bundled: Config) -> None:
    with connect(bundled) as connection:
        save_run(connection, run_record("mine"))
    assert not load_demo(bundled)
    assert list(results.runs(bundled)["model"]) == ["mine"]


def test_other_bundled_results_join_those_of_before_and_own_ones_stay(bundled: Config) -> None:
    load_demo(bundled)
    with connect(bundled) as connection:
        save_run(connection, run_record("mine"))
        connection.execute("DELETE FROM metric_values")
    with connect(bundled, read_only=True) as connection:
        export_bundle(connection, bundled.data_dir / "smaller")
    (bundled.data_dir / "bundled.txt").write_text("an older bundle")
    assert load_demo(bundled)
    assert sources(bundled) == {"demo", "own"}
    assert not results.profiles(bundled).empty


def test_a_store_that_was_deleted_is_filled_again(bundled: Config) -> None:
    load_demo(bundled)
    bundled.database.unlink()
    assert load_demo(bundled)


def test_without_bundled_files_nothing_happens(config: Config, tmp_path: Path) -> None:
    assert not load_demo(replace(config, demo_dir=tmp_path / "none"))
