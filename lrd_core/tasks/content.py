"""What a task is, and the plain tables it is made of, whatever its source."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from lrd_core.errors import TaskError

TaskType = Literal[
    "texts", "classification", "clustering", "pair classification", "reranking", "retrieval", "sts"
]
TASK_TYPES: tuple[TaskType, ...] = get_args(TaskType)

Classifier = Literal["logistic regression", "nearest neighbour"]
CLASSIFIERS: tuple[Classifier, ...] = get_args(Classifier)
"""What tells the classes of a classification task from a few items of each, first the usual one."""

Table = Mapping[str, tuple[Any, ...]]
"""Columns by name, all of one length."""

REQUIRED_TABLES: Mapping[TaskType, Mapping[str, tuple[str, ...]]] = {
    "texts": {"test": ("text",)},
    "classification": {"train": ("text", "label"), "test": ("text", "label")},
    "clustering": {"test": ("text", "label")},
    "pair classification": {"test": ("sentence1", "sentence2", "label")},
    "sts": {"test": ("sentence1", "sentence2", "score")},
    "retrieval": {
        "corpus": ("id", "text"),
        "queries": ("id", "text"),
        "relevant": ("query", "document", "score"),
    },
    "reranking": {
        "corpus": ("id", "text"),
        "queries": ("id", "text"),
        "relevant": ("query", "document", "score"),
        "candidates": ("query", "document"),
    },
}
"""The tables and columns of each type; `text` stands for the column of items, which is called as
what it holds. Any type may add a table `calibration` (text)."""

MAIN_SCORES: Mapping[TaskType, str] = {
    "texts": "",
    "classification": "accuracy",
    "clustering": "v_measure",
    "pair classification": "max_ap",
    "sts": "cosine_spearman",
    "retrieval": "ndcg_at_10",
    "reranking": "map_at_1000",
}


_NOUNS = {"audio": "recording"}


def noun_of(modality: str) -> str:
    """What one item is called in a sentence; most kinds of items are called as they are."""
    return _NOUNS.get(modality, modality)


def unit_of(noun: str) -> str:
    """What an item called so is measured in: tokens of a text, positions of anything else."""
    return "token" if noun == "text" else "position"


_POSITIONS = {"image": "patches", "audio": "frames, or patches of a spectrogram"}


def positions_of(modality: str) -> str:
    """What the single vectors of an item stand for, which metrics call tokens."""
    return _POSITIONS.get(modality, "tokens")


GIVEN = "given:"
"""How the revision begins of items that were given as a list; a digest of them follows."""


@dataclass(frozen=True)
class TaskSpec:
    """One entry of the registry: what the data is and which version of it."""

    name: str
    label: str
    type: TaskType
    source: Literal["offline", "folder", "hub"]
    revision: str
    licence: str
    language: str
    description: str
    panels: tuple[str, ...] = ()
    split: str = "test"
    main_score: str = ""
    notes: tuple[str, ...] = ()
    """What of the data takes no part, to be said wherever it is computed on."""
    place: str = ""
    """Where a folder's task lies on this machine; it is stored and shown nowhere."""
    modality: str = "text"
    """The kind of its items; a model must read the same."""
    classifier: Classifier = CLASSIFIERS[0]
    """Of classes alone: what is trained on MTEB's draws; a hub task brings its own instead."""

    @property
    def evaluable(self) -> bool:
        """Whether the task gives a score, not only items."""
        return self.type != "texts"

    @property
    def item_column(self) -> str:
        """The column of its tables that holds the items, called as MTEB calls it."""
        return self.modality


@dataclass(frozen=True)
class TaskContent:
    """A task's tables, checked against REQUIRED_TABLES."""

    spec: TaskSpec
    tables: Mapping[str, Table] = field(repr=False)

    def __post_init__(self) -> None:
        for table, names in REQUIRED_TABLES[self.spec.type].items():
            columns = [self.spec.item_column if name == "text" else name for name in names]
            found = self.tables.get(table)
            if found is None:
                raise TaskError(
                    f"task {self.spec.name!r} ({self.spec.type}) has no table {table!r}"
                )
            missing = [column for column in columns if column not in found]
            if missing:
                raise TaskError(
                    f"task {self.spec.name!r}: table {table!r} lacks column {missing[0]!r}"
                )

    def evaluated_items(self) -> Table:
        """Every item whose embedding enters the score, with its label where it has one.

        Rows as they are for labelled items; for pairs and retrieval each distinct item once,
        in order of first appearance.
        """
        tables, column = self.tables, self.spec.item_column
        if self.spec.type in ("texts", "classification", "clustering"):
            return tables["test"]
        if self.spec.type in ("pair classification", "sts"):
            sides = tables["test"]["sentence1"] + tables["test"]["sentence2"]
            return {column: distinct(sides)}
        return {column: distinct(tables["corpus"][column] + tables["queries"][column])}

    def calibration_items(self) -> tuple[Any, ...]:
        """Items of the same source that the score never sees."""
        table = self.tables.get("calibration") or self.tables.get("train")
        if table is None:
            raise TaskError(
                f"task {self.spec.name!r} keeps no texts apart for calibration; "
                "name another task as the source of calibration texts"
            )
        column = self.spec.item_column
        evaluated = set(self.evaluated_items()[column])
        return tuple(item for item in distinct(table[column]) if item not in evaluated)


def content_digest(
    kind: TaskType, tables: Mapping[str, Table], classifier: Classifier = CLASSIFIERS[0]
) -> str:
    """12 hexadecimal digits of what reading a task gave: equal ones give equal numbers.

    Over the parsed cells and not the files, so that another way of reading is another revision.
    """
    other = [] if classifier == CLASSIFIERS[0] else [classifier]
    total = hashlib.sha256(json.dumps([kind, MAIN_SCORES[kind], *other]).encode())
    for name in sorted(tables):
        for column in sorted(tables[name]):
            cells = json.dumps([name, column, tables[name][column]], default=ascii)
            total.update(cells.encode())
    return total.hexdigest()[:12]


def distinct(items: Iterable[Any]) -> tuple[Any, ...]:
    """Each item once, in order of first appearance."""
    return tuple(dict.fromkeys(items))


def spoken(text: str) -> str:
    """A blank text is read as one space, so that every text has an embedding."""
    return text if text.strip() else " "
