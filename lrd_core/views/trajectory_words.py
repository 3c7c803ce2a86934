"""What the Trajectories page says in words, and what it asks the worker for."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from lrd_core.jobs.payloads import run_payload
from lrd_core.metrics.grassmann import PATH
from lrd_core.numbers import decimals, percent, significant, whole
from lrd_core.settings import ASKED, RunSettings
from lrd_core.views.paths import metric_asked
from lrd_core.views.words import joined

GOOD_STRESS = 0.1
POOR_STRESS = 0.2
MOST_NAMED = 3
"""Models up to which each is named; of more, the range is given."""


def sentence(numbers: pd.DataFrame) -> str:
    """How far, how straight, and where the fastest turn is: one model, or the two extremes."""
    known = numbers.dropna(subset=[PATH.straightness]) if len(numbers) else numbers
    if known.empty:
        return "The length of these paths is not known; their layers have no common subspace."
    if len(known) == 1:
        row = known.iloc[0]
        return (
            f"{row['model']} travels {decimals(row[PATH.length], 1)} radians from embedding to "
            f"output, "
            f"{percent(row[PATH.straightness])} straight, and turns fastest in block "
            f"{whole(row['fastest_block'] + 1)} of {row['num_blocks']}."
        )
    ranked = known.sort_values(PATH.straightness)
    low, high = ranked.iloc[0], ranked.iloc[-1]
    if len(known) == 2:
        return (
            f"{_name(high, known)}'s path is the straighter one "
            f"({percent(high[PATH.straightness])}); "
            f"{_name(low, known)}'s winds more ({percent(low[PATH.straightness])})."
        )
    return (
        f"Of {len(known)} paths, {_name(high, known)}'s is the straightest "
        f"({percent(high[PATH.straightness])}) and {_name(low, known)}'s the most winding "
        f"({percent(low[PATH.straightness])})."
    )


def quality_line(quality: pd.DataFrame, together: bool) -> str:
    """Stress of the pictures in words, what cannot be drawn, and how far alignment got."""
    few = len(quality) <= MOST_NAMED
    parts = [
        f"{row.model}: stress {decimals(row.stress)} ({_verdict(row.stress)})"
        for row in quality.itertuples()
        if few
    ] or [_stress_of_many(quality["stress"])]
    parts += [text for row in quality.itertuples() if (text := _not_drawn(row))]
    line = "Classical scaling. " + "; ".join(parts) + "."
    residuals = quality["residual"].dropna() if together and len(quality) > 1 else []
    if len(residuals) > 1:
        rest = [significant(value, 2) for value in residuals[1:]]
        rest = (
            rest if few else [" to ".join(significant(end(residuals[1:]), 2) for end in (min, max))]
        )
        line += (
            f" Aligned to {quality['model'].iloc[0]} at equal depth by rotation and shift; "
            f"remaining distance {', '.join(rest)}."
        )
    return line


def _verdict(stress: float) -> str:
    if stress < GOOD_STRESS:
        return "faithful"
    return "rough" if stress < POOR_STRESS else "misleading in detail"


def _stress_of_many(stress: pd.Series) -> str:
    low, high = float(stress.min()), float(stress.max())
    verdicts = dict.fromkeys((_verdict(low), _verdict(high)))
    return f"Stress {decimals(low)} to {decimals(high)}: {' to '.join(verdicts)}"


def _not_drawn(row: Any) -> str:
    told = []
    if row.non_euclidean > 0.005:
        told.append(
            f"{percent(row.non_euclidean, 1)} of the eigenvalues' sum is negative, not drawable"
        )
    if row.left_out:
        told.append(f"layers without a subspace left out: {', '.join(map(str, row.left_out))}")
    return f"{row.model}: {', '.join(told)}" if told else ""


def readable_summary(numbers: pd.DataFrame) -> pd.DataFrame:
    """The summary with column names for a reader; missing numbers stay missing."""
    columns = {
        "model": "Model",
        PATH.rank: "Rank",
        PATH.span: "First to last (rad)",
        PATH.length: "Path length (rad)",
        PATH.straightness: "Straightness",
        "fastest_block": "Fastest block",
    }
    table = numbers.assign(fastest_block=numbers["fastest_block"] + 1)
    if numbers["task"].nunique() > 1:
        columns = {"model": "Model", "task": "Task"} | columns
    table = table[list(columns)].rename(columns=columns)
    return table.round({"First to last (rad)": 2, "Path length (rad)": 2, "Straightness": 3})


def steps_note(steps_only: pd.DataFrame) -> str:
    """Which runs have steps and no path, and how they come to one; empty where none is so."""
    if steps_only.empty:
        return ""
    pairs = [f"{row.model} on {row.task}" for row in steps_only.itertuples()]
    return (
        f"Not drawn: {joined(pairs, most=3)}. Of so many layers and directions all pairs, which a "
        f"path is drawn from, are measured when they are asked for: --metrics {metric_asked()}."
    )


def missing_variances(
    stored: Mapping[str, Sequence[float]], run_keys: Sequence[str], wanted: Sequence[float]
) -> list[float]:
    """Thresholds of `wanted` that at least one run lacks."""
    return [
        value
        for value in wanted
        if not all(any(math.isclose(value, v) for v in stored.get(key, ())) for key in run_keys)
    ]


def threshold_payloads(runs: pd.DataFrame, variances: Sequence[float]) -> dict[str, dict[str, Any]]:
    """Jobs of kind "run" that compute the paths of these runs at other thresholds.

    One for all where it can be: a setting that a model answers itself where nobody does (its
    pooling, say) is fixed where all runs share it and left to the models where they differ. Of the
    others (n, seed, prompt, ...) runs that differ are a job each. By the models and tasks of a
    job in words; "" where there is one alone.
    """
    metrics = [metric_asked(value) for value in variances]
    always = [one.name for one in ASKED if not one.answered_by_model]
    payloads = {}
    for _, group in runs.groupby(always, sort=False, dropna=False):
        shared = {
            one.name: one.kind(group[one.name].iloc[0])
            for one in ASKED
            if group[one.name].nunique() == 1
        }
        models, tasks = list(group["model"].unique()), list(group["task"].unique())
        words = f"{joined(models, most=3)} on {joined(tasks, most=3)}"
        payloads[words] = run_payload(models, tasks, metrics, RunSettings(**shared))
    return payloads if len(payloads) != 1 else {"": next(iter(payloads.values()))}


def _name(row: pd.Series, table: pd.DataFrame) -> str:
    several = table["task"].nunique() > 1
    return f"{row['model']} on {row['task']}" if several else str(row["model"])
