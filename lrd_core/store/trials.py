"""Pruning trials, latencies and calibrations: typed rows, reads and writes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from lrd_core.store.keys import content_key
from lrd_core.store.results import TRUSTED, now, read_table
from lrd_core.store.unique import UNIQUE
from lrd_core.store.writes import Write, apply
from lrd_core.version import __version__

FULL = "full"
"""The rule of the row that holds the full model's own scores."""

EVALUATOR = "evaluator_scores"
"""In the details of the full model's row: its scores under other seeds of the evaluator."""

IDENTITY = ("model_id", "revision", "task", "task_revision", "settings", "device")
"""Columns of the trials table that are equal wherever one score may stand for another."""


@dataclass(frozen=True)
class TrialRow:
    """One plan on one task. Scores are the task's main score, changes are in points (x 100).

    settings: JSON of everything that can change the score. details: JSON of the rest (notes,
    scores by block; of the full model its scores under other seeds of the evaluator). variant
    names the pruned model; it is never the full model's name.
    """

    model: str
    model_id: str
    revision: str
    variant: str
    family: str
    num_blocks: int
    task: str
    task_revision: str
    task_type: str
    n: int
    settings: str
    device: str
    rule: str
    selection: str
    indexing: str
    protect: int
    m: int
    removed: tuple[int, ...]
    score_name: str
    score: float
    score_full: float
    score_full_again: float
    change: float
    budget: float | None = None
    seed: int | None = None
    perplexity: float | None = None
    perplexity_full: float | None = None
    agreement: float | None = None
    divergence: float | None = None
    calibration_key: str | None = None
    details: str = "{}"
    source: str = "own"

    @property
    def key(self) -> str:
        """Equal for the same plan on the same task under the same settings on the same device."""
        names = (
            *("model_id", "revision", "task", "task_revision", "settings", "rule", "selection"),
            *("indexing", "protect", "m", "removed", "budget", "seed", "calibration_key"),
        )
        # Keys of trials on a CPU were stored before the device counted.
        device = {} if self.device == "cpu" else {"device": self.device}
        return content_key({name: getattr(self, name) for name in names} | device)


@dataclass(frozen=True)
class LatencyRow:
    """Full against physically pruned, interleaved; times in ms, raw runs kept."""

    model: str
    model_id: str
    revision: str
    num_blocks: int
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
    parameters_full: int
    parameters_pruned: int
    file_bytes_full: int
    file_bytes_pruned: int
    peak_memory_full: int | None
    peak_memory_pruned: int | None
    source: str = "own"


@dataclass(frozen=True)
class CalibrationRow:
    """What rules read, measured on n calibration texts; profile is JSON (see pruning.profile)."""

    calibration_key: str
    model: str
    model_id: str
    revision: str
    num_blocks: int
    task: str
    task_revision: str
    n: int
    seed: int
    settings: str
    texts_hash: str
    profile: str
    source: str = "own"


def save_trials(connection: Any, rows: Sequence[TrialRow]) -> int:
    """Write trials; equal ones that are there already stay. Returns how many were new."""
    return apply(connection, trial_writes(rows))[0]


def trial_writes(rows: Sequence[TrialRow]) -> list[Write]:
    """Trials; an equal one that is there already stays, unless it was imported."""
    stamp = {"engine_version": __version__, "created_at": now()}
    tables = [
        asdict(row) | {"trial_key": row.key, "removed": list(row.removed)} | stamp for row in rows
    ]
    return [Write("trials", tables)]


def save_latency(connection: Any, row: LatencyRow) -> None:
    """Write a latency; an older one of the same setting is replaced."""
    apply(connection, latency_writes(row))


def latency_writes(row: LatencyRow) -> list[Write]:
    """A latency, in place of an older one of the same setting."""
    setting = {name: getattr(row, name) for name in UNIQUE["latencies"]}
    values = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(row).items()
    }
    return [Write("latencies", [values | {"created_at": now()}], "replace", setting)]


def save_calibration(connection: Any, row: CalibrationRow) -> None:
    """Write a calibration; one with the same key is replaced (it may hold more quantities)."""
    apply(connection, calibration_writes(row))


def calibration_writes(row: CalibrationRow) -> list[Write]:
    """A calibration, in place of one with the same key."""
    where = {"calibration_key": row.calibration_key}
    return [Write("calibrations", [asdict(row) | {"created_at": now()}], "replace", where)]


def read_trials(connection: Any, **where: Any) -> pd.DataFrame:
    """Trials, `removed` as tuples of ints; `where`: column=value or a list of values."""
    table = read_table(connection, "trials", **where)
    table["removed"] = [_ints(value) for value in table["removed"]]
    return table


def read_latencies(connection: Any, **where: Any) -> pd.DataFrame:
    """Latencies, `removed` as tuples, times as lists of milliseconds."""
    table = read_table(connection, "latencies", **where)
    table["removed"] = [_ints(value) for value in table["removed"]]
    return table


def models_seen(connection: Any) -> list[str]:
    """Models with trials, then models with runs, each as they came; a model may come twice."""
    found: list[str] = []
    for table in ("trials", "runs"):
        names = connection.execute(f"SELECT model FROM {table} GROUP BY model ORDER BY min(rowid)")
        found += [name for (name,) in names.fetchall()]
    return found


def models_by_trials(connection: Any, first_by: str) -> list[str]:
    """Models with trials: most trials of the rule `first_by` first, then most trials, then a-z."""
    rows = connection.execute(
        "SELECT model FROM trials GROUP BY model "
        "ORDER BY count(*) FILTER (WHERE rule = ?) DESC, count(*) DESC, model",
        [first_by],
    ).fetchall()
    return [row[0] for row in rows]


def stored_block_count(connection: Any, model: str) -> int | None:
    """How many blocks a model has, from its first trial or else its first run; None if unknown."""
    for table in ("trials", "runs"):
        found = connection.execute(
            f"SELECT num_blocks FROM {table} WHERE model = ? ORDER BY rowid LIMIT 1", [model]
        ).fetchone()
        if found is not None:
            return int(found[0])
    return None


def read_calibration(connection: Any, calibration_key: str) -> dict[str, Any] | None:
    """The profile that was measured here or is bundled, as plain lists, or None."""
    table = read_table(connection, "calibrations", calibration_key=calibration_key, source=TRUSTED)
    return None if table.empty else dict(json.loads(table.iloc[0]["profile"]))


def scored_variants(
    connection: Any, identity: Mapping[str, str]
) -> dict[tuple[int, ...], dict[str, Any]]:
    """What is known by removed blocks: score, perplexity and so on of a variant.

    Only what was measured here or is bundled stands for a measurement.

    identity: every column of `IDENTITY`.
    Raises: KeyError where one is missing: a score of another device must never be found.
    """
    names = ("score", "score_name", "score_full", "score_full_again", "n")
    language = ("perplexity", "perplexity_full", "agreement", "divergence")
    known = {name: identity[name] for name in IDENTITY}
    table = read_trials(connection, **known, source=TRUSTED)
    return {
        row["removed"]: {name: _none(row[name]) for name in (*names, *language)}
        for row in table.to_dict("records")
    }


def read_details(connection: Any, trial_key: str) -> dict[str, Any] | None:
    """The details of a stored trial; None where it is not stored."""
    table = read_table(connection, "trials", trial_key=trial_key)
    return None if table.empty else dict(json.loads(table.iloc[0]["details"]))


def save_details(connection: Any, trial_key: str, details: str) -> None:
    """Replace the details of a stored trial; they are no part of its key."""
    apply(connection, detail_writes(trial_key, details))


def detail_writes(trial_key: str, details: str) -> list[Write]:
    """Other details of a stored trial."""
    return [Write("trials", [{"details": details}], "change", {"trial_key": trial_key})]


def _ints(value: Any) -> tuple[int, ...]:
    return () if value is None else tuple(int(item) for item in value)


def _none(value: Any) -> Any:
    return None if isinstance(value, float) and pd.isna(value) else value
