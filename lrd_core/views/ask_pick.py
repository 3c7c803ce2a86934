"""Which layer of one model without labels: its ways to pick, and what they lost elsewhere."""

from collections.abc import Mapping, Sequence

import pandas as pd

from lrd_core.analysis.combination import is_mixture, mixed_picks
from lrd_core.claims.verdicts import Number
from lrd_core.config import Config
from lrd_core.numbers import counted, points, signed_points
from lrd_core.views.earned import FIXED, OVER_SINGLE, OVER_STAYS, RANDOM, Earned
from lrd_core.views.layer_words import strategy_name
from lrd_core.views.track_record import (
    REGRETS,
    family_regrets,
    fixed_layers,
    pick_regrets,
    track_record,
)
from lrd_core.views.words import joined, mid_sentence


def records_of(
    config: Config, task_type: str, task: str, models: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What picks without labels lost elsewhere: on this type of task, and one by one.

    The second has the regrets that a layer is chosen by (pick_regrets): of this kind of model, or
    of this type of task where none of its kind is stored. It is empty where there are several
    models: nothing without labels compares these.
    """
    track = track_record(config, task_type, task)
    if len(models) != 1:
        return track, pd.DataFrame(columns=list(REGRETS))
    of_kind = family_regrets(config, models[0], task)
    return track, of_kind if len(of_kind) else pick_regrets(config, task_type, task)


def layers_without_labels(
    table: pd.DataFrame, picks: pd.DataFrame, profiles: pd.DataFrame
) -> dict[str, int]:
    """Of one model: each way to pick that needs no label, and its layer.

    table, picks, profiles: as AskView has them. The last and the middle layer are ways where they
    are within the budget; mixtures are those of the metrics that have a value at every layer of it.
    """
    picked = {str(row.series): int(row.layer) for row in picks.itertuples()}
    fixed = fixed_layers(int(table["num_blocks"].iloc[0]))
    offered = sorted(set(table["layer"]))
    by_series = {
        str(series): rows.set_index("layer")["value"].reindex(offered)
        for series, rows in (profiles.groupby("series") if len(profiles) else ())
    }
    mixed = mixed_picks({name: one for name, one in by_series.items() if one.notna().all()})
    return picked | mixed | {way: layer for way, layer in fixed.items() if layer in offered}


def earned_words(earned: Earned) -> str:
    """What speaks for the way that is taken, to be said after its layer."""
    if earned.way not in earned.lost:
        return "; no other task is stored that would say how well a layer without labels does"
    beside = dict.fromkeys((*FIXED, earned.best_other, RANDOM))
    others = joined(
        f"{_named(way)} {points(100 * earned.lost[way])}"
        for way in beside
        if way in earned.lost and way != earned.way
    )
    cells = f"{counted(earned.num_tasks, 'other task')} of {counted(earned.num_models, 'model')}"
    where = f"{counted(earned.num_tasks, 'other task')} of its own" if earned.own else cells
    learnt = ", with weights learnt without each" if is_mixture(earned.way) else ""
    lost = f"{points(100 * earned.lost[earned.way])} points on {where}{learnt}"
    return f": {_named(earned.way)} lost {lost}" + (f", {others}" if others else "")


def trial_words(earned: Earned) -> str:
    """What the other ways came to where they were not chosen, by which one is taken or not."""
    if not earned.trials:
        return ""
    verdict = {
        earned.best_other: "so it is taken",
        earned.stays: "not surely more than 0, so none is taken",
    }
    told = verdict.get(earned.way, "but a mixture of metrics loses less")
    return (
        f"The way that lost least elsewhere gains, over {_named(earned.stays)}, "
        f"{_tried(earned.trials)}: {told}."
    )


def mixture_words(earned: Earned) -> str:
    """The same of weights for the metrics that were learnt elsewhere, by which they are used or
    not."""
    if not earned.mixed:
        return ""
    verdict = (
        "so they are used"
        if is_mixture(earned.way)
        else "not surely more than 0 both times, so none are used"
    )
    return (
        f"Metrics mixed by weights that were learnt elsewhere gain, over {_named(earned.stays)}, "
        f"{_tried(earned.mixed[OVER_STAYS])}, and over the single way that lost least elsewhere "
        f"{_tried(earned.mixed[OVER_SINGLE])}: {verdict}."
    )


def _tried(trials: Mapping[str, Number]) -> str:
    return joined(_trial(trial, unit) for unit, trial in trials.items())


def _trial(trial: Number, unit: str) -> str:
    if not trial.n:
        return f"an unknown amount on {unit}s left out (a single one is on record)"
    low, high = (signed_points(100 * end) for end in (trial.low, trial.high))
    units = counted(trial.n, unit)
    return f"{signed_points(100 * trial.value)} points ({low} to {high}) on {units} left out"


def _named(way: str) -> str:
    name = mid_sentence(strategy_name(way))
    return f"the {name}" if way in FIXED else name
