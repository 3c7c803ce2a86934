"""What label-free picks of a layer cost on tasks that were scored at every layer.

Of one type of task, or of models of one family over tasks of every type: what a pick costs depends
more on the kind of model (one that was trained to be read at its end, or one that was not) than on
the kind of task.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from lrd_core.analysis.combination import is_mixture, mixed_picks
from lrd_core.analysis.selection import picked_at
from lrd_core.analysis.task_scores import layer_table
from lrd_core.claims.intervals import mean_of
from lrd_core.config import Config
from lrd_core.models.specs import known_model
from lrd_core.views.earned import FIXED, RANDOM
from lrd_core.views.layer_choice import (
    default_metrics,
    metric_tables,
    scored_subjects,
    whole_layers,
)
from lrd_core.views.score_tables import OWN, score_table

COLUMNS = ("way", "origin", "regret", "low", "high", "num_tasks", "num_models")
HELD_OUT = "best of these on the other tasks"
TOGETHER = "these metrics together, weights learnt on the other tasks"
HERE, PUBLISHED = "computed here", "published"
_CELL = ("task", "way", "layer", "regret")
REGRETS = ("model", *_CELL, "origin")
NO_LAYER = -1
"""The layer of a way that names none: a layer at random."""


def fixed_layers(num_blocks: int) -> dict[str, int]:
    """Ways that look at nothing, and the layer each takes."""
    return dict(zip(FIXED, (num_blocks, num_blocks // 2), strict=True))


def family_regrets(config: Config, model: str, without: str = "") -> pd.DataFrame:
    """pick_regrets over tasks of every type and models of this one's family, itself included.

    model: as registered; all families where its own is not known.
    """
    known = known_model(model)
    return pick_regrets(config, without=without, family=known.family if known else "")


def track_record(config: Config, task_type: str, without: str = "") -> pd.DataFrame:
    """Mean regret of each way to pick a layer, one row a way and origin, with COLUMNS.

    regret: score below the best layer, 0 to 1; the mean over models on each task, then over tasks,
    with Student's interval over tasks. HELD_OUT takes on each task the metric that lost least on
    the others, TOGETHER the mixture of metrics that did. Models at checkpoints count as none.
    without: a task that is left out, such as the one that is asked about.
    """
    return records_of_ways(pick_regrets(config, task_type, without))


def records_of_ways(cells: pd.DataFrame) -> pd.DataFrame:
    """Regrets of picks, as pick_regrets gives them, in a row a way and origin."""
    rows = []
    for origin, group in cells.groupby("origin", sort=True):
        mixed = group["way"].map(is_mixture).astype(bool)
        alone, metrics = group[~mixed], group[~mixed & ~group["way"].isin([*FIXED, RANDOM])]
        rows += [_row(str(way), str(origin), part) for way, part in alone.groupby("way", sort=True)]
        for name, ways in ((HELD_OUT, metrics), (TOGETHER, group[mixed])):
            held = _held_out(ways)
            if len(held):
                rows.append(_row(name, str(origin), held))
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    return found.sort_values(["origin", "regret"], ignore_index=True)


def pick_regrets(
    config: Config, task_type: str = "", without: str = "", family: str = ""
) -> pd.DataFrame:
    """model, task, way, layer, regret, origin: one row a pick of one model on one task.

    Ways: metrics, mixtures of them, the last layer, the middle one and one at random.
    task_type, family: only of these, any where empty. without: as track_record.
    """
    table = score_table(config)
    for column, wanted in (("task_type", task_type), ("family", family)):
        table = table[table[column] == wanted] if wanted else table
    table = table[table["task"] != without]
    subjects = [one for one in scored_subjects(table) if one.checkpoint is None]
    parts = []
    for scored, metrics in zip(
        subjects, metric_tables(config, subjects, default_metrics()), strict=True
    ):
        rows = table[(table["subject"] == scored.subject) & (table["layer"] >= 0)]
        scores = whole_layers(layer_table(rows), scored.num_blocks).dropna()
        origin = HERE if scored.source in OWN else PUBLISHED
        parts.append(_of_subject(scores, metrics).assign(model=scored.model, origin=origin))
    kept = [part for part in parts if len(part)]
    if not kept:
        return pd.DataFrame(columns=list(REGRETS))
    return pd.concat(kept, ignore_index=True).drop_duplicates(["model", "task", "way", "origin"])


def _of_subject(scores: pd.DataFrame, metrics: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """_CELL of one model. scores and metrics: tables task x layer.

    The last layer, the middle one and one at random (the mean over layers) stand beside tasks that
    some metric picks a layer for.
    """
    rows = []
    for task, row in scores.iterrows():
        profiles = {
            series: values.loc[task].reindex(row.index)
            for series, values in metrics.items()
            if task in values.index and values.loc[task].reindex(row.index).notna().all()
        }
        if not profiles:
            continue
        picks = {series: _pick(series, profile) for series, profile in profiles.items()}
        picks |= mixed_picks(profiles) | fixed_layers(len(row) - 1)
        rows += [
            (str(task), way, int(layer), float(row.max() - row[layer]))
            for way, layer in picks.items()
        ]
        rows.append((str(task), RANDOM, NO_LAYER, float(row.max() - row.mean())))
    return pd.DataFrame(rows, columns=list(_CELL))


def _pick(series: str, profile: "pd.Series[float]") -> int:
    return int(profile.idxmin() if picked_at(series) == "lowest" else profile.idxmax())


def _held_out(ways: pd.DataFrame) -> pd.DataFrame:
    """For each task the rows of the way that lost least on the others; none for one task."""
    by_task = ways.pivot_table(index="task", columns="way", values="regret", aggfunc="mean")
    parts = []
    for task in by_task.index:
        others = by_task.drop(index=task).mean().dropna()
        on_task = ways[ways["task"] == task]
        known = others[others.index.isin(on_task["way"])]
        if len(known):
            parts.append(on_task[on_task["way"] == known.idxmin()])
    return pd.concat(parts) if parts else ways.head(0)


def _row(way: str, origin: str, part: pd.DataFrame) -> Sequence[object]:
    by_task = part.groupby("task")["regret"].mean()
    mean = mean_of("", by_task.tolist(), "tasks")
    return (
        *(way, origin, mean.value, mean.low, mean.high, len(by_task)),
        int(part["model"].nunique()),
    )
