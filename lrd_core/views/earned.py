"""Which way of picking a layer without labels has earned it: sure to lose less than the last layer.

The way that lost least on record is the winner of a contest on that very record. So a way other
than the last layer is taken only where such winners, chosen without a task, lose less on that task,
and, chosen without a model, on that model, each with an interval that excludes 0.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lrd_core.analysis.common import common_set
from lrd_core.claims.intervals import mean_of
from lrd_core.claims.verdicts import Number

LAST, MIDDLE, RANDOM = "last", "middle", "average"
FIXED = (LAST, MIDDLE)
"""Ways that look at nothing; the first of them that can be had stays until another is better."""

UNITS = ("task", "model")


@dataclass(frozen=True)
class Earned:
    """A way, and what speaks for it.

    stays: the fixed way that others must beat; "" where none can be had. best_other: the other way
    that lost least on all of the record; "" for none. lost: way -> mean regret, 0 to 1, over models
    on each task, then over tasks, on the same cells for every way. trials: by unit (task, model),
    how much less than `stays` the other way loses that lost least on all other units, mean and
    interval over units. own: the record is of the model that is asked about, on its other tasks.
    """

    way: str
    stays: str = ""
    best_other: str = ""
    lost: Mapping[str, float] = field(default_factory=dict)
    trials: Mapping[str, Number] = field(default_factory=dict)
    num_tasks: int = 0
    num_models: int = 0
    own: bool = False

    @property
    def beaten(self) -> bool:
        return self.way != self.stays


def earned_way(record: pd.DataFrame, model: str, offered: Collection[str]) -> Earned | None:
    """The way to take of those offered; None where none is.

    First by the model's own other tasks, where one way may be surely better for this very model;
    else by all models of the record.
    record: model, task, way, regret, one row a pick of one model on one task.
    """
    own = record[record["model"] == model]
    by_own = _earned(own, offered, ("task",), own=True)
    if by_own is not None and by_own.beaten and by_own.trials:
        return by_own
    return _earned(record, offered, UNITS, own=False)


def _earned(
    record: pd.DataFrame, offered: Collection[str], units: Collection[str], *, own: bool
) -> Earned | None:
    if not offered:
        return None
    stays = next((way for way in FIXED if way in offered), "")
    wide = _same_cells(record, offered)
    others = [way for way in wide.columns if way in offered and way != stays]
    if stays not in wide.columns or not others:
        return _without_contest(wide, stays, offered)
    lost = _by_unit(wide, "task").mean()
    best_other = str(lost[others].idxmin())
    trials = {unit: _trial(_by_unit(wide, unit), unit, stays, others) for unit in units}
    num_tasks, num_models = _counts(wide)
    sure = all(trial.n and trial.low > 0 for trial in trials.values())
    return Earned(
        way=best_other if sure else stays,
        stays=stays,
        best_other=best_other,
        lost={str(way): float(value) for way, value in lost.items()},
        trials=trials,
        num_tasks=num_tasks,
        num_models=num_models,
        own=own,
    )


def _without_contest(wide: pd.DataFrame, stays: str, offered: Collection[str]) -> Earned:
    """Where nothing is on record beside the fixed way, or no fixed way can be had."""
    lost = _by_unit(wide, "task").mean() if len(wide) else pd.Series(dtype=float)
    known = lost[[way for way in lost.index if way in offered]]
    way = stays or (str(known.idxmin()) if len(known) else next(iter(offered)))
    regrets = {str(one): float(lost[one]) for one in lost.index}
    num_tasks, num_models = _counts(wide) if len(wide) else (0, 0)
    return Earned(way, stays, lost=regrets, num_tasks=num_tasks, num_models=num_models)


def _counts(wide: pd.DataFrame) -> tuple[int, int]:
    """Tasks and models."""
    return len(wide.index.unique("task")), len(wide.index.unique("model"))


def _same_cells(record: pd.DataFrame, offered: Collection[str]) -> pd.DataFrame:
    """(task, model) x way, without a gap: of those offered and beside them the random layer."""
    known = record[record["way"].isin([*offered, *FIXED, RANDOM])]
    wide = known.pivot_table(index=["task", "model"], columns="way", values="regret")
    return wide if wide.empty else common_set(wide).table


def _by_unit(wide: pd.DataFrame, unit: str) -> pd.DataFrame:
    return wide.groupby(level=unit).mean()


def _trial(means: pd.DataFrame, unit: str, stays: str, others: list[str]) -> Number:
    """Regret of `stays` less that of the winner of the other units, over units.

    Of a single unit nothing can be left out: n is 0.
    """
    if len(means) < 2:
        return Number.alone("", float("nan"), 0, f"{unit}s")
    elsewhere = means[others].sum() - means[others]
    winners = elsewhere.to_numpy().argmin(axis=1)
    taken = means[others].to_numpy()[np.arange(len(means)), winners]
    return mean_of("", (means[stays].to_numpy() - taken).tolist(), f"{unit}s")
