"""A table is declared once: what migrations make, bundles carry and checks ask is what it says."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from rows import run_record

from lrd_core.config import Config
from lrd_core.errors import InputError, UnknownNameError
from lrd_core.store import browse, connect, connection, migrations, queue_file, tables
from lrd_core.store.bundle import add_bundle, export_bundle, forget_source, imported_sources
from lrd_core.store.bundle_check import check_folder
from lrd_core.store.jobs import JOBS
from lrd_core.store.metric_values import METRIC_VALUES, read_profiles
from lrd_core.store.migrations import MIGRATIONS, migrate
from lrd_core.store.rates import RATES
from lrd_core.store.reading import doubles, read_newest, read_table
from lrd_core.store.runs import RUNS, save_run
from lrd_core.store.scores import imported_scores
from lrd_core.store.sources import IMPORTED
from lrd_core.store.subsamples import SUBSAMPLES
from lrd_core.store.table import CREATED_AT, Blocks, Column, Floats, Ints, Json, Key, Table, Written
from lrd_core.store.tables import all_tables, find_table
from lrd_core.store.units import UNITS
from lrd_core.store.workers import WORKERS
from lrd_core.store.writes import Write, apply

VERSIONS = range(len(MIGRATIONS) + 1)
EMPTIED = {"neighbours": range(3 + 1)}
"""Tables that a step emptied, with the versions before it."""


def made(opened: Any) -> dict[str, dict[str, tuple[str, bool]]]:
    """Type and whether it may be missing, of every column that the database has."""
    found: dict[str, dict[str, tuple[str, bool]]] = {}
    rows = opened.execute(
        "SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns() "
        "WHERE NOT internal AND table_name <> 'schema_version'"
    ).fetchall()
    for table, column, kind, optional in rows:
        found.setdefault(table, {})[column] = (kind, optional)
    return found


def declared(wanted: Sequence[Table]) -> dict[str, dict[str, tuple[str, bool]]]:
    return {t.name: {c.name: (c.type, c.optional) for c in t.columns.values()} for t in wanted}


def at_version(number: int) -> Any:
    """A store of an earlier version, with one row in every table."""
    opened = duckdb.connect()
    if number:
        opened.execute("CREATE TABLE schema_version (version INTEGER)")
    for place, step in enumerate(MIGRATIONS[:number], start=1):
        opened.execute(step)
        opened.execute("INSERT INTO schema_version VALUES (?)", [place])
    for table, columns in made(opened).items():
        values = [a_value(name, kind) for name, (kind, _) in columns.items()]
        marks = ", ".join("?" for _ in values)
        opened.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", values)
    return opened


def a_value(name: str, kind: str) -> Any:
    if kind == "VARCHAR":
        return {"source": "own", "run_key": "run"}.get(name, "{}")
    return {"TIMESTAMP": "2026-01-01", "BOOLEAN": True}.get(kind, [1] if kind.endswith("]") else 1)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_earlier_schema_becomes_what_is_declared(version):
    with at_version(version) as opened:
        before = set(made(opened))
        migrate(opened)
        assert made(opened) == declared(all_tables())
        for table in all_tables():
            rows = read_table(opened, table)
            emptied = version in EMPTIED.get(table.name, ())
            assert len(rows) == (table.name in before and not emptied), table.name
            assert set(rows.columns) == set(table.columns)


def test_columns_that_came_later_have_their_plain_value_in_rows_of_before():
    for table in all_tables():
        later = [column for column in table.columns.values() if column.plain is not None]
        if not later:
            continue
        # The oldest schema whose rows are still there.
        with at_version(max(EMPTIED.get(table.name, (0,))) + 1) as opened:
            migrate(opened)
            rows = read_table(opened, table)
        for column in later:
            assert [str(value) for value in rows[column.name]] == [column.plain], column.name


def test_the_queue_is_what_is_declared(config):
    kinds = {"VARCHAR": "TEXT", "INTEGER": "INTEGER", "DOUBLE": "REAL"}
    with queue_file.connect(config.jobs_database) as opened:
        found = opened.execute(
            'SELECT m.name, c.name, c.type, c."notnull", c.pk FROM sqlite_master m, '
            "pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        ).fetchall()
    queue = (JOBS, UNITS, WORKERS, RATES)
    assert {(table, column, kind) for table, column, kind, *_ in found} == {
        (table.name, column.name, kinds[column.type])
        for table in queue
        for column in table.columns.values()
    }
    for name, column, _, required, key in found:
        (table,) = [one for one in queue if one.name == name]
        assert bool(required or key) == (not table.columns[column].optional), (name, column)
        assert bool(key) == (column in table.key), (name, column)


def pairs() -> list[tuple[Table, str, str]]:
    return [(table, *pair) for table in all_tables() for pair in table.even]


@pytest.mark.parametrize(
    ("table", "first", "second"), pairs(), ids=lambda one: getattr(one, "name", one)
)
def test_every_pair_of_lists_that_is_declared_is_refused_where_it_is_uneven(
    tmp_path, table, first, second
):
    lists = {name: [[1, 2]] for name in (first, second)}
    path = tmp_path / f"{table.name}.parquet"
    for uneven in ({first: [[1]]}, {second: [[1]]}):
        pd.DataFrame(lists | uneven).to_parquet(path)
        with pytest.raises(InputError, match=f"{first} and {second} of a row have different len"):
            check_folder(tmp_path)
    pd.DataFrame(lists).to_parquet(path)
    check_folder(tmp_path)


def test_lists_that_lie_beside_each_other_are_declared_even():
    grouped = {(table.name, name) for table, *pair in pairs() for name in pair}
    alone = {
        (table.name, column.name)
        for table in all_tables()
        for column in table.columns.values()
        if column.is_list and (table.name, column.name) not in grouped
    }
    assert alone == {("matrices", "cells"), ("trials", "removed"), ("latencies", "removed")}


def test_neighbour_lists_are_whole(tmp_path):
    row = {"k": [2], "ids": [[1, 2, 3]], "similarity": [[0.1, 0.2, 0.3]]}
    pd.DataFrame(row).to_parquet(tmp_path / "neighbours.parquet")
    with pytest.raises(InputError, match="ids of a row are not whole lists of k"):
        check_folder(tmp_path)
    pd.DataFrame(row | {"k": [0]}).to_parquet(tmp_path / "neighbours.parquet")
    with pytest.raises(InputError, match="k '0' is not the length of a list"):
        check_folder(tmp_path)


@dataclass(frozen=True, kw_only=True)
class MoodRow:
    """How a run felt."""

    run_key: Key
    day: int
    settings: Json
    num_blocks: Blocks | None
    places: Ints
    moods: Floats
    source: str = "own"


MOODS = Table(
    "moods", MoodRow, key=("run_key", "day"), written=(CREATED_AT,), even=(("places", "moods"),)
)
STEP = """
    CREATE TABLE moods (
        run_key VARCHAR NOT NULL, day INTEGER NOT NULL, settings VARCHAR NOT NULL,
        num_blocks INTEGER, places INTEGER[] NOT NULL, moods FLOAT[] NOT NULL,
        source VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL
    );
"""


def mood(day: int, **other: Any) -> MoodRow:
    plain = {"run_key": "one", "settings": "{}", "num_blocks": 2}
    lists = {"places": np.arange(3), "moods": np.array([0.5, np.nan, 1.0])}
    return MoodRow(day=day, **plain | lists | other)


@pytest.fixture
def one_table_more(monkeypatch) -> None:
    """What it takes to add a table: its declaration, its place in the list, one migration."""
    monkeypatch.setattr(tables, "_TABLES", [*all_tables(), MOODS])
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, STEP))
    monkeypatch.setattr(connection, "_current", {})


def save_moods(opened: Any, *rows: MoodRow) -> int:
    return apply(opened, [Write(MOODS, MOODS.plain(rows))])[0]


@pytest.mark.usefixtures("one_table_more")
def test_a_table_more_is_in_the_schema_and_in_what_the_sql_page_lists(config):
    with connect(config) as opened:
        assert made(opened) == declared(all_tables())
        assert "moods" in declared(all_tables())
        save_moods(opened, mood(1))
        listed = browse.table_columns(opened)
        assert set(listed[listed["table"] == "moods"]["column"]) == set(MOODS.columns)
        sizes = browse.table_sizes(opened).set_index("table")["rows"]
        assert sizes["moods"] == 1


@pytest.mark.usefixtures("one_table_more")
def test_a_table_more_is_read_and_written_once(config):
    with connect(config) as opened:
        assert save_moods(opened, mood(1), mood(1), mood(2)) == 2
        assert save_moods(opened, mood(2)) == 0
        assert doubles(opened, MOODS) == 0
        row = read_table(opened, MOODS, day=1).iloc[0]
        np.testing.assert_array_equal(row.moods, [0.5, np.nan, 1.0])
        opened.execute("INSERT INTO moods FROM moods")
        assert doubles(opened, MOODS) == 2


@pytest.mark.usefixtures("one_table_more")
def test_a_table_more_goes_out_comes_in_and_is_taken_out_again(config, tmp_path):
    source = f"{IMPORTED} theirs"
    with connect(Config(tmp_path / "source")) as opened:
        save_run(opened, run_record("one"))
        save_moods(opened, mood(1), mood(2))
        assert export_bundle(opened, tmp_path / "bundle", ["one"])["moods"] == 2
        assert export_bundle(opened, tmp_path / "none", ["two"])["moods"] == 0
    check_folder(tmp_path / "bundle")
    with connect(config) as opened:
        assert add_bundle(opened, tmp_path / "bundle", source).added["moods"] == 2
        again = add_bundle(opened, tmp_path / "bundle", source)
        assert (again.added["moods"], again.present["moods"]) == (0, 2)
        assert imported_sources(opened) == [source]
        assert forget_source(opened, source) == 3
        assert read_table(opened, MOODS).empty
        save_run(opened, run_record("one"))
        assert add_bundle(opened, tmp_path / "bundle", source).closed["moods"] == 2


@pytest.mark.usefixtures("one_table_more")
@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("run_key", "../x", "run_key '../x' is not a key of letters and digits"),
        ("run_key", None, "run_key 'None' is not a key of letters and digits"),
        ("settings", "[]", r"settings '\[\]' is not a JSON object"),
        ("num_blocks", 10**6, "num_blocks '1000000' is not a number of blocks up to 2000"),
        ("moods", [0.5], "places and moods of a row have different lengths"),
    ],
)
def test_a_table_more_is_checked_before_it_comes_in(config, tmp_path, column, value, message):
    with connect(config) as opened:
        save_moods(opened, mood(1), mood(2, num_blocks=None))
        export_bundle(opened, tmp_path)
    check_folder(tmp_path)
    path = tmp_path / "moods.parquet"
    first, *others = pq.read_table(path).to_pylist()
    pq.write_table(pa.Table.from_pylist([first | {column: value}, *others]), path)
    with pytest.raises(InputError, match=message):
        check_folder(tmp_path)


@dataclass(frozen=True)
class Bad:
    """A row with a field that no column can hold."""

    key: dict


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"key": ("name",)}, "table moods has no column 'name'"),
        ({"key": ()}, "has no key"),
        ({"even": (("places", "values"),)}, "has no column 'values'"),
        ({"even": (("places", "day"),)}, "day is no list"),
        ({"area": ("moods", "day", "rows")}, "has no column 'rows'"),
        ({"multiple": ("day", "day")}, "day is no list"),
        ({"fuller": "details"}, "has no column 'details'"),
        ({"whole": ("metric",)}, "has no column 'metric'"),
        ({"same_apart_from": ("moment",)}, "has no column 'moment'"),
        ({"always": ("moment",)}, "has no column 'moment'"),
        ({"written": (Written(Column("day", "INTEGER"), lambda row, at: 1),)}, "a column twice"),
        ({"row": Bad}, "key: no column can hold <class 'dict'>"),
    ],
)
def test_a_name_that_is_no_column_stops_the_import_of_its_module(about, message):
    with pytest.raises(ValueError, match=message):
        Table(**{"name": "moods", "row": MoodRow, "key": ("run_key", "day")} | about)


def test_reads_and_writes_of_columns_that_there_are_not_are_refused(config):
    with pytest.raises(ValueError, match="table runs has no column 'colour'"):
        Write(RUNS, [{"colour": "blue"}])
    with connect(config) as opened:
        for read in (
            lambda: read_table(opened, RUNS, colour="blue"),
            lambda: read_newest(opened, METRIC_VALUES, colour="blue"),
            lambda: read_profiles(opened, colour="blue"),
            lambda: imported_scores(opened, ["colour"]),
        ):
            with pytest.raises(ValueError, match="has no column 'colour'"):
                read()


def test_an_unknown_table_names_the_known_ones():
    with pytest.raises(UnknownNameError, match="no table is called 'subsample'; did you mean sub"):
        find_table("subsample")
    assert find_table("subsamples") is SUBSAMPLES
