"""L1 and L2: whether a layer before the last scores higher, and by how much."""

import numpy as np

from lrd_core.claims.held import Held
from lrd_core.claims.intervals import over_models_and_tasks, over_tasks, ratio_over_tasks
from lrd_core.claims.registry import LBL, claim
from lrd_core.claims.verdicts import LEAST_MODELS, Finding, Verdict, not_testable, side_of
from lrd_core.numbers import percent

SPLITS = 100
UP_TO = 0.16
"""The largest relative gain that the source reports."""

NO_SCORES = "No model has scores at every layer on three tasks."
SCORE_MORE = "Score more models at every layer: python -m lrd_core scores, or import results."


def honest_gains(cells: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """By task: gain over the last layer at a layer that was chosen on other tasks.

    Shape: cells (tasks, layers) -> (tasks,). Each of SPLITS random halves chooses its best layer
    by mean score, which the other half is scored at; a task's gain is its mean over the splits in
    which it did not choose.
    """
    tasks = len(cells)
    draw = np.random.default_rng(seed)
    choosing = np.zeros((SPLITS, tasks), dtype=bool)
    for split in choosing:
        split[draw.permutation(tasks)[: (tasks + 1) // 2]] = True
    best = (choosing.astype(float) @ cells).argmax(axis=1)
    gains = cells[:, best].T - cells[:, -1]
    return np.asarray(np.nanmean(np.where(choosing, np.nan, gains), axis=0))


def gains_of(held: Held) -> dict[str, np.ndarray]:
    """`honest_gains` of every model with scores at every layer, in points."""
    return {model: 100 * honest_gains(table.cells) for model, table in held.curves.items()}


@claim(
    "L1",
    "A layer before the last scores above the last one.",
    LBL,
    "figure 1",
    statistic="gain over the last layer, the layer chosen on half of the tasks and scored on the "
    "other half, mean over models",
    rule="Holds where the interval over models and tasks lies above zero, with four models at "
    "least.",
    page="selection",
)
def middle_beats_last(held: Held) -> Finding:
    """Points gained at a layer that was chosen on other tasks than it is scored on."""
    curves = held.curves
    if not curves:
        return not_testable(NO_SCORES, SCORE_MORE)
    gains = held.once(gains_of)
    main = over_models_and_tasks("chosen on other tasks", gains)
    naive = {
        model: 100 * (t.cells[:, t.cells.mean(axis=0).argmax()] - t.cells[:, -1])
        for model, t in curves.items()
    }
    seen = over_models_and_tasks("chosen on the same tasks", naive, kind="baseline")
    parts = [over_tasks(model, values) for model, values in gains.items()]
    verdict, why = side_of(main, LEAST_MODELS)
    above = sum(one.low > 0 for one in parts)
    return Finding(
        verdict,
        f"{why} In {above} of {len(parts)} models alone the interval over tasks lies above zero.",
        "points",
        (main, seen, *parts),
        "" if verdict == "holds" else SCORE_MORE,
        "The best layer is searched for, so it is chosen on other tasks than it is scored on.",
    )


@claim(
    "L2",
    "The gain of an intermediate layer reaches 16%.",
    LBL,
    statistic="largest gain of a model's mean score over the last layer, relative, the layer "
    "chosen on other tasks",
    rule="Holds where a model's whole interval lies at 16% or above, contradicted where every "
    "model's lies below.",
    page="selection",
)
def gain_reaches(held: Held) -> Finding:
    """The model with the largest relative gain of its mean, at a level for as many as were tried.

    The largest of a single task is told beside it; it is the task that gains most by hindsight.
    """
    curves = held.curves
    if not curves:
        return not_testable(NO_SCORES, SCORE_MORE)
    level = 1 - 0.05 / len(curves)
    found = [
        ratio_over_tasks(model, gains, curves[model].cells[:, -1], level=level)
        for model, gains in held.once(gains_of).items()
    ]
    most = max(found, key=lambda one: one.value)
    main = most.called(f"largest: {most.label}", "main")
    goal = 100 * UP_TO
    verdict: Verdict
    if any(one.low >= goal for one in found):
        verdict, why = "holds", "A model's whole interval lies at 16% or above."
    elif all(one.high < goal for one in found):
        verdict, why = "contradicted", "Every model's interval lies below 16%."
    else:
        verdict, why = "open", "An interval includes 16%."
    single = max(
        (float((t.cells.max(axis=1) / t.cells[:, -1] - 1).max()), model)
        for model, t in curves.items()
    )
    return Finding(
        verdict,
        f"{why} Of single tasks, {single[1]} gains most by hindsight: {percent(single[0])}.",
        "%",
        (main, *found),
        "" if verdict != "open" else "More tasks scored at every layer narrow the intervals.",
        f"The largest of {len(found)} models is looked for: intervals are at {percent(level, 1)} "
        "(Bonferroni).",
    )
