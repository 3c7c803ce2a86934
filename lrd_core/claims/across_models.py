"""R1 to R4: what the three quantities of Layer-wise Representation Dynamics say across models."""

import numpy as np
import pandas as pd

from lrd_core.analysis.correlation import (
    LEAST_MODELS,
    median_of_known,
    percentile_of_known,
    resampled_rows,
    resampled_spearman,
    spearman,
    wider_interval,
)
from lrd_core.claims.held import Held
from lrd_core.claims.registry import LRD, claim
from lrd_core.claims.verdicts import Finding, Number, all_of, not_testable, side_of
from lrd_core.numbers import counted
from lrd_core.settings import BASE_LM

LEVELS = {"d_0L": "d(0, L)", "nrs_mean": "NRS", "gfmi_mean": "GFMI"}
ENOUGH_MODELS = 10
"""Fewer models cannot tell a correlation of 0.5 from none."""

MMLU = "mmlu"
RESAMPLES = 1000


def common_table(
    levels: pd.DataFrame, scores: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray, list[str], list[str]]:
    """The three levels and the scores of the models and tasks that have all of them.

    Returns levels (3, tasks, models), scores (tasks, models), and their names. Models that lack a
    task, or tasks that lack a model, are left out, the fewer cells first.
    """
    if levels.empty or scores.empty:
        return np.empty((len(LEVELS), 0, 0)), np.empty((0, 0)), [], []
    wanted = levels[levels["metric"].isin(LEVELS)].rename(columns={"value": "number"})
    wide = wanted.pivot_table(index=["model", "task"], columns="metric", values="number")
    wide = wide.reindex(columns=list(LEVELS)).dropna()
    both = wide.join(scores.set_index(["model", "task"])["score"].rename("score"), how="inner")
    both = both.dropna()
    cells = both["score"].unstack("model")
    while cells.size and cells.isna().any(axis=None):
        rows, columns = cells.isna().mean(axis=1), cells.isna().mean(axis=0)
        if rows.max() >= columns.max():
            cells = cells.drop(index=str(rows.idxmax()))
        else:
            cells = cells.drop(columns=str(columns.idxmax()))
    tasks, models = list(cells.index), list(cells.columns)
    numbers = [both[name].unstack("model").reindex(index=tasks, columns=models) for name in LEVELS]
    return (
        np.stack([table.to_numpy(float) for table in numbers]),
        cells.to_numpy(float),
        models,
        tasks,
    )


def medians(levels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Median over tasks of Spearman's rho of each level, and the same of resampled models.

    Shape: levels (3, tasks, models), scores (tasks, models) -> (3,) and (3, RESAMPLES). Models and
    tasks are drawn anew, the same for all three, so that differences of the medians are paired.
    """
    kinds, tasks, models = levels.shape
    rho = spearman(levels, np.broadcast_to(scores, levels.shape))
    rows = resampled_rows(models, RESAMPLES, 0)
    flat = levels.reshape(-1, models)
    drawn = resampled_spearman(flat, np.tile(scores, (kinds, 1)), rows).reshape(kinds, tasks, -1)
    picked = resampled_rows(tasks, RESAMPLES, 1)
    chosen = np.stack([drawn[:, picked[i], i] for i in range(RESAMPLES)], axis=1)
    return median_of_known(rho), median_of_known(chosen)


def correlated(held: Held) -> tuple[np.ndarray, np.ndarray, list[str], list[str]]:
    """`medians` of the levels with the scores, and the models and tasks that have all of them."""
    cells, measured, models, tasks = common_table(held.levels, held.model_scores)
    if len(models) < LEAST_MODELS or not tasks:
        return np.empty(0), np.empty((0, 0)), models, tasks
    return *medians(cells, measured), models, tasks


def _positive(held: Held) -> Finding:
    rho, drawn, models, tasks = held.once(correlated)
    if len(models) < LEAST_MODELS or not tasks:
        return not_testable(
            f"d(0, L), NRS, GFMI and a score on the same tasks: {counted(len(models), 'model')}; "
            f"{LEAST_MODELS} are needed for a correlation.",
            "Run and score more models on the same tasks.",
        )
    numbers = []
    for place, label in enumerate(LEVELS.values()):
        low, high = wider_interval(rho[place], drawn[place], len(models))
        number = Number(label, float(rho[place]), float(low), float(high), len(models), "models")
        numbers.append(number.called(label, "baseline"))
    verdict, why = all_of(side_of(one, ENOUGH_MODELS) for one in numbers)
    if why.startswith("The whole interval lies on the other"):
        worst = min(numbers, key=lambda one: one.value)
        why = f"{worst.label} goes the other way."
    least = min(numbers, key=lambda one: one.value)
    return Finding(
        verdict,
        f"{why} Over {len(models)} models and {counted(len(tasks), 'task')}.",
        "median rho",
        (least.called(f"least: {least.label}", "main"), *numbers),
        "" if verdict == "holds" else "The panel of 31 models on the same tasks.",
        "Three correlations are tested and all have to be positive, so no correction is due.",
    )


@claim(
    "R2",
    "d(0, L), NRS and GFMI all correlate positively with scores over models.",
    LRD,
    statistic="median over tasks of Spearman's rho, the least of the three",
    rule="Holds where all three intervals over models and tasks lie above zero, with ten models at "
    "least; contradicted where one lies below.",
    page="selection",
)
def all_positive(held: Held) -> Finding:
    """The least of the three median correlations."""
    return _positive(held)


@claim(
    "R3",
    "d(0, L) correlates most of the three.",
    LRD,
    statistic="median rho of d(0, L) less the larger of the other two, models drawn together",
    rule="Holds where the interval of the paired difference lies above zero, with ten models at "
    "least; contradicted where it lies below.",
    page="selection",
)
def distance_most(held: Held) -> Finding:
    """The paired difference of the medians."""
    rho, drawn, models, tasks = held.once(correlated)
    if len(models) < LEAST_MODELS or not tasks:
        return not_testable(
            f"d(0, L), NRS, GFMI and a score on the same tasks: {counted(len(models), 'model')}; "
            f"{LEAST_MODELS} are needed.",
            "Run and score more models on the same tasks.",
        )
    gaps = drawn[0] - np.maximum(drawn[1], drawn[2])
    low, high = (float(percentile_of_known(gaps[None], p)[0]) for p in (2.5, 97.5))
    value = float(rho[0] - max(rho[1], rho[2]))
    main = Number("d(0, L) less the next", value, low, high, len(models), "models", "main")
    own = [
        Number.alone(label, float(rho[i]), len(models), "models", "baseline")
        for i, label in enumerate(LEVELS.values())
    ]
    verdict, why = side_of(main, ENOUGH_MODELS)
    return Finding(
        verdict,
        f"{why} Over {len(models)} models and {counted(len(tasks), 'task')}.",
        "median rho",
        (main, *own),
        "" if verdict == "holds" else "The panel of 31 models on the same tasks.",
        "The larger of the other two is taken in every resample, so the search is in the interval.",
    )


@claim(
    "R4",
    "The same direction holds for base language models on MMLU.",
    LRD,
    statistic="Spearman's rho with MMLU over base LMs, the least of the three",
    rule="As R2, over base LMs and MMLU alone.",
    page="selection",
)
def base_models(held: Held) -> Finding:
    """R2 restricted to base LMs and their MMLU scores."""
    base = [model for model, name in held.families.items() if name == BASE_LM]
    scores = held.model_scores[held.model_scores["task"].astype(str).str.lower() == MMLU]
    scored = set(scores["model"]) & set(base)
    if len(scored) < LEAST_MODELS:
        return not_testable(
            f"{len(base)} base LMs are here, {len(scored)} of them with an MMLU score; "
            f"{LEAST_MODELS} are needed.",
            "Import MMLU scores (a CSV with model and mmlu) of base LMs that were run here.",
        )
    # MMLU's texts are not run: a model's number is its mean over the tasks that all of them share.
    rows = held.levels[held.levels["model"].isin(scored)]
    counts = rows.groupby(["metric", "task"])["model"].transform("nunique")
    means = rows[counts == rows["model"].nunique()]
    means = means.groupby(["model", "metric"], as_index=False)["value"].mean().assign(task=MMLU)
    return _positive(Held(levels=means, model_scores=scores.assign(task=MMLU)))
