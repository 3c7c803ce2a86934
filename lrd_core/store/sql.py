"""A visitor's SQL over the store, in a process of its own that can read it and nothing else.

Five walls, each enough for most attempts: one SELECT statement only; it names nothing but tables
and what describes them (sql_access); the file is opened read-only; DuckDB may not touch files,
extensions or the network and its settings are locked; the process has a memory limit and ends
itself at the time limit, whatever it is inside of. One query runs at a time, and what comes back
has a limit too, because it enters the process of the app.
"""

import io
import json
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lrd_core.config import Config
from lrd_core.errors import InputError, StoreBusyError, StoreError
from lrd_core.store.sql_process import UNSHOWABLE

ROW_LIMIT = 10_000
TIME_LIMIT_S = 10.0
MEMORY_LIMIT_MB = 512
RESULT_LIMIT_MB = 32
STARTING_S = 5.0
"""Given to the process for starting, on top of the time limit of the query itself."""


_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class SqlResult:
    """The rows of a query. `truncated`: there were more than the row limit."""

    table: pd.DataFrame
    truncated: bool
    seconds: float


def run_sql(
    config: Config, query: str, *, row_limit: int = ROW_LIMIT, time_limit_s: float = TIME_LIMIT_S
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
        "result_mb": RESULT_LIMIT_MB,
    }
    header, _, body = _ask(asked).partition(b"\n")
    try:
        answer = json.loads(header)
    except ValueError as error:  # the process died at its memory limit
        raise InputError(
            f"the query needed more than {MEMORY_LIMIT_MB} MB and was stopped; "
            "ask for fewer rows or columns"
        ) from error
    _raise_refusal(answer, time_limit_s)
    try:
        table = pd.read_parquet(io.BytesIO(body))
    except (ValueError, ArithmeticError) as error:  # such as a date that Python does not have
        raise InputError(UNSHOWABLE) from error
    return SqlResult(table, bool(answer["truncated"]), float(answer["seconds"]))


def _ask(asked: dict[str, Any]) -> bytes:
    """What the process writes; nothing where it died."""
    limit = asked["time_limit_s"]
    if not _one_at_a_time.acquire(timeout=limit + STARTING_S):
        raise InputError("other queries are still running; run yours again in a moment")
    try:
        finished = subprocess.run(
            [sys.executable, "-m", "lrd_core.store.sql_process"],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=limit + STARTING_S,
            check=False,
        )
        if finished.returncode == -signal.SIGALRM:
            raise InputError(_too_slow(limit))
        return finished.stdout
    except subprocess.TimeoutExpired as error:
        raise InputError(_too_slow(limit)) from error
    finally:
        _one_at_a_time.release()


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
