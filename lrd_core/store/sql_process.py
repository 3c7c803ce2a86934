"""The inside of `run_sql`: reads a request from standard input, answers, and ends.

The answer is one line of JSON and then, if the query was accepted, a Parquet file.
"""

import io
import json
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from lrd_core.store.connection import PAUSE_S
from lrd_core.store.gate import gate_of
from lrd_core.store.sql_access import refused_name

SETTINGS = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "temp_directory": "",
    "threads": "2",
}
LOCKS = (
    "enable_progress_bar = false",
    "secret_directory = ''",
    "disabled_filesystems = 'LocalFileSystem'",
    "lock_configuration = true",
)
"""Set once the store is open. The bar would be drawn into the answer; with the local file system,
DuckDB lets a query read its own file as bytes."""

MB = 2**20
OWN_SHARE = 0.75
"""Part of the memory that DuckDB counts itself; functions of single values take the rest uncounted.
"""

GRACE_S = 0.5
"""From the polite end of a query to the one that nothing inside a function call can put off."""

BATCH_ROWS = 256
TOO_LARGE = "the query needs more memory than it may use; ask for fewer rows or columns"
UNSHOWABLE = "a column has a type or value that cannot be shown; cast it to VARCHAR"


class Refused(Exception):
    """Why a query gave nothing; `kind` tells the caller what to raise."""

    def __init__(self, kind: str, message: str = "") -> None:
        super().__init__(message)
        self.kind = kind


def answer(asked: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Header and Parquet bytes for a request."""
    started = time.monotonic()
    connection = _open(asked)
    _limit_memory(asked["memory_limit_mb"])
    _end_for_certain(asked["time_limit_s"] + GRACE_S)
    stop = threading.Timer(asked["time_limit_s"], connection.interrupt)
    stop.start()
    try:
        rows = _select(connection, asked)
        table = rows.slice(0, asked["row_limit"])
        header = {
            "truncated": rows.num_rows > asked["row_limit"],
            "seconds": time.monotonic() - started,
        }
        return header, _parquet(table)
    finally:
        stop.cancel()


def _open(asked: dict[str, Any]) -> Any:
    settings = SETTINGS | {"memory_limit": f"{OWN_SHARE * asked['memory_limit_mb']:.0f}MB"}
    deadline = time.monotonic() + asked["time_limit_s"]
    with gate_of(Path(asked["database"]).parent) as gate:
        while not (gate.passes() and (connection := _try(asked["database"], settings))):
            if time.monotonic() > deadline:
                raise Refused("busy")
            time.sleep(PAUSE_S)
    for lock in LOCKS:
        connection.execute(f"SET {lock}")
    return connection


def _try(database: str, settings: dict[str, str]) -> Any:
    """A connection for reading; None while a writer is inside."""
    try:
        return duckdb.connect(database, read_only=True, config=settings)
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            return None
        reason = str(error).splitlines()[0].replace(database, "the store")
        raise Refused("store", reason) from error


def _select(connection: Any, asked: dict[str, Any]) -> Any:
    try:
        statements = connection.extract_statements(asked["query"])
        if [s.type for s in statements] == [duckdb.StatementType.MULTI]:  # a PIVOT that looks first
            raise Refused("query", "name the columns of a PIVOT: ON task IN ('one', 'another')")
        if [s.type for s in statements] != [duckdb.StatementType.SELECT]:
            raise Refused("query", "only one SELECT statement can be run here")
        name = refused_name(connection, asked["query"])
        if name is not None:
            raise Refused("query", f"{name} cannot be used here; ask the store's own tables")
        limited = connection.sql(statements[0]).limit(asked["row_limit"] + 1)
        return _fetch(limited, asked["result_mb"])
    except duckdb.InterruptException as error:
        raise Refused("slow") from error
    except RecursionError as error:
        raise Refused("query", "the query nests too deeply; write it in fewer levels") from error
    except (duckdb.OutOfMemoryException, MemoryError, pa.ArrowMemoryError) as error:
        raise Refused("query", TOO_LARGE) from error
    except duckdb.Error as error:
        raise Refused("query", str(error).strip()) from error


def _fetch(relation: Any, most_mb: int) -> pa.Table:
    """The rows batch by batch, so that a result that is too large is never whole in memory."""
    try:
        reader = relation.to_arrow_reader(BATCH_ROWS)
        if any(_is_deep(column.type) for column in reader.schema):
            raise Refused("query", UNSHOWABLE)
        batches: list[pa.RecordBatch] = []
        for batch in reader:
            batches.append(batch)
            if sum(batch.nbytes for batch in batches) > most_mb * MB:
                raise Refused(
                    "query", f"the result has more than {most_mb} MB; ask for fewer rows or columns"
                )
        return pa.Table.from_batches(batches, reader.schema)
    except pa.ArrowException as error:
        raise Refused("query", UNSHOWABLE) from error
    except OSError as error:  # what DuckDB met after the first rows, as Arrow passes it on
        said = str(error).strip()
        if "interrupt" in said.lower():
            raise Refused("slow") from error
        raise Refused("query", TOO_LARGE if "out of memory" in said.lower() else said) from error


def _is_deep(kind: pa.DataType) -> bool:
    """Whether every value would become a Python object of its own, many times its size here."""
    if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        kind = kind.value_type
    return bool(pa.types.is_nested(kind))


def _parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    try:
        pq.write_table(table, buffer)
    except pa.ArrowException as error:
        raise Refused("query", UNSHOWABLE) from error
    return buffer.getvalue()


def _limit_memory(megabytes: int) -> None:
    """Let this process take so much more than it has now, counted by the system."""
    with suppress(ImportError, ValueError, OSError):  # no such limits on other systems
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        status = Path("/proc/self/status").read_text(encoding="ascii")
        held = next(line for line in status.splitlines() if line.startswith("VmData:"))
        most = int(held.split()[1]) * 1024 + megabytes * MB
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _end_for_certain(seconds: float) -> None:
    """End this process after so long: one call of a function listens to no interruption."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, max(seconds, GRACE_S))


def main() -> None:
    asked = json.loads(sys.stdin.buffer.read())
    try:
        header, body = answer(asked)
    except Refused as refused:
        header, body = {"refused": refused.kind, "message": str(refused)}, b""
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + body)
    sys.stdout.buffer.flush()
    os._exit(0)  # DuckDB's threads may still be unwinding an interrupted query


if __name__ == "__main__":
    main()
