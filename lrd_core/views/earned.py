"""Which way of picking a layer without labels has earned it: sure to lose less than the last layer.

The way that lost least on record is the winner of a contest on that very record. So a way other
than the last layer is taken only where such winners, chosen without a task, lose less on that task,
and, chosen without a model, on that model, each with an interval that excludes 0. A mixture of
metrics must win so twice: over the last layer, and over the single way that lost least elsewhere.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from lrd_core.analysis.combination import is_mixture
from lrd_core.analysis.common import common_set
from lrd_core.claims.intervals import mean_of
from lrd_core.claims.verdicts import Number

LAST, MIDDLE, RANDOM = "last", "middle", "average"
FIXED = (LAST, MIDDLE)
"""Ways that look at nothing; the first of them that can be had stays until another is better."""

UNITS = ("task", "model")

OVER_STAYS, OVER_SINGLE = "stays", "single"
"""What a mixture is held against: the fixed way, and the winner among single ways."""


@dataclass(frozen=True)
class Earned:
    """A way, and what speaks for it.

    stays: the fixed way that others must beat; "" where none can be had. best_other: the other way
    that lost least on all of the record, mixtures aside; "" for none. lost: way -> mean regret, 0
    to 1, over models on each task, then over tasks, on the same cells for every way; of a mixture
    that is taken: of the one that was learnt without each task. trials: by unit (task, model), how
    much less than `stays` the other way loses that lost least on all other units, mean and interval
    over units. mixed: the same of the mixture that lost least on all other units, less than
    `stays` and less than the single way that lost least there; empty where none is on record.
    own: the record is of the model that is asked about, on its other tasks.
    """

    way: str
    stays: str = ""
    best_other: str = ""
    lost: Mapping[str, float] = field(default_factory=dict)
    trials: Mapping[str, Number] = field(default_factory=dict)
    mixed: Mapping[str, Mapping[str, Number]] = field(default_factory=dict)
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


def without_say(means: pd.DataFrame, ways: Sequence[str]) -> np.ndarray:
    """(units,) what the one of these ways loses on each unit that lost least on all the others.

    means: unit x way, without a gap, two units or more.
    """
    values = means[list(ways)].to_numpy(float)
    winners = (values.sum(axis=0) - values).argmin(axis=1)
    taken: np.ndarray = values[np.arange(len(values)), winners]
    return taken


def _earned(
    record: pd.DataFrame, offered: Collection[str], units: Collection[str], *, own: bool
) -> Earned | None:
    single = [way for way in offered if not is_mixture(way)]
    if not single:
        return None
    found = _earned_alone(record, single, units, own=own)
    mixtures = [way for way in offered if is_mixture(way)]
    return _perhaps_mixed(found, record, single, mixtures, units) if found.trials else found


def _earned_alone(
    record: pd.DataFrame, offered: Collection[str], units: Collection[str], *, own: bool
) -> Earned:
    """Among the ways that are no mixtures."""
    stays = next((way for way in FIXED if way in offered), "")
    wide = _same_cells(record, offered)
    others = [way for way in wide.columns if way in offered and way != stays]
    if stays not in wide.columns or not others:
        return _without_contest(wide, stays, offered)
    lost = _by_unit(wide, "task").mean()
    best_other = str(lost[others].idxmin())
    trials = {unit: _trial(_by_unit(wide, unit), unit, [stays], others) for unit in units}
    num_tasks, num_models = _counts(wide)
    return Earned(
        way=best_other if _sure(trials) else stays,
        stays=stays,
        best_other=best_other,
        lost={str(way): float(value) for way, value in lost.items()},
        trials=trials,
        num_tasks=num_tasks,
        num_models=num_models,
        own=own,
    )


def _perhaps_mixed(
    found: Earned,
    record: pd.DataFrame,
    single: Collection[str],
    mixtures: Collection[str],
    units: Collection[str],
) -> Earned:
    """With the mixture that lost least, where such ones surely win both times; else as found."""
    wide = _with_all(record, [*single, *mixtures])
    known = [way for way in wide.columns if way in mixtures]
    others = [way for way in wide.columns if way in single and way != found.stays]
    if wide.empty or not known or not others:
        return found
    means = {unit: _by_unit(wide, unit) for unit in units}
    mixed = {
        against: {unit: _trial(means[unit], unit, over, known) for unit in units}
        for against, over in ((OVER_STAYS, [found.stays]), (OVER_SINGLE, others))
    }
    if not all(_sure(trials) for trials in mixed.values()):
        return replace(found, mixed=mixed)
    lost = means["task"].mean()
    taken = str(lost[known].idxmin())
    kept = {str(way): float(lost[way]) for way in lost.index if not is_mixture(str(way))}
    kept[taken] = float(without_say(means["task"], known).mean())
    num_tasks, num_models = _counts(wide)
    return replace(
        found, way=taken, mixed=mixed, lost=kept, num_tasks=num_tasks, num_models=num_models
    )


def _sure(trials: Mapping[str, Number]) -> bool:
    return all(trial.n and trial.low > 0 for trial in trials.values())


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
    wide = _cells(record, offered)
    return wide if wide.empty else common_set(wide).table


def _with_all(record: pd.DataFrame, offered: Collection[str]) -> pd.DataFrame:
    """The same of the cells where every way is known, as it is where all metrics were measured."""
    return _cells(record, offered).dropna()


def _cells(record: pd.DataFrame, offered: Collection[str]) -> pd.DataFrame:
    known = record[record["way"].isin([*offered, *FIXED, RANDOM])]
    return known.pivot_table(index=["task", "model"], columns="way", values="regret")


def _by_unit(wide: pd.DataFrame, unit: str) -> pd.DataFrame:
    return wide.groupby(level=unit).mean()


def _trial(means: pd.DataFrame, unit: str, over: Sequence[str], others: Sequence[str]) -> Number:
    """Regret of the winner of the other units among `over`, less that among `others`, over units.

    Of a single unit nothing can be left out: n is 0.
    """
    if len(means) < 2:
        return Number.alone("", float("nan"), 0, f"{unit}s")
    gained = without_say(means, over) - without_say(means, others)
    return mean_of("", gained.tolist(), f"{unit}s")
