"""What the Trajectories page says in words, and what it asks the worker for."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from lrd_core.runs import RunSettings
from lrd_core.services.jobs import run_payload

GOOD_STRESS = 0.1
POOR_STRESS = 0.2


def sentence(numbers: pd.DataFrame) -> str:
    """How far, how straight, and where the fastest turn is: one model, or the two extremes."""
    known = numbers.dropna(subset=["straightness"]) if len(numbers) else numbers
    if known.empty:
        return "The length of these paths is not known; their layers have no common subspace."
    if len(known) == 1:
        row = known.iloc[0]
        return (
            f"{row['model']} travels {row['arc_length']:.1f} radians from embedding to output, "
            f"{row['straightness']:.0%} straight, and turns fastest in block "
            f"{row['fastest_block'] + 1:.0f} of {row['num_blocks']}."
        )
    ranked = known.sort_values("straightness")
    low, high = ranked.iloc[0], ranked.iloc[-1]
    return (
        f"Of {len(known)} paths, {_name(high, known)}'s is the straightest "
        f"({high['straightness']:.0%}) and {_name(low, known)}'s the most winding "
        f"({low['straightness']:.0%})."
    )


def quality_line(quality: pd.DataFrame, together: bool) -> str:
    """Stress of each picture in words, what cannot be drawn, and how far alignment got."""
    parts = []
    for row in quality.itertuples():
        verdict = (
            "faithful" if row.stress < GOOD_STRESS
            else "rough" if row.stress < POOR_STRESS else "misleading in detail"
        )  # fmt: skip
        text = f"{row.model}: stress {row.stress:.2f} ({verdict})"
        if row.non_euclidean > 0.005:
            text += f", {row.non_euclidean:.1%} of the eigenvalues' sum is negative, not drawable"
        if row.left_out:
            text += f", layers without a subspace left out: {', '.join(map(str, row.left_out))}"
        parts.append(text)
    line = "Classical scaling. " + "; ".join(parts) + "."
    residuals = quality["residual"].dropna() if together and len(quality) > 1 else []
    if len(residuals) > 1:
        line += (
            f" Aligned to {quality['model'].iloc[0]} at equal depth by rotation and shift; "
            f"remaining distance {', '.join(f'{value:.2g}' for value in residuals[1:])}."
        )
    return line


def readable_summary(numbers: pd.DataFrame) -> pd.DataFrame:
    """The summary with column names for a reader; missing numbers stay missing."""
    columns = {
        "model": "Model",
        "rank": "Rank",
        "d_0L": "First to last (rad)",
        "arc_length": "Path length (rad)",
        "straightness": "Straightness",
        "fastest_block": "Fastest block",
    }
    table = numbers.assign(fastest_block=numbers["fastest_block"] + 1)
    if numbers["task"].nunique() > 1:
        columns = {"model": "Model", "task": "Task"} | columns
    table = table[list(columns)].rename(columns=columns)
    return table.round({"First to last (rad)": 2, "Path length (rad)": 2, "Straightness": 3})


def missing_variances(
    stored: Mapping[str, Sequence[float]], run_keys: Sequence[str], wanted: Sequence[float]
) -> list[float]:
    """Thresholds of `wanted` that at least one run lacks."""
    return [
        value
        for value in wanted
        if not all(any(math.isclose(value, v) for v in stored.get(key, ())) for key in run_keys)
    ]


def threshold_payload(runs: pd.DataFrame, variances: Sequence[float]) -> dict[str, Any]:
    """A job of kind "run" that computes the paths of these runs at other thresholds.

    A setting that all runs share is fixed; where they differ each model keeps its own.
    """
    shared = {
        name: runs[name].iloc[0]
        for name in ("n", "seed", "max_length", "pooling", "final_norm", "dtype", "prompt",
                     "condition", "capture")
        if runs[name].nunique() == 1
    }  # fmt: skip
    for name in ("n", "seed", "max_length"):
        if name in shared:
            shared[name] = int(shared[name])
    metrics = [f"frenet:variance={value}" for value in variances]
    models, tasks = runs["model"].drop_duplicates(), runs["task"].drop_duplicates()
    return run_payload(list(models), list(tasks), metrics, RunSettings(**shared))


def _name(row: pd.Series, table: pd.DataFrame) -> str:
    several = table["task"].nunique() > 1
    return f"{row['model']} on {row['task']}" if several else str(row["model"])
