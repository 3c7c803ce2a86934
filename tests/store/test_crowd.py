"""Everybody at one store: runs, readers, an export (`bench_crowd` gives them two minutes)."""

import pytest

from lrd_core.config import Config
from tests.example_store import fill
from tests.store.crowd import READERS, WRITERS, afternoon


@pytest.mark.slow
def test_every_run_completes_beside_eight_readers_and_an_export(config: Config) -> None:
    fill(config)
    found = afternoon(config, seconds=2.0)
    assert (found.failed, found.lost, found.done["unsaved"]) == ([], [], 0)
    assert found.done["run"] >= WRITERS
    assert found.done["read"] >= READERS
    assert found.done["export"] >= 1
    assert len(set(found.runs)) == len(found.runs) == found.done["run"]
