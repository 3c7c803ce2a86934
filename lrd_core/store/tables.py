"""All tables of the store: whatever treats every table alike asks here.

To add a table: a module that declares it, its place in this list, and a migration that makes it.
"""

from typing import Any

from lrd_core.errors import UnknownNameError
from lrd_core.store.calibrations import CALIBRATIONS
from lrd_core.store.latencies import LATENCIES
from lrd_core.store.matrices import MATRICES
from lrd_core.store.metric_values import METRIC_VALUES
from lrd_core.store.neighbours import NEIGHBOURS
from lrd_core.store.per_text import PER_TEXT
from lrd_core.store.projections import PROJECTIONS
from lrd_core.store.requests import REQUESTS
from lrd_core.store.runs import RUNS
from lrd_core.store.scores import SCORES
from lrd_core.store.subsamples import SUBSAMPLES
from lrd_core.store.table import Table
from lrd_core.store.token_maps import TOKEN_MAPS
from lrd_core.store.trials import TRIALS

_TABLES: list[Table] = [
    RUNS,
    REQUESTS,
    METRIC_VALUES,
    PER_TEXT,
    MATRICES,
    SCORES,
    NEIGHBOURS,
    PROJECTIONS,
    TRIALS,
    LATENCIES,
    CALIBRATIONS,
    SUBSAMPLES,
    TOKEN_MAPS,
]


def all_tables() -> tuple[Table, ...]:
    """Every table that holds results, in the order in which they are exported and shown."""
    return tuple(_TABLES)


def find_table(name: str) -> Table:
    """Raises: UnknownNameError for a name that no table has."""
    found = {table.name: table for table in _TABLES}
    if name not in found:
        raise UnknownNameError("table", name, found)
    return found[name]


def is_empty(connection: Any) -> bool:
    """Whether the store holds no run and no score."""
    (found,) = connection.execute(
        "SELECT (SELECT count(*) FROM runs) + (SELECT count(*) FROM scores)"
    ).fetchone()
    return bool(found == 0)
