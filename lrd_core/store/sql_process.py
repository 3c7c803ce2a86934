"""The inside of `run_sql`: reads a request from standard input, answers, and ends.

The answer is one line of JSON and then, if the query was accepted, a Parquet file.
"""

import io
import json
import os
import sys
import threading
import time
from contextlib import suppress
from typing import Any

import duckdb

SETTINGS = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "temp_directory": "",
    "threads": "2",
    "lock_configuration": "true",
}
MB = 2**20
PYTHON_MB = 3500
"""Address space that Python, DuckDB and Arrow reserve without using it."""


class Refused(Exception):
    """Why a query gave nothing; `kind` tells the caller what to raise."""

    def __init__(self, kind: str, message: str = "") -> None:
        super().__init__(message)
        self.kind = kind


def answer(asked: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Header and Parquet bytes for a request."""
    started = time.monotonic()
    connection = _open(asked)
    stop = threading.Timer(asked["time_limit_s"], connection.interrupt)
    stop.start()
    try:
        rows = _select(connection, asked["query"], asked["row_limit"] + 1)
        table = rows.slice(0, asked["row_limit"])
        header = {
            "truncated": rows.num_rows > asked["row_limit"],
            "seconds": time.monotonic() - started,
        }
        return header, _parquet(table)
    finally:
        stop.cancel()


def _open(asked: dict[str, Any]) -> Any:
    settings = SETTINGS | {"memory_limit": f"{asked['memory_limit_mb']}MB"}
    deadline = time.monotonic() + asked["time_limit_s"]
    while True:
        try:
            return duckdb.connect(asked["database"], read_only=True, config=settings)
        except duckdb.IOException as error:
            if "lock" not in str(error).lower():
                raise Refused("store", str(error).splitlines()[0]) from error
            if time.monotonic() > deadline:
                raise Refused("busy") from error
        time.sleep(0.05)


def _select(connection: Any, query: str, most: int) -> Any:
    try:
        statements = connection.extract_statements(query)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise Refused("query", "only one SELECT statement can be run here")
        return connection.sql(statements[0]).limit(most).to_arrow_table()
    except duckdb.InterruptException as error:
        raise Refused("slow") from error
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        raise Refused(
            "query", "the query needs more memory than it may use; ask for fewer rows or columns"
        ) from error
    except duckdb.Error as error:
        raise Refused("query", str(error).strip()) from error


def _parquet(table: Any) -> bytes:
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def _limit_memory(megabytes: int) -> None:
    with suppress(ImportError, ValueError, OSError):  # no such limit on Windows
        import resource

        most = megabytes * MB
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def main() -> None:
    asked = json.loads(sys.stdin.buffer.read())
    _limit_memory(PYTHON_MB + 2 * asked["memory_limit_mb"])
    try:
        header, body = answer(asked)
    except Refused as refused:
        header, body = {"refused": refused.kind, "message": str(refused)}, b""
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + body)
    sys.stdout.buffer.flush()
    os._exit(0)  # DuckDB's threads may still be unwinding an interrupted query


if __name__ == "__main__":
    main()
