"""What layers of brought embeddings score: by the rows' labels, or as the task itself scores."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lrd_core.asking.judges import probe_hits
from lrd_core.asking.labelled import FEWEST
from lrd_core.errors import LrdError
from lrd_core.evaluation.layer_scores import layer_scores
from lrd_core.progress import Progress, silent
from lrd_core.store.keys import canonical_json
from lrd_core.store.runs import RunRecord
from lrd_core.store.scores import ScoreRow
from lrd_core.tasks import TaskItems

FOLDS, REPEATS = 5, 2
PROBE_SCORE = "probe_accuracy"
_ON_ITS_ITEMS = ("clustering", "pair classification", "sts", "retrieval", "reranking")
"""Types of task whose score is made of the evaluated items alone."""


def scores_of(
    layers: Sequence[np.ndarray], record: RunRecord, sample: TaskItems, progress: Progress = silent
) -> tuple[list[ScoreRow], str]:
    """Rows for the store, and why there are none or what they leave out.

    Of a known task whose every item was brought: MTEB's own score. Else, with labels: the share
    of rows whose label a logistic probe tells while they are left out (5 folds, twice).
    """
    whole = sample.n == sample.n_total
    if sample.spec.type in _ON_ITS_ITEMS and whole:
        return _by_task(layers, record, sample, progress)
    if sample.labels is None:
        return [], "no score: neither labels nor all items of a task with a score were given"
    return _by_probe(layers, record, sample.labels, progress)


def _by_task(
    layers: Sequence[np.ndarray], record: RunRecord, sample: TaskItems, progress: Progress
) -> tuple[list[ScoreRow], str]:
    places = {item: row for row, item in enumerate(sample.items)}

    def looked_up(items: list[Any]) -> list[np.ndarray]:
        rows = [places[item] for item in items]
        return [layer[rows] for layer in layers]

    try:
        found = list(layer_scores(sample.spec, looked_up, progress=progress))
    except (LrdError, KeyError) as error:
        return [], f"no score: {error}"
    row = _row(record, sample.spec.main_score, {"judged_by": "mteb"})
    return [
        replace(row, layer=one.layer, score=one.score, n=one.n, subset=one.subset, split=one.split)
        for one in found
    ], ""


def _by_probe(
    layers: Sequence[np.ndarray], record: RunRecord, labels: Sequence[str], progress: Progress
) -> tuple[list[ScoreRow], str]:
    names, codes, counts = np.unique(np.array(labels), return_inverse=True, return_counts=True)
    kept = counts[codes] >= FOLDS
    left = int((counts >= FOLDS).sum())
    if left < 2 or kept.sum() < FEWEST:
        return [], f"no score: {left} of {len(names)} labels have {FOLDS} rows or more"
    codes = np.unique(codes[kept], return_inverse=True)[1]
    n = int(kept.sum())
    judged = {"judged_by": "logistic probe", "folds": FOLDS, "repeats": REPEATS, "seed": 0}
    row, rows = _row(record, PROBE_SCORE, judged), []
    for place, layer in enumerate(layers):
        progress("scoring layers", place, len(layers))
        hits = probe_hits(layer[kept], codes, FOLDS, REPEATS, seed=0)
        rows.append(replace(row, layer=place, score=float(hits.mean()), n=n))
    note = f"{len(labels) - n} rows with rare labels are not scored" if n < len(labels) else ""
    return rows, note


def _row(record: RunRecord, score_name: str, judged: dict[str, Any]) -> ScoreRow:
    """All but the layer and what it scores."""
    by_probe = score_name == PROBE_SCORE
    return ScoreRow(
        model=record.model,
        model_id=record.model_id,
        revision=record.revision,
        task=record.task,
        task_revision=record.task_revision,
        task_type="classification" if by_probe else record.task_type,
        score_name=score_name,
        score=None,
        layer=None,
        split=record.split,
        num_blocks=record.num_blocks,
        hidden_size=record.hidden_size,
        settings=canonical_json({"pooling": record.pooling, **judged}),
    )
