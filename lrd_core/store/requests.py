"""The table of requests: which run an equal request of before led to."""

from dataclasses import dataclass
from typing import Any

from lrd_core.store.table import Key, Table


@dataclass(frozen=True, kw_only=True)
class RequestRow:
    """request_key: of what was asked for, before the model was loaded."""

    request_key: str
    run_key: Key


REQUESTS = Table("requests", RequestRow, key=("request_key",))


def find_run_key(connection: Any, request_key: str) -> str | None:
    """The run that an earlier, equal request led to, if there was one."""
    found = connection.execute(
        "SELECT run_key FROM requests WHERE request_key = ?", [request_key]
    ).fetchone()
    return None if found is None else str(found[0])
