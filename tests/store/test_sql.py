"""The SQL box: it can read the store, and every way out of it is tried."""

import json
import re
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from lrd_core.config import Config
from lrd_core.errors import InputError, StoreBusyError
from lrd_core.store import sql, sql_process
from lrd_core.store.connection import connect
from lrd_core.store.gate import gate_of
from lrd_core.store.sql import run_sql
from lrd_core.store.sql_access import CATALOGUE_VIEWS


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """One store for all tests: nothing here may change it."""
    config = Config(tmp_path_factory.mktemp("store"))
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
    expected = r"Permission Error|Catalog Error|cannot be used here; ask the store's own tables"
    told = _inside(store, query.format(store=store.database))
    assert re.search(expected, str(told["message"]))
    with pytest.MonkeyPatch.context() as patch:  # the other walls stand without the first
        patch.setattr(sql_process, "refused_name", lambda *_: None)
        told = _inside(store, query.format(store=store.database))
    assert re.search("Permission Error|Catalog Error", str(told["message"]))


TELLING = [
    "SELECT * FROM duckdb_databases()",
    "SELECT * FROM duckdb_databases",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM system.main.pragma_database_list",
    "SELECT * FROM duckdb_settings()",
    "SELECT setting FROM pg_catalog.pg_settings",
    "SELECT * FROM duckdb_logs",
    "SELECT * FROM duckdb_external_file_cache()",
    "SELECT * FROM duckdb_extensions()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT current_setting('secret_directory')",
    "SELECT list_transform([1], lambda x: current_setting('allowed_paths'))",
    "SELECT 1 WHERE (SELECT path FROM duckdb_databases() LIMIT 1) LIKE '/%'",
    "WITH a AS (SELECT 1) SELECT * FROM a UNION ALL SELECT database_oid FROM duckdb_databases()",
    "FROM (SUMMARIZE duckdb_databases)",
    "SELECT * FROM query('FROM duckdb_' || 'settings()')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('FROM duckdb_settings()'))",
    "SELECT max(model) FILTER (WHERE current_setting('threads') > 1) FROM runs",
]


@pytest.mark.parametrize("query", TELLING)
def test_nothing_tells_where_the_store_lies(store: Config, query: str) -> None:
    expected = r"cannot be used here; ask the store's own tables"
    assert re.search(expected, str(_inside(store, query)["message"]))
    if query is TELLING[0]:
        with pytest.raises(InputError, match=expected):
            run_sql(store, query)


@pytest.mark.parametrize(
    "query",
    [
        "SHOW TABLES",
        "SHOW ALL TABLES",
        "DESCRIBE runs",
        "SUMMARIZE requests",
        "FROM requests",
        "TABLE requests",
        "VALUES (1), (2)",
        "UNPIVOT requests ON run_key",
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'runs'",
        "SELECT table_name FROM duckdb_tables()",
        "SELECT unnest(range(3))",
        "SELECT * FROM range(3) JOIN generate_series(1, 3) AS g(range) USING (range)",
        "WITH t AS (SELECT run_key FROM requests) SELECT count(*) FROM t, lrd.runs",
        *(f"SELECT columns(*)::VARCHAR FROM {view}" for view in sorted(CATALOGUE_VIEWS)),
    ],
)
def test_tables_and_what_describes_them_stay_in_reach(store: Config, query: str) -> None:
    told = _inside(store, query.replace("FROM columns", "FROM information_schema.columns"))
    if told["message"]:  # views that stand in the other schema
        told = _inside(store, query.replace("FROM ", "FROM information_schema."))
    assert told["message"] == ""
    assert str(store.data_dir) not in str(told["rows"])


def _asked(store: Config, query: str, time_limit_s: float = 5) -> dict[str, object]:
    return {
        "database": str(store.database),
        "query": query,
        "row_limit": 100,
        "time_limit_s": time_limit_s,
        "memory_limit_mb": sql.MEMORY_LIMIT_MB,
        "result_mb": 32,
    }


def _inside(store: Config, query: str) -> dict[str, object]:
    """What the process would answer, without its limits, which would stay with this one."""
    with closing(sql_process._open(_asked(store, query))) as connection:
        try:
            rows = sql_process._select(connection, _asked(store, query)).to_pylist()
        except sql_process.Refused as refused:
            return {"message": str(refused), "rows": []}
    return {"message": "", "rows": rows}


def _process(asked: dict[str, object]) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        [sys.executable, "-m", "lrd_core.store.sql_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(asked).encode())
    process.stdin.close()
    return process


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
@pytest.mark.parametrize(
    "query",
    [
        "SELECT length(repeat('x', 2000000000))",
        "SELECT len(range(200000000))",
        "SELECT repeat('x', 3000000) FROM range(1000)",
        "SELECT max(length(repeat('x', 100000000) || range)) FROM range(40)",
    ],
)
def test_memory_stays_below_what_the_message_says(store: Config, query: str) -> None:
    # A process starts as a copy of the one that made it, and its peak counts that copy: a small
    # one in between makes the peak the query's own.
    small = "import resource, subprocess, sys; subprocess.run(sys.argv[1:]); " + (
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", small, sys.executable, "-m", "lrd_core.store.sql_process"],
        input=json.dumps(_asked(store, query, time_limit_s=60)).encode(),
        capture_output=True,
        check=True,
    )
    assert "more memory than it may use" in json.loads(done.stdout.splitlines()[0])["message"]
    peak_mb = int(done.stderr.split()[-1]) / 1024
    assert peak_mb < sql.MEMORY_LIMIT_MB + 200  # what Python and DuckDB are at rest


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no such clock here")
def test_a_call_that_listens_to_nothing_ends_at_the_limit(store: Config) -> None:
    deaf = "SELECT levenshtein(repeat('a', 300000), repeat('b', 300000))"
    with pytest.raises(InputError, match="took longer than 1 s and was stopped"):
        run_sql(store, deaf, time_limit_s=1)
    process = _process(_asked(store, deaf, time_limit_s=1))
    assert process.wait(timeout=60) == -signal.SIGALRM  # by itself: nobody killed it
    process.stdout.close()  # type: ignore[union-attr]


def test_no_progress_bar_is_drawn_into_an_answer(store: Config) -> None:
    # DuckDB draws one after two seconds, in front of what this process answers.
    with closing(sql_process._open(_asked(store, ""))) as connection:
        bar = connection.execute("SELECT current_setting('enable_progress_bar')").fetchone()
    assert bar == (False,)


def test_an_error_after_the_first_rows_is_told_as_it_is(store: Config) -> None:
    late = "SELECT CASE WHEN range = 9000 THEN 'x' ELSE '1' END::INT AS v FROM range(10000)"
    with pytest.raises(InputError, match="Could not convert string 'x' to INT32"):
        run_sql(store, late)


def test_a_query_that_never_ends_is_stopped(store: Config) -> None:
    with pytest.raises(InputError, match="took longer than 1 s and was stopped"):
        run_sql(store, "SELECT count(*) FROM range(1000000000000)", time_limit_s=1)


def test_a_query_cannot_exhaust_memory(store: Config) -> None:
    with pytest.raises(InputError, match=r"memory|512 MB|longer than 5 s"):
        run_sql(store, "SELECT list(range) FROM range(1000000000)", time_limit_s=5)


def test_a_large_result_never_reaches_the_app(store: Config) -> None:
    with pytest.raises(InputError, match="the result has more than 32 MB; ask for fewer rows"):
        run_sql(store, "SELECT repeat('x', 1000000) FROM range(100)")
    assert len(run_sql(store, "SELECT repeat('x', 1000) FROM range(10000)").table) == 10_000


def test_a_query_waits_at_the_gate_as_every_reader_does(store: Config) -> None:
    with gate_of(store.data_dir) as writer:
        writer.wait(for_readers=True)
        with pytest.raises(StoreBusyError, match="another process writes to the store"):
            run_sql(store, "SELECT 1", time_limit_s=0.5)
        writer.open()
        assert run_sql(store, "SELECT 1").table.shape == (1, 1)


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
