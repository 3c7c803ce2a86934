"""What of a selection can be played over depth: a setting whose values become the frames."""

import pandas as pd

from lrd_core.config import Config
from lrd_core.settings import find_setting
from lrd_core.views import coverage, stored
from lrd_core.views.view import Selection


def usual_setting(runs: pd.DataFrame) -> str | None:
    """The setting of which one model on one task has most values; None where none has two."""
    asked = list(coverage.ambiguous_settings(runs))
    if not asked:
        return None
    most = runs.groupby(["model", "task"])[asked].nunique().max()
    return str(most.idxmax())


def nothing_to_play(config: Config, selection: Selection) -> str:
    """Why nothing of a selection plays, and what of the store would."""
    runs = stored.runs(config)
    setting = usual_setting(runs)
    why = "Nothing plays here: no model of this selection was run on a task in several ways."
    if setting is None:
        return f"{why} Run one under conditions, or import checkpoints."
    counts = runs.groupby(["model", "task"], sort=False)[setting].nunique()
    model, task = counts.idxmax()
    name = find_setting(setting).label.lower()
    return f"{why} {model} on {task} plays: {counts.max()} values of {name}."
