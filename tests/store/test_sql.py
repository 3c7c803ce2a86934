"""The SQL box: it can read the store, and every way out of it is tried."""

from pathlib import Path

import pytest

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.store import sql
from lrd_core.store.connection import connect
from lrd_core.store.sql import run_sql


@pytest.fixture
def store(config: Config) -> Config:
    with connect(config) as connection:
        connection.execute("INSERT INTO requests VALUES ('a', 'b'), ('c', 'd')")
    return config


def test_rows_come_back_with_their_types(store: Config) -> None:
    result = run_sql(store, "SELECT request_key, 1.5 AS number FROM requests ORDER BY 1")
    assert result.table.to_dict("list") == {"request_key": ["a", "c"], "number": [1.5, 1.5]}
    assert not result.truncated


def test_rows_beyond_the_limit_are_cut_and_said_to_be(store: Config) -> None:
    result = run_sql(store, "SELECT * FROM range(100)", row_limit=10)
    assert len(result.table) == 10
    assert result.truncated


@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO requests VALUES ('x', 'y')",
        "DROP TABLE requests",
        "COPY requests TO '{folder}/out.csv'",
        "ATTACH '{folder}/other.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET memory_limit = '64GB'",
        "SET enable_external_access = true",
        "SELECT 1; DROP TABLE requests",
        "EXPORT DATABASE '{folder}'",
        "PRAGMA database_list",
    ],
)
def test_anything_but_one_select_is_refused(store: Config, query: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="only one SELECT statement"):
        run_sql(store, query.format(folder=tmp_path))
    assert not list(tmp_path.glob("out*"))
    assert run_sql(store, "SELECT count(*) AS n FROM requests").table.n[0] == 2


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
        "SELECT getenv('HOME')",
        "SELECT content FROM read_blob('{store}')",
        "SELECT * FROM query('SELECT * FROM read_' || 'blob(''{store}'')')",
        "SELECT * FROM read_csv('{store}')",
    ],
)
def test_files_network_and_environment_are_out_of_reach(store: Config, query: str) -> None:
    with pytest.raises(InputError, match=r"Permission Error|Catalog Error"):
        run_sql(store, query.format(store=store.database))


def test_a_query_that_never_ends_is_stopped(store: Config) -> None:
    with pytest.raises(InputError, match="took longer than 1 s and was stopped"):
        run_sql(store, "SELECT count(*) FROM range(1000000000000)", time_limit_s=1)


def test_a_query_cannot_exhaust_memory(store: Config) -> None:
    with pytest.raises(InputError, match=r"memory|512 MB|longer than 5 s"):
        run_sql(store, "SELECT list(range) FROM range(1000000000)", time_limit_s=5)


def test_a_large_result_never_reaches_the_app(store: Config) -> None:
    with pytest.raises(InputError, match="the result has more than 32 MB; ask for fewer rows"):
        run_sql(store, "SELECT repeat('x', 10000000) FROM range(100)")
    assert len(run_sql(store, "SELECT repeat('x', 1000) FROM range(10000)").table) == 10_000


def test_queries_run_one_at_a_time(store: Config) -> None:
    with sql._one_at_a_time, pytest.raises(InputError, match="other queries are still running"):
        run_sql(store, "SELECT 1", time_limit_s=-sql.STARTING_S + 0.1)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT max(created_at) - min(created_at) FROM runs",
        "SELECT INTERVAL 3 DAY",
        "SELECT union_value(a := 1)",
        "SELECT DATE '290000-01-01'",
        "SELECT 'infinity'::DATE",
        "SELECT list({'a': 1::TINYINT}) FROM range(1000000)",
    ],
)
def test_what_cannot_be_shown_says_so(store: Config, query: str) -> None:
    with pytest.raises(InputError, match="cannot be shown; cast it to VARCHAR"):
        run_sql(store, query)


def test_a_pivot_names_its_columns(store: Config) -> None:
    pivot = "PIVOT requests ON run_key {} USING count(*) GROUP BY request_key"
    with pytest.raises(InputError, match=r"name the columns of a PIVOT: ON task IN \('one'"):
        run_sql(store, pivot.format(""))
    table = run_sql(store, pivot.format("IN ('b', 'd')")).table
    assert set(table.columns) == {"request_key", "b", "d"}


def test_a_wrong_query_says_what_is_wrong(store: Config) -> None:
    with pytest.raises(InputError, match="nothing_here"):
        run_sql(store, "SELECT * FROM nothing_here")
    with pytest.raises(InputError, match="type one SELECT statement"):
        run_sql(store, "  ")
