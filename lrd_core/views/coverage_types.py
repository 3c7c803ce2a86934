"""What the store holds of many tasks: models against types of task, how many of each are there."""

from collections.abc import Mapping, Sequence

import pandas as pd

from lrd_core.views.words import joined

MOST_TASKS = 6
"""Tasks up to which each has a column, with room for its name."""

TYPE_COLUMNS = ["model", "family", "type", "held", "scored", "total", "most", "missing"]


def by_type(
    table: pd.DataFrame,
    models: Sequence[str],
    types: Mapping[str, str],
    families: Mapping[str, str],
) -> pd.DataFrame:
    """One row a model and type of task: TYPE_COLUMNS.

    table: of coverage_table. types: task -> its type. families: model -> its family.
    held: tasks with metrics. scored: tasks whose layers have scores. total: tasks of the type that
    the store knows. most: metrics of the task that has most. missing: tasks without either.
    """
    known = table.assign(type=table["task"].map(types).fillna("").replace("", "other"))
    totals = known.drop_duplicates("task").groupby("type")["task"].apply(set)
    rows = []
    for model in models:
        own = known[known["model"] == model]
        for kind in sorted(totals.index):
            cells = own[own["type"] == kind]
            there = set(cells.loc[(cells["num_series"] > 0) | (cells["num_scores"] > 0), "task"])
            rows.append(
                {
                    "model": model,
                    "family": families.get(model, ""),
                    "type": kind,
                    "held": int((cells["num_series"] > 0).sum()),
                    "scored": int((cells["num_layers_scored"] > 1).sum()),
                    "total": len(totals[kind]),
                    "most": int(cells["num_series"].max()) if len(cells) else 0,
                    "missing": joined(sorted(totals[kind] - there), most=4),
                }
            )
    return pd.DataFrame(rows, columns=TYPE_COLUMNS)
