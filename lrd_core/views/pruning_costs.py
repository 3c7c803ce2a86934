"""What a pruned model gains: time, memory and size, measured against the full one."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.numbers import counted, decimals
from lrd_core.views.item_words import item_noun, vector_noun
from lrd_core.views.pruning_timing import TIMED, one_timing, usual_timing
from lrd_core.views.pruning_trials import TrialsRequest, Tried, tried
from lrd_core.views.view import View


@dataclass(frozen=True)
class CostRequest:
    """Of whose trials; one of Tried.timings or "" for the usual one; with the tokenizer or not."""

    trials: TrialsRequest
    timing: str = ""
    end_to_end: bool = False


@dataclass(frozen=True)
class CostView(View):
    """Every timed run: `table` is that of latency_times.

    model: whose. where: device and number format. costs: as a table for people (cost_table).
    """

    model: str = ""
    where: str = ""
    costs: pd.DataFrame = field(default_factory=pd.DataFrame)


def costs(config: Config, request: CostRequest) -> CostView:
    """What was timed of a model. Empty where nothing was."""
    found = tried(config, request.trials)
    return costs_of(found, request.timing, end_to_end=request.end_to_end)


def costs_of(found: Tried, timing: str = "", *, end_to_end: bool = False) -> CostView:
    """The same of trials that are at hand."""
    timed = one_timing(found.timed, timing)
    times = latency_times(timed, end_to_end=end_to_end)
    if timed.empty:
        return CostView(table=times, sentence="Nothing was timed for this model yet.")
    first = timed.iloc[0]
    batch = counted(first["batch"], item_noun(first["model"]))
    length = counted(first["length"], vector_noun(first["model"]))
    note = (
        f"Physically pruned against full, in turn: 10 warm-ups, {len(first['full_ms'])} timed "
        f"runs, {batch} of {length}, {first['dtype']}, "
        f"{first['device']}, {first['threads']} threads. Blocks are alike, so each size was "
        "timed once."
    )
    return CostView(
        table=times,
        notes=(note,),
        command=found.command,
        alt="Times of the full and of the physically pruned model.",
        model=found.request.model,
        where=f"{first['device']}, {first['dtype']}",
        costs=cost_table(timed),
    )


def latency_times(timed: pd.DataFrame, *, end_to_end: bool) -> pd.DataFrame:
    """Every timed run of one model as a row: label, kind (full, pruned), milliseconds.

    Of the usual timing, where there are several.
    """
    middle = "_end_to_end" if end_to_end else ""
    rows = [
        {
            "label": f"{row['m']} of {row['num_blocks']} removed",
            "kind": kind,
            "milliseconds": float(value),
        }
        for row in usual_timing(timed).sort_values("m").to_dict("records")
        for kind in ("full", "pruned")
        for value in row[f"{kind}{middle}_ms"]
    ]
    return pd.DataFrame(rows, columns=["label", "kind", "milliseconds"])


def cost_table(timed: pd.DataFrame) -> pd.DataFrame:
    """Time, throughput, parameters, file size and memory by number of removed blocks."""
    rows = []
    for row in timed.sort_values([*TIMED, "m"]).to_dict("records"):
        full, pruned = np.asarray(row["full_ms"]), np.asarray(row["pruned_ms"])
        whole = [float(np.median(row[f"{kind}_end_to_end_ms"])) for kind in ("full", "pruned")]
        rows.append(
            {
                "blocks removed": f"{row['m']} of {row['num_blocks']}",
                "speed-up": row["speedup"],
                "full (ms)": _spread(full),
                "pruned (ms)": _spread(pruned),
                "end to end speed-up": whole[0] / whole[1],
                "items per s, pruned": 1000 * row["batch"] / whole[1],
                "parameters (M)": row["parameters_pruned"] / 1e6,
                "of full": row["parameters_pruned"] / row["parameters_full"],
                "file (MB)": row["file_bytes_pruned"] / 1e6,
                "peak memory (MB)": _megabytes(row["peak_memory_pruned"]),
                "device": row["device"],
                "dtype": row["dtype"],
                "batch x length": f"{row['batch']} x {row['length']}",
                "threads": row["threads"],
            }
        )
    return pd.DataFrame(rows)


def _spread(milliseconds: np.ndarray) -> str:
    low, middle, high = np.percentile(milliseconds, [10, 50, 90])
    return f"{decimals(middle, 1)} ({decimals(low, 1)} to {decimals(high, 1)})"


def _megabytes(value: Any) -> float | None:
    return None if pd.isna(value) else float(value) / 1e6
