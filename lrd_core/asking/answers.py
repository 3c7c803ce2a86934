"""Answers as files named by what was asked, whole or not there. Loads no torch."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from lrd_core.config import Config
from lrd_core.disk import whole_file
from lrd_core.store.keys import content_key

ANSWERS = "answers"

PROBE, SPEARMAN = "probe accuracy", "Spearman correlation"
"""What `score` is called, for classes and for pairs."""

CHOSEN, LAST, ORACLE = "by labels", "last layer", "best layer"
"""Ways of the learning curve beside label-free metrics: the layer that so many labels choose, the
last one, and the best one of the rows that are judged."""

VERSION = 3
"""Raised when the same question would get another answer."""


@dataclass(frozen=True)
class Answer:
    """What came of a question. rows, curve, picks: tables as lists of rows.

    rows: one a model and layer, see ask.ROW_COLUMNS. curve: see curve.learning_curve, with model.
    picks: model, series, layer, n: what a label-free metric picks, on n texts. profiles: model,
    series, layer, value: what it picks by, at each layer within the budget. score_name: of
    `score`; empty without labels. n: labelled rows. left_out: rows of classes too small. several,
    smaller: see several.COLUMNS and smaller.COLUMNS, with model; empty without labels. source:
    "demo" where it came with the project.
    """

    task: str
    task_revision: str
    task_type: str
    score_name: str
    n: int
    left_out: int
    settings: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    curve: Sequence[Mapping[str, Any]]
    picks: Sequence[Mapping[str, Any]]
    revisions: Mapping[str, str]
    notes: tuple[str, ...] = field(default=())
    profiles: Sequence[Mapping[str, Any]] = ()
    several: Sequence[Mapping[str, Any]] = ()
    smaller: Sequence[Mapping[str, Any]] = ()
    source: str = "own"

    @property
    def table(self) -> pd.DataFrame:
        return pd.DataFrame(list(self.rows))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def answer_file(folder: Path, payload: Mapping[str, Any]) -> Path:
    """Where the answer to this question lies in a folder, whether it is there or not."""
    return folder / f"{content_key(dict(payload) | {'version': VERSION})}.json"


def read_answer(config: Config, payload: Mapping[str, Any]) -> Answer | None:
    """The answer to a question that was asked here, else the bundled one.

    None where there is neither, or the file is damaged.
    """
    folders = {"own": config.data_dir / ANSWERS, "demo": config.demo_dir / ANSWERS}
    for source, folder in folders.items():
        try:
            kept = json.loads(answer_file(folder, payload).read_text(encoding="utf-8"))
            return Answer(**{**kept, "notes": tuple(kept["notes"]), "source": source})
        except (OSError, ValueError, TypeError, KeyError):
            continue
    return None


def write_answer(config: Config, payload: Mapping[str, Any], answer: Answer) -> None:
    """Raises: UnwritableError when the disk is full or the folder may not be written."""
    with whole_file(answer_file(config.data_dir / ANSWERS, payload)) as partial:
        partial.write_text(json.dumps(answer.to_json()), encoding="utf-8")


def ask_payload(
    models: Sequence[str], task: str, settings: Mapping[str, Any], run: Mapping[str, Any]
) -> dict[str, Any]:
    """A question as plain values: what a job is given and what its answer is named by."""
    return {"models": list(models), "task": task, "settings": dict(settings), "run": dict(run)}
