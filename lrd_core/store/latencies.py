"""The table of latencies: how long a full and a pruned model took, side by side."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lrd_core.store.reading import read_table
from lrd_core.store.table import CREATED_AT, Big, Blocks, Table
from lrd_core.store.trials import as_tuples
from lrd_core.store.writes import Write, apply

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class LatencyRow:
    """Full against physically pruned, interleaved; times in ms, raw runs kept."""

    model: str
    model_id: str
    revision: str
    num_blocks: Blocks
    m: int
    removed: tuple[int, ...]
    device: str
    dtype: str
    threads: int
    batch: int
    length: int
    speedup: float
    full_ms: tuple[float, ...]
    pruned_ms: tuple[float, ...]
    full_end_to_end_ms: tuple[float, ...]
    pruned_end_to_end_ms: tuple[float, ...]
    parameters_full: Big
    parameters_pruned: Big
    file_bytes_full: Big
    file_bytes_pruned: Big
    peak_memory_full: Big | None
    peak_memory_pruned: Big | None
    source: str = "own"


LATENCIES = Table(
    "latencies",
    LatencyRow,
    key=("model_id", "revision", "m", "device", "dtype", "batch", "length"),
    written=(CREATED_AT,),
    even=(("full_ms", "pruned_ms"), ("full_end_to_end_ms", "pruned_end_to_end_ms")),
)


def save_latency(connection: Any, row: LatencyRow) -> None:
    """Write a latency; an older one of the same setting is replaced."""
    apply(connection, latency_writes(row))


def latency_writes(row: LatencyRow) -> list[Write]:
    """A latency, in place of an older one of the same setting."""
    setting = {name: getattr(row, name) for name in LATENCIES.key}
    return [Write(LATENCIES, LATENCIES.plain([row]), "replace", setting)]


def read_latencies(connection: Any, **where: Any) -> "pd.DataFrame":
    """Latencies, `removed` as tuples, times as lists of milliseconds."""
    table = read_table(connection, LATENCIES, **where)
    table["removed"] = as_tuples(table["removed"])
    return table
