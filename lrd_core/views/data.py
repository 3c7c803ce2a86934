"""Browsing the store: filtered rows of its tables, its schema, where one row comes from."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from lrd_core.config import Config
from lrd_core.errors import InputError, UnknownNameError
from lrd_core.metrics.registry import all_series, in_order
from lrd_core.numbers import whole
from lrd_core.store.browse import FIRST_EXAMPLE as FIRST_EXAMPLE
from lrd_core.store.browse import VIEWS as VIEWS
from lrd_core.store.browse import Filter as Filter
from lrd_core.store.browse import Rows, examples, read_view, table_columns, table_sizes
from lrd_core.store.connection import connect
from lrd_core.store.reading import read_table
from lrd_core.store.runs import RUNS
from lrd_core.store.sql import ROW_LIMIT as ROW_LIMIT
from lrd_core.store.sql import TIME_LIMIT_S as TIME_LIMIT_S
from lrd_core.store.sql import run_sql as run_sql
from lrd_core.views import stored
from lrd_core.views.command_text import commands_for_runs
from lrd_core.views.provenance import model_notes, provenance_line, unvouched_notes

SHOWN_ROWS = 1000
DOWNLOADED_ROWS = 200_000


def example_queries() -> dict[str, str]:
    """Queries by title that run on any store of this version."""
    profiles = in_order("depth", all_series())
    return examples(next(one.name for one in profiles if one.mark and one.mark.kind == "valley"))


def sentence(config: Config) -> str:
    """What the store holds, in numbers."""
    counts = row_counts(config).set_index("table")["rows"]
    models = stored.runs(config)["model"].nunique()
    return (
        f"The store holds {whole(counts['runs'])} runs of {models} models, "
        f"{whole(counts['metric_values'])} values, {whole(counts['scores'])} scores and "
        f"{whole(counts['trials'])} pruning trials."
    )


def shown_sentence(view: str, found: Rows) -> str:
    """How many rows of a view there are, and how many of them are shown."""
    shown = f"the first {whole(len(found.table))} of " if found.total > len(found.table) else ""
    return f"{VIEWS[view].label}: {shown}{whole(found.total)} rows."


def browse(config: Config, view: str, wanted: Filter, limit: int = SHOWN_ROWS) -> Rows:
    """The first `limit` rows of a view that meet the filter, in the view's fixed order.

    Raises: UnknownNameError for a view that is not in VIEWS.
    """
    if view not in VIEWS:
        raise UnknownNameError("view", view, VIEWS)
    with connect(config, read_only=True) as connection:
        return read_view(connection, VIEWS[view], wanted, limit)


@dataclass(frozen=True)
class Origin:
    """Where one row comes from: the line and the command of its run, and every column."""

    line: str
    command: str
    columns: pd.DataFrame


def origin(config: Config, row: "pd.Series[Any]") -> Origin:
    """The provenance of a row of `browse`: its run, if it has one, and all its columns."""
    columns = pd.DataFrame(
        {"column": [str(name) for name in row.index], "value": [str(cell) for cell in row]}
    )
    if "run_key" not in row.index:
        notes = unvouched_notes(pd.DataFrame([row])) if "model_id" in row.index else []
        line = " · ".join([f"{row['model']}@{row['revision']}", str(row["source"]), *notes])
        return Origin(line, "", columns)
    with connect(config, read_only=True) as connection:
        run = read_table(connection, RUNS, run_key=str(row["run_key"]))
    if run.empty:
        raise InputError(f"no run has the key {row['run_key']!r}; it was deleted meanwhile")
    metrics = [f"{row['metric']} v{row['version']}"] if "metric" in row.index else []
    if "metric" in row.index:
        columns = pd.concat([columns, _as_columns(run.iloc[0], set(row.index))])
    line = " · ".join([provenance_line(run, metrics), *model_notes(run)])
    return Origin(line, commands_for_runs(run), columns)


def _as_columns(run: "pd.Series[Any]", known: set[str]) -> pd.DataFrame:
    names = [name for name in run.index if name not in known]
    return pd.DataFrame({"column": names, "value": [str(run[name]) for name in names]})


def schema(config: Config) -> pd.DataFrame:
    """One row a column of the store: table, column, type."""
    with connect(config, read_only=True) as connection:
        return table_columns(connection)


def row_counts(config: Config) -> pd.DataFrame:
    """Rows by table of the store: table, rows."""
    with connect(config, read_only=True) as connection:
        return table_sizes(connection)
