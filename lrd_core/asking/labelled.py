"""The rows of a task whose labels may be looked at, as distinct texts and what they should give."""

from dataclasses import dataclass

import numpy as np

from lrd_core.errors import InputError
from lrd_core.tasks import TaskContent
from lrd_core.tasks.content import distinct, noun_of
from lrd_core.tasks.specs import sample_positions

FEWEST = 8


@dataclass(frozen=True)
class Labelled:
    """texts: each once. first: (n,) place of a row's text; second: of its other one, for pairs.

    targets: (n,) class codes, or what the cosine of a pair should follow. classes: their names,
    none for pairs. left_out: rows of classes with a single text, which nothing can be learnt of.
    """

    texts: tuple[str, ...]
    first: np.ndarray
    second: np.ndarray | None
    targets: np.ndarray
    classes: tuple[str, ...]
    left_out: int

    @property
    def n(self) -> int:
        return len(self.first)

    @property
    def pairs(self) -> bool:
        return self.second is not None


def labelled_rows(content: TaskContent, labels: int, seed: int, folds: int) -> Labelled:
    """At most `labels` rows of the task, drawn with the seed.

    Classes with fewer texts than folds are left out and counted.
    Raises: InputError for a type of task whose labels belong to no single text or pair, or where
        too few rows or classes are left.
    """
    table = content.tables.get("test", {})
    noun = noun_of(content.spec.modality)
    if "label" not in table and "score" not in table:
        raise InputError(
            f"{content.spec.name} ({content.spec.type}) has no label for each {noun} or pair; "
            "ask with --labels 0, or name a task of classes or pairs"
        )
    total = len(next(iter(table.values())))
    rows = [int(row) for row in sample_positions(total, labels, seed)]
    if "sentence1" in table:
        return _pairs(content, rows)
    labels_of = [str(table["label"][row]) for row in rows]
    counts = {label: labels_of.count(label) for label in set(labels_of)}
    kept = [row for row, label in zip(rows, labels_of, strict=True) if counts[label] >= folds]
    classes = tuple(sorted({str(table["label"][row]) for row in kept}))
    if len(kept) < FEWEST or len(classes) < 2:
        raise InputError(
            f"{len(rows)} labelled {noun}s of {content.spec.name} leave {len(classes)} classes "
            f"with {folds} {noun}s each; use more labels"
        )
    texts = [table[content.spec.item_column][row] for row in kept]
    places = {text: place for place, text in enumerate(distinct(texts))}
    codes = {label: code for code, label in enumerate(classes)}
    return Labelled(
        tuple(places),
        np.array([places[text] for text in texts]),
        None,
        np.array([codes[str(table["label"][row])] for row in kept]),
        classes,
        len(rows) - len(kept),
    )


def _pairs(content: TaskContent, rows: list[int]) -> Labelled:
    table = content.tables["test"]
    if len(rows) < FEWEST:
        raise InputError(f"{len(rows)} labelled pairs are too few; use at least {FEWEST}")
    sides = [[table[side][row] for row in rows] for side in ("sentence1", "sentence2")]
    places = {text: place for place, text in enumerate(distinct([*sides[0], *sides[1]]))}
    first, second = (np.array([places[text] for text in side]) for side in sides)
    wanted = table["score"] if "score" in table else table["label"]
    targets = np.array([float(wanted[row]) for row in rows])
    if len(set(targets.tolist())) < 2:
        raise InputError(f"all {len(rows)} pairs have the same label; use more labels")
    return Labelled(tuple(places), first, second, targets, (), 0)
