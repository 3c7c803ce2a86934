"""A visitor's SQL over the store, in a process of its own that can read it and nothing else.

Four walls, each enough for most attempts: one SELECT statement only; the file is opened read-only;
DuckDB may not touch other files, extensions or the network and its settings are locked; the
process has a memory limit and is killed at the time limit.
"""

import io
import json
import subprocess
import sys
import time
from dataclasses import dataclass

import pandas as pd

from lrd_core.config import Config
from lrd_core.errors import InputError, StoreBusyError, StoreError

ROW_LIMIT = 10_000
TIME_LIMIT_S = 10.0
MEMORY_LIMIT_MB = 512
STARTING_S = 5.0
"""Given to the process for starting, on top of the time limit of the query itself."""


@dataclass(frozen=True)
class SqlResult:
    """The rows of a query. `truncated`: there were more than the row limit."""

    table: pd.DataFrame
    truncated: bool
    seconds: float


def run_sql(
    config: Config,
    query: str,
    *,
    row_limit: int = ROW_LIMIT,
    time_limit_s: float = TIME_LIMIT_S,
) -> SqlResult:
    """Run one SELECT statement on the store.

    Raises: InputError when the statement is refused, wrong, too slow or too large, in words that
    can be shown; StoreBusyError when a writer held the store for the whole time.
    """
    if not query.strip():
        raise InputError("there is no query; type one SELECT statement")
    asked = {
        "database": str(config.database),
        "query": query,
        "row_limit": row_limit,
        "time_limit_s": time_limit_s,
        "memory_limit_mb": MEMORY_LIMIT_MB,
    }
    started = time.monotonic()
    try:
        finished = subprocess.run(
            [sys.executable, "-m", "lrd_core.store.sql_process"],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=time_limit_s + STARTING_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(_too_slow(time_limit_s)) from error
    header, _, body = finished.stdout.partition(b"\n")
    try:
        answer = json.loads(header)
    except ValueError as error:  # the process died: at its memory limit, or on being interrupted
        if time.monotonic() - started > time_limit_s:
            raise InputError(_too_slow(time_limit_s)) from error
        raise InputError(
            f"the query needed more than {MEMORY_LIMIT_MB} MB and was stopped; "
            "ask for fewer rows or columns"
        ) from error
    _raise_refusal(answer, time_limit_s)
    table = pd.read_parquet(io.BytesIO(body))
    return SqlResult(table, bool(answer["truncated"]), float(answer["seconds"]))


def _raise_refusal(answer: dict[str, str], time_limit_s: float) -> None:
    kind, message = answer.get("refused"), answer.get("message", "")
    if kind == "slow":
        raise InputError(_too_slow(time_limit_s))
    if kind == "busy":
        raise StoreBusyError("another process writes to the store; run the query again")
    if kind == "store":
        raise StoreError(message)
    if kind is not None:
        raise InputError(message)


def _too_slow(time_limit_s: float) -> str:
    return (
        f"the query took longer than {time_limit_s:g} s and was stopped; "
        "add a WHERE or a LIMIT clause"
    )
