"""L7: where along depth training changes most."""

import numpy as np
import pandas as pd

from lrd_core.claims.held import Held, profiles_of
from lrd_core.claims.intervals import over_tasks
from lrd_core.claims.registry import LBL, claim
from lrd_core.claims.verdicts import Finding, not_testable, side_of

CHANGING = "prompt_entropy"
LEAST_STEPS = 4
LEAST_TASKS = 5


@claim(
    "L7",
    "Training changes intermediate layers most.",
    LBL,
    "figure 4",
    statistic="spread of prompt entropy over checkpoints, middle third of depth less the larger "
    "of the outer thirds",
    rule="Holds where the interval over tasks lies above zero, with four checkpoints and five "
    "tasks at least.",
    series=(CHANGING,),
)
def middle_changes(held: Held) -> Finding:
    """Standard deviation over checkpoints by layer, on each task that all of them share."""
    rows = held.checkpoints[held.checkpoints["series"] == CHANGING]
    found, parts, told = [], [], []
    for model, part in rows.groupby("model", sort=False):
        spread = spread_by_layer(part)
        if spread is None:
            continue
        thirds = np.array_split(np.arange(spread.shape[1]), 3)
        means = [spread[:, third].mean(axis=1) for third in thirds]
        gaps = means[1] - np.maximum(means[0], means[2])
        found.append(over_tasks(f"{model}: middle less outer", gaps, kind="main"))
        for name, values in zip(("first", "middle", "last"), means, strict=True):
            parts.append(over_tasks(f"{model}: {name} third", values, kind="baseline"))
        told.append(f"{part['revision'].nunique()} checkpoints of {model}")
    if not found:
        return not_testable(
            f"No model has prompt entropy at {LEAST_STEPS} checkpoints of the same tasks.",
            "Measure prompt entropy of several checkpoints: run --model NAME@step1000.",
        )
    main = max(found, key=lambda one: one.n)
    verdict, why = side_of(main, LEAST_TASKS)
    others = [one.called(one.label, "baseline") for one in found if one is not main]
    return Finding(
        verdict,
        f"{why} From {'; '.join(told)}.",
        "of normalised entropy",
        (main, *others, *parts),
        "Checkpoints of other models: this is one model's training.",
    )


def spread_by_layer(rows: pd.DataFrame) -> np.ndarray | None:
    """(tasks, layers): standard deviation over the checkpoints that all shared tasks have."""
    tables = list(profiles_of(rows.assign(model=rows["revision"])).get(CHANGING, {}).values())
    if len(tables) < LEAST_STEPS:
        return None
    shared = sorted(set.intersection(*(set(table.tasks) for table in tables)))
    if not shared or len({table.cells.shape[1] for table in tables}) > 1:
        return None
    cells = np.stack([table.of(shared) for table in tables])
    return np.asarray(cells.std(axis=0, ddof=1))
