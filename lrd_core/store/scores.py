"""The table of downstream scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lrd_core.store.reading import frame
from lrd_core.store.sources import IMPORTED
from lrd_core.store.table import CREATED_AT, Blocks, Json, Layer, Table
from lrd_core.store.writes import Write, apply

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ScoreRow:
    """A downstream result of one layer; `layer` None where only the final one is known."""

    model: str
    model_id: str
    revision: str
    task: str
    task_revision: str
    task_type: str
    score_name: str
    score: float | None
    layer: Layer | None
    subset: str = "default"
    split: str = "test"
    family: str | None = None
    num_blocks: Blocks | None = None
    hidden_size: int | None = None
    n: int | None = None
    settings: Json = "{}"
    source: str = "own"


SCORES = Table(
    "scores",
    ScoreRow,
    key=(
        *("model_id", "revision", "task", "task_revision", "subset", "split", "layer"),
        *("score_name", "settings", "source"),
    ),
    written=(CREATED_AT,),
    same_apart_from=("created_at", "source"),
)
"""A key names the source too: two leaderboards may disagree about one model. The same number under
another source is no second score."""


def save_scores(connection: Any, rows: Sequence[ScoreRow]) -> int:
    """Write scores; returns how many were new.

    A score that is there already (same model, revision, task and its revision, subset, split,
    layer, settings, source) stays.
    """
    return apply(connection, score_writes(rows))[0]


def score_writes(rows: Sequence[ScoreRow]) -> list[Write]:
    """Scores; one that is there already stays."""
    return [Write(SCORES, SCORES.plain(rows))]


def imported_scores(connection: Any, columns: Sequence[str]) -> "pd.DataFrame":
    """These columns of every score that was imported."""
    SCORES.check(columns)
    imported = f"FROM scores WHERE starts_with(source, '{IMPORTED}')"
    return frame(connection, f"SELECT {', '.join(columns)} {imported}")
