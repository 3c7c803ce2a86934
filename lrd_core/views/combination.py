"""Whether metrics that need no labels pick a layer better together than the best one alone."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lrd_core.analysis.combination import RankedLayers, combine
from lrd_core.analysis.selection import picked_at
from lrd_core.analysis.task_scores import layer_table
from lrd_core.claims.intervals import mean_of
from lrd_core.config import Config
from lrd_core.numbers import percent, points, signed_points, whole
from lrd_core.views.layer_choice import (
    Scored,
    default_metrics,
    metric_tables,
    scored_subjects,
    whole_layers,
)
from lrd_core.views.layer_words import strategy_name
from lrd_core.views.score_tables import OWN, score_table
from lrd_core.views.track_record import HERE, PUBLISHED


def combination_words(config: Config, task_type: str, without: str = "") -> tuple[str, ...]:
    """A sentence an origin: what weights learnt on the other tasks lose, beside the best metric.

    Only where the paired interval over tasks excludes 0 it is told as better, with its weights.
    task_type, without: as track_record.
    """
    table = score_table(config)
    table = table[(table["task_type"] == task_type) & (table["task"] != without)]
    subjects = [one for one in scored_subjects(table) if one.checkpoint is None]
    said = []
    for origin in (HERE, PUBLISHED):
        of_origin = [one for one in subjects if (one.source in OWN) == (origin == HERE)]
        found = combine(_cells(config, table, of_origin))
        if found is not None:
            said.append(_sentence(origin, found.weights, found.by_task))
    return tuple(said)


def _cells(config: Config, table: pd.DataFrame, subjects: Sequence[Scored]) -> list[RankedLayers]:
    """Every model and task with all metrics at every layer; a model counts once a task."""
    names = default_metrics()
    cells: dict[tuple[str, str], RankedLayers] = {}
    for scored, metrics in zip(subjects, metric_tables(config, subjects, names), strict=True):
        rows = table[(table["subject"] == scored.subject) & (table["layer"] >= 0)]
        scores = whole_layers(layer_table(rows), scored.num_blocks).dropna()
        for task, row in scores.iterrows():
            profiles = [
                metrics[name].loc[task].reindex(row.index)
                for name in names
                if name in metrics and task in metrics[name].index
            ]
            if len(profiles) < len(names) or any(one.isna().any() for one in profiles):
                continue
            ranks = [_ranks(one, name) for one, name in zip(profiles, names, strict=True)]
            lost = (row.max() - row).to_numpy(float)
            cell = RankedLayers(str(task), np.stack(ranks), lost)
            cells.setdefault((scored.model, str(task)), cell)
    return list(cells.values())


def _ranks(profile: "pd.Series[float]", name: str) -> np.ndarray:
    """From above 0 to 1, 1 at the layer that the metric picks."""
    oriented = -profile if picked_at(name) == "lowest" else profile
    ranks: np.ndarray = oriented.rank(pct=True).to_numpy(float)
    return ranks


def _sentence(origin: str, weights: Sequence[float], by_task: pd.DataFrame) -> str:
    gain = mean_of("", (by_task["single"] - by_task["combined"]).tolist(), "tasks")
    together, alone = by_task["combined"].mean(), by_task["single"].mean()
    begin = (
        f"On {whole(len(by_task))} tasks ({origin}), weights of these metrics that were learnt on "
        f"the others lose {points(100 * together)} points, the best single metric "
        f"{points(100 * alone)}"
    )
    low, high = gain.low, gain.high
    if low is None or high is None or not low > 0:
        return f"{begin}: a combination is not surely better, and none is used."
    named = ", ".join(
        f"{percent(weight)} {strategy_name(name)}"
        for name, weight in zip(default_metrics(), weights, strict=True)
        if weight
    )
    return (
        f"{begin}: together they are better by {signed_points(100 * gain.value)} points "
        f"({signed_points(100 * low)} to {signed_points(100 * high)}), with {named}."
    )
