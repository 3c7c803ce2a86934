"""L6: what a layer that DiME picks gains, beside layers that nothing picked."""

import numpy as np

from lrd_core.claims.held import LEAST_TASKS, Held
from lrd_core.claims.intervals import over_models_and_tasks, over_tasks
from lrd_core.claims.registry import LBL, claim
from lrd_core.claims.verdicts import LEAST_MODELS, Finding, all_of, not_testable, side_of

PICKING = "dime"


@claim(
    "L6",
    "Choosing the layer by DiME gains about 3 points over the last layer.",
    LBL,
    "section 5",
    statistic="score at the layer of lowest DiME less the score at the last layer, mean over "
    "models and tasks",
    rule="Holds where the interval lies above zero and so does that of the gain over the middle "
    "layer, which looks at nothing; contradicted where the gain over the last lies below zero.",
    page="selection",
)
def dime_picks(held: Held) -> Finding:
    """DiME's pick for each task against the last, the middle and a random layer."""
    last, middle, chance = {}, {}, {}
    for model, curves in held.curves.items():
        table = held.table(model, PICKING)
        tasks = curves.shared(table)
        if len(tasks) < LEAST_TASKS:
            continue
        cells = 100 * curves.of(tasks)
        picked = table.of(tasks).argmin(axis=1)
        scores = cells[np.arange(len(cells)), picked]
        last[model] = scores - cells[:, -1]
        middle[model] = scores - cells[:, (cells.shape[1] - 1) // 2]
        chance[model] = scores - cells.mean(axis=1)
    if not last:
        return not_testable(
            "No model has DiME and scores at every layer of three tasks.",
            "Measure DiME on tasks that a model is scored on at every layer.",
        )
    main = over_models_and_tasks("over the last layer", last)
    over_middle = over_models_and_tasks("over the middle layer", middle, kind="baseline")
    over_chance = over_models_and_tasks("over a random layer", chance, kind="baseline")
    verdict, why = all_of([side_of(main, LEAST_MODELS)])
    beside, _ = side_of(over_middle, LEAST_MODELS)
    if verdict == "holds" and beside != "holds":
        verdict, why = "open", "It gains over the last layer, but not surely over the middle one."
    return Finding(
        verdict,
        why,
        "points",
        (main, over_middle, over_chance, *(over_tasks(m, x) for m, x in last.items())),
        "" if verdict == "holds" else "More models with DiME and scores at every layer.",
        "DiME's lowest layer is taken without looking at a score, so nothing is searched for.",
    )
