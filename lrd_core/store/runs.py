"""The table of runs: one model on one task under one set of settings."""

from dataclasses import dataclass, field
from typing import Any

from lrd_core.settings import SETTINGS, RunIdentity
from lrd_core.store.requests import REQUESTS, RequestRow
from lrd_core.store.table import CREATED_AT, ENGINE_VERSION, Big, Blocks, Key, Table
from lrd_core.store.writes import Write, apply


@dataclass(frozen=True, kw_only=True)
class RunRecord(RunIdentity):
    """A run as it is kept: how it was embedded, and facts that belong to it."""

    run_key: Key
    family: str
    num_blocks: Blocks
    hidden_size: int
    num_parameters: Big | None
    model_note: str
    task_type: str
    n_total: int
    source: str = "own"
    modality: str = field(default="text", metadata={"added_later": True, "plain": "text"})
    """The kind of items that were read."""


RUNS = Table(
    "runs",
    RunRecord,
    key=("run_key",),
    written=(ENGINE_VERSION, CREATED_AT),
    always=tuple(setting.name for setting in SETTINGS),
)


def save_run(connection: Any, run: RunRecord, request_key: str | None = None) -> None:
    """Write a run once, see `run_writes`."""
    apply(connection, run_writes(run, request_key))


def run_writes(run: RunRecord, request_key: str | None = None) -> list[Write]:
    """A run; one with its key that is there already stays, unless it was imported.

    request_key: what was asked for, so that `find_run_key` knows the run without its model.
    """
    writes = [Write(RUNS, RUNS.plain([run]))]
    if request_key is not None:
        asked = RequestRow(request_key=request_key, run_key=run.run_key)
        writes.append(Write(REQUESTS, REQUESTS.plain([asked])))
    return writes


def read_run_keys(connection: Any) -> set[str]:
    """The keys of all runs of the store."""
    return {row[0] for row in connection.execute("SELECT run_key FROM runs").fetchall()}
