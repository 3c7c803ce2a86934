"""One line a model: the mean over the tasks that all share, or the one task most of them have."""

import pandas as pd

from lrd_core.numbers import counted
from lrd_core.views import lines
from lrd_core.views.line_words import tasks_in_words
from lrd_core.views.series_names import series_text

LINE = ["model", "variation", "variant"]


def task_means(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The mean of each line over tasks, and what must be said of it, a sentence a series.

    Over the tasks that every line of a series has at every position (lines.over_tasks). Where
    there is none, over the one task that most lines have: those without it are left out.
    """
    parts, said = [], []
    several: dict[str, list[str]] = {}
    for series, rows in table.groupby("series", sort=False):
        averaged, used = lines.over_tasks(rows)
        if averaged.empty and not rows.empty:
            task = most_shared(rows)
            averaged, used = lines.over_tasks(rows[rows["task"] == task])
            missing = rows["model"].nunique() - averaged["model"].nunique()
            said.append(
                f"{series_text(str(series))[0]}: no task is common to all, so {task} is drawn, "
                f"which most have; {counted(missing, 'model')} without it left out."
            )
        elif rows["task"].nunique() > 1:
            several |= used
        parts.append(averaged)
    said += tasks_in_words(several, "mean")
    return (pd.concat(parts, ignore_index=True) if parts else table), said


def most_shared(rows: pd.DataFrame) -> str:
    """The task that most lines have; of equals the first by name."""
    counts = rows.drop_duplicates([*LINE, "task"])["task"].value_counts().sort_index()
    return str(counts.idxmax())
