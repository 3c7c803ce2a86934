"""The table of pruning trials: one plan on one task, and what it scored."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lrd_core.store.keys import content_key
from lrd_core.store.reading import read_table
from lrd_core.store.sources import TRUSTED
from lrd_core.store.table import CREATED_AT, ENGINE_VERSION, Blocks, Column, Json, Table, Written
from lrd_core.store.writes import Write, apply

if TYPE_CHECKING:
    import pandas as pd

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
    num_blocks: Blocks
    task: str
    task_revision: str
    task_type: str
    n: int
    settings: Json
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


TRIALS = Table(
    "trials",
    TrialRow,
    key=("trial_key",),
    written=(
        Written(Column("trial_key", "VARCHAR"), lambda row, moment: row.key),
        ENGINE_VERSION,
        CREATED_AT,
    ),
    fuller="details",
)


def save_trials(connection: Any, rows: Sequence[TrialRow]) -> int:
    """Write trials; equal ones that are there already stay. Returns how many were new."""
    return apply(connection, trial_writes(rows))[0]


def trial_writes(rows: Sequence[TrialRow]) -> list[Write]:
    """Trials; an equal one that is there already stays, unless it was imported."""
    return [Write(TRIALS, TRIALS.plain(rows))]


def read_trials(connection: Any, **where: Any) -> "pd.DataFrame":
    """Trials, `removed` as tuples of ints; `where`: column=value or a list of values."""
    table = read_table(connection, TRIALS, **where)
    table["removed"] = as_tuples(table["removed"])
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
    table = read_table(connection, TRIALS, trial_key=trial_key)
    return None if table.empty else dict(json.loads(table.iloc[0]["details"]))


def save_details(connection: Any, trial_key: str, details: str) -> None:
    """Replace the details of a stored trial; they are no part of its key."""
    apply(connection, detail_writes(trial_key, details))


def detail_writes(trial_key: str, details: str) -> list[Write]:
    """Other details of a stored trial."""
    return [Write(TRIALS, [{"details": details}], "change", {"trial_key": trial_key})]


def as_tuples(lists: Iterable[Any]) -> list[tuple[int, ...]]:
    """Removed blocks as values that can be compared and grouped by."""
    return [() if value is None else tuple(int(item) for item in value) for value in lists]


def _none(value: Any) -> Any:
    import pandas as pd

    return None if isinstance(value, float) and pd.isna(value) else value
