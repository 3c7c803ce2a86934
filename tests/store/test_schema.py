"""The schema: blank, oldest, twice, failing, newer."""

import hashlib

import duckdb
import pytest

from lrd_core.errors import StoreError
from lrd_core.store import connect, connection, migrations, queue_file
from lrd_core.store.migrations import MIGRATIONS, migrate, schema_version
from lrd_core.store.tables import all_tables

SECOND_STEP = "ALTER TABLE runs ADD COLUMN colour VARCHAR; CREATE TABLE extra (i INTEGER)"


@pytest.fixture
def fresh_process(monkeypatch):
    """Forget which files were seen with the current schema, as a new process would."""
    monkeypatch.setattr(connection, "_current", {})


def tables(config) -> set[str]:
    with duckdb.connect(str(config.database), read_only=True) as opened:
        rows = opened.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    return {name for (name,) in rows}


STEPS_TAKEN = (
    *("ea227b871b90ecd8", "6e3cb9c02ccaa622", "ec4e7e9da7012ff3", "3d48e5c289477e6e"),
    *("af772ec2f9525e09", "99ebdcb0d05bdc32", "83fc9fc60f103866"),
)
QUEUE_STEPS_TAKEN = ("ba80c2b1ba92a694",)
"""Digests of steps that stores out there have taken; a change of one would pass them by."""


@pytest.mark.parametrize(
    ("steps", "taken"), [(MIGRATIONS, STEPS_TAKEN), (queue_file.MIGRATIONS, QUEUE_STEPS_TAKEN)]
)
def test_steps_that_were_taken_are_never_edited(steps, taken):
    digests = [hashlib.sha256(step.encode()).hexdigest()[:16] for step in steps]
    assert tuple(digests[: len(taken)]) == taken


@pytest.mark.parametrize("read_only", [True, False])
def test_blank_folder_gets_every_table(config, read_only):
    with connect(config, read_only=read_only) as opened:
        assert schema_version(opened) == len(MIGRATIONS)
    assert tables(config) == {*(table.name for table in all_tables()), "schema_version"}


def test_migrating_twice_changes_nothing(config):
    with connect(config) as opened:
        migrate(opened)
        migrate(opened)
        rows = opened.execute("SELECT version FROM schema_version").fetchall()
    assert rows == [(number + 1,) for number in range(len(MIGRATIONS))]


@pytest.mark.parametrize("read_only", [True, False])
def test_oldest_schema_is_brought_up_with_its_rows(config, monkeypatch, fresh_process, read_only):
    monkeypatch.setattr(migrations, "MIGRATIONS", MIGRATIONS[:1])
    with connect(config) as opened:
        opened.execute("INSERT INTO requests VALUES ('asked', 'run')")
    later = (*MIGRATIONS, SECOND_STEP)
    monkeypatch.setattr(migrations, "MIGRATIONS", later)
    monkeypatch.setattr(connection, "_current", {})
    with connect(config, read_only=read_only) as opened:
        assert schema_version(opened) == len(later)
        assert opened.execute("SELECT run_key FROM requests").fetchall() == [("run",)]
        assert opened.execute("SELECT colour FROM runs").fetchall() == []


def test_neighbours_with_ties_by_rounding_are_dropped(config, monkeypatch, fresh_process):
    monkeypatch.setattr(migrations, "MIGRATIONS", MIGRATIONS[:3])
    with connect(config) as opened:
        opened.execute("INSERT INTO neighbours VALUES ('run', 0, 1, [1, 0], [0.5, 0.5])")
        opened.execute("INSERT INTO requests VALUES ('asked', 'run')")
    monkeypatch.setattr(migrations, "MIGRATIONS", MIGRATIONS)
    monkeypatch.setattr(connection, "_current", {})
    with connect(config) as opened:
        assert opened.execute("SELECT count(*) FROM neighbours").fetchall() == [(0,)]
        assert opened.execute("SELECT count(*) FROM requests").fetchall() == [(1,)]


def test_failed_migration_leaves_the_file_as_it_was(config, monkeypatch, fresh_process):
    with connect(config) as opened:
        opened.execute("INSERT INTO requests VALUES ('asked', 'run')")
    broken = (*MIGRATIONS, SECOND_STEP, "CREATE TABLE half (i INTEGER); SELECT * FROM nowhere")
    monkeypatch.setattr(migrations, "MIGRATIONS", broken)
    with pytest.raises(duckdb.CatalogException, match="nowhere"), connect(config):
        pass
    monkeypatch.setattr(migrations, "MIGRATIONS", MIGRATIONS)
    assert tables(config) == {*(table.name for table in all_tables()), "schema_version"}
    with connect(config) as opened:
        assert schema_version(opened) == len(MIGRATIONS)
        assert opened.execute("SELECT count(*) FROM requests").fetchall() == [(1,)]


def test_store_of_a_newer_version_is_refused(config):
    with connect(config) as opened:
        opened.execute("INSERT INTO schema_version VALUES (99)")
    with (
        pytest.raises(StoreError, match="the store has schema 99, this version knows"),
        connect(config),
    ):
        pass


def test_frame_can_be_registered_right_after_opening(config):
    import pandas as pd

    with connect(config):
        pass
    with connect(config) as opened:
        opened.register("frame", pd.DataFrame({"i": [1, 2]}))
        assert opened.execute("SELECT sum(i) FROM frame").fetchall() == [(3,)]
