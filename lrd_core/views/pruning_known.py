"""What is known of removing these blocks before anything runs: speed, size, cost where tried."""

from collections.abc import Collection

import numpy as np
import pandas as pd

from lrd_core.numbers import counted, decimals, percent, signed_points
from lrd_core.store.trials import FULL
from lrd_core.views.pruning_timing import one_timing
from lrd_core.views.pruning_trials import Tried

NOT_TIMED = "this size was not timed yet"
NOT_TRIED = "never tried on these tasks"


def known_of(found: Tried, removed: Collection[int], timing: str = "") -> str:
    """Speed, size and cost of a model without these blocks, in one sentence.

    Speed and size are those of any set as large: blocks are alike, so each size is timed once.
    The cost is that of exactly this set, whoever tried it, a rule, chance or a hand.
    """
    if not removed:
        return "No block is removed: this is the full model."
    said = [*_speed_and_size(one_timing(found.timed, timing), len(removed)), _cost(found, removed)]
    text = "; ".join(said)
    return f"{text[:1].upper()}{text[1:]}."


def _speed_and_size(timed: pd.DataFrame, m: int) -> list[str]:
    rows = timed[timed["m"] == m].sort_values("created_at") if len(timed) else timed
    if rows.empty:
        return [NOT_TIMED]
    row = rows.iloc[-1]
    left = row["parameters_pruned"] / row["parameters_full"]
    return [
        f"{decimals(row['speedup'])} times as fast on {row['device']}",
        f"{decimals(row['parameters_pruned'] / 1e6, 1)} million parameters, {percent(left)} of all",
    ]


def _cost(found: Tried, removed: Collection[int]) -> str:
    tried = found.trials[found.trials["rule"] != FULL]
    exact = [set(one) == set(removed) for one in tried["removed"]]
    changes = tried[np.array(exact, dtype=bool)].drop_duplicates("task").set_index("task")["change"]
    asked = len(found.request.tasks)
    if changes.empty:
        return NOT_TRIED
    if len(changes) == 1:
        where = f"on {changes.index[0]}" if asked == 1 else f"on 1 of {asked} tasks"
        return f"{signed_points(changes.iloc[0])} points {where}"
    of = (
        counted(len(changes), "task")
        if len(changes) == asked
        else f"{len(changes)} of {asked} tasks"
    )
    return (
        f"{signed_points(changes.median())} points in the median of {of} "
        f"({signed_points(changes.min())} to {signed_points(changes.max())})"
    )
