"""Which layer of one model without labels: its ways to pick, and what they lost elsewhere."""

from collections.abc import Mapping, Sequence

import pandas as pd

from lrd_core.config import Config
from lrd_core.numbers import counted, points
from lrd_core.views.layer_words import strategy_name
from lrd_core.views.track_record import best_way, family_record, fixed_layers, track_record


def records_of(
    config: Config, task_type: str, task: str, models: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What picks without labels lost elsewhere: on this type of task, and by this kind of model.

    The second is empty where there are several models: nothing without labels compares these.
    """
    track = track_record(config, task_type, task)
    if len(models) != 1:
        return track, track.head(0)
    return track, family_record(config, models[0], task)


def layers_without_labels(table: pd.DataFrame, picks: pd.DataFrame) -> dict[str, int]:
    """Of one model: each way to pick that needs no label, and its layer.

    table, picks: as AskView has them. The last and the middle layer are ways where they are within
    the budget.
    """
    picked = {str(row.series): int(row.layer) for row in picks.itertuples()}
    fixed = fixed_layers(int(table["num_blocks"].iloc[0]))
    offered = set(table["layer"])
    return picked | {way: layer for way, layer in fixed.items() if layer in offered}


def record_words(record: pd.DataFrame, layers: Mapping[str, int]) -> str:
    """What speaks for the way that lost least, to be said after its layer."""
    way = best_way(record, layers)
    if way is None:
        return "; no other task is stored that would say how well that picks"
    rows = record[record["way"] == way]
    lost = (rows["regret"] * rows["num_tasks"]).sum() / rows["num_tasks"].sum()
    others = counted(int(rows["num_tasks"].sum()), "other task")
    return f": {strategy_name(way)} lost least on {others}, {points(100 * lost)} points"
