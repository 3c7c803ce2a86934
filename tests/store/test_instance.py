"""Files of stores are attached to one DuckDB of the process, and let go as if each had its own."""

import subprocess
import sys

import duckdb
import pytest

from lrd_core.config import Config
from lrd_core.store import connect
from lrd_core.store.instance import Instance

ENTER = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute('CREATE TABLE x (i INTEGER)')"


def others_may_write(path) -> bool:
    done = subprocess.run(
        [sys.executable, "-c", ENTER, str(path)], capture_output=True, check=False
    )
    return done.returncode == 0


def test_a_file_is_locked_from_the_first_connection_to_the_last(tmp_path):
    instance, path = Instance(), tmp_path / "one's.duckdb"
    duckdb.connect(str(path)).close()
    first, second = instance.open(path, True), instance.open(path, True)
    instance.close(first, path)
    assert instance.holds(path)
    assert not others_may_write(path)
    instance.close(second, path)
    assert not instance.holds(path)
    assert others_may_write(path)


def test_connections_see_their_own_file_alone(tmp_path):
    instance = Instance()
    paths = [tmp_path / "a.duckdb", tmp_path / "b.duckdb"]
    opened = [instance.open(path, False) for path in paths]
    for number, connection in enumerate(opened):
        connection.execute(f"CREATE TABLE held AS SELECT {number} AS which")
    assert [c.execute("SELECT which FROM held").fetchall() for c in opened] == [[(0,)], [(1,)]]
    for connection, path in zip(opened, paths, strict=True):
        instance.close(connection, path)
    for number, path in enumerate(paths):
        with duckdb.connect(str(path), read_only=True) as alone:
            assert alone.execute("SELECT which FROM held").fetchall() == [(number,)]


def test_what_is_not_committed_is_gone_and_what_is_stays(tmp_path):
    instance, path = Instance(), tmp_path / "one.duckdb"
    connection = instance.open(path, False)
    connection.execute("CREATE TABLE held AS SELECT 1 AS i")
    connection.begin()
    connection.execute("INSERT INTO held VALUES (2)")
    instance.close(connection, path)
    again = instance.open(path, True)
    assert again.execute("SELECT i FROM held").fetchall() == [(1,)]
    with pytest.raises(duckdb.Error, match="read-only"):
        again.execute("INSERT INTO held VALUES (3)")
    with pytest.raises(duckdb.Error, match="different configuration"):
        instance.open(path, False)
    instance.close(again, path)


def test_an_instance_that_answers_no_more_is_replaced(tmp_path, monkeypatch):
    instance, path = Instance(), tmp_path / "one.duckdb"
    instance.close(instance.open(path, False), path)

    class Dead:
        def execute(self, query):
            raise duckdb.FatalException("the database has been invalidated")

    monkeypatch.setattr(instance, "_host", Dead())
    connection = instance.open(path, False)
    assert connection.execute("SELECT 1").fetchall() == [(1,)]
    instance.close(connection, path)


BARS = """
from lrd_core.config import load_config
from lrd_core.store import connect, snapshot
drawn = "SELECT current_setting('enable_progress_bar')"
with connect(load_config()) as connection:
    print(connection.execute(drawn).fetchall())
with snapshot.snapshot(load_config()) as connection:
    print(connection.execute(drawn).fetchall())
"""


def test_no_bar_is_drawn_into_what_a_program_prints(config):
    # DuckDB turns one on for a program that is no file, and draws it after two seconds.
    done = subprocess.run([sys.executable, "-c", BARS], capture_output=True, text=True, check=True)
    assert done.stdout == "[(False,)]\n[(False,)]\n", done.stderr


def test_two_stores_are_open_at_once(config, tmp_path):
    with connect(config) as one, connect(Config(tmp_path / "other")) as two:
        names = [c.execute("SELECT current_database()").fetchall() for c in (one, two)]
    assert names[0] != names[1]
