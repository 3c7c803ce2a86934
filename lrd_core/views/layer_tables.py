"""Tables of layers: curves over depth, ways to choose, picks by task, profiles compared."""

from collections.abc import Sequence

import pandas as pd

from lrd_core.analysis.dependence import compare_profiles
from lrd_core.analysis.selection import LayerChoice, mean_curve
from lrd_core.analysis.task_scores import layer_table
from lrd_core.views.layer_choice import ComparedLayers, whole_layers

CURVE_COLUMNS = ["revision", "step", "layer", "score", "num_tasks"]


def checkpoint_curves(
    table: pd.DataFrame, model: str, *, tasks: Sequence[str] = ()
) -> pd.DataFrame:
    """Mean score by layer at every training step of a model, over tasks that all of them share.

    Columns: revision, step (missing for the finished model), layer, score, num_tasks. Empty for a
    model with one revision.
    """
    rows = table[(table["model"] == model) & (table["layer"] >= 0)]
    rows = rows[rows["checkpoint"].notna() | (rows["revision"] == "main")]
    if rows["revision"].nunique() < 2:
        return pd.DataFrame(columns=CURVE_COLUMNS)
    wide = {
        revision: whole_layers(layer_table(_one_subject(group)), int(group["num_blocks"].iloc[0]))
        for revision, group in rows.groupby("revision")
    }
    shared = set.intersection(*(set(entry.dropna().index) for entry in wide.values()))
    chosen = tuple(sorted(shared & set(tasks) if tasks else shared))
    steps = rows.drop_duplicates("revision").set_index("revision")["checkpoint"]
    curves = [
        mean_curve(entry, chosen)
        .rename("score")
        .rename_axis("layer")
        .reset_index()
        .assign(revision=revision, step=steps[revision], num_tasks=len(chosen))
        for revision, entry in wide.items()
        if chosen
    ]
    if not curves:
        return pd.DataFrame(columns=CURVE_COLUMNS)
    return pd.concat(curves).sort_values(["step", "layer"], ignore_index=True)


def strategy_table(choice: LayerChoice) -> pd.DataFrame:
    """One row a strategy, best mean first: the numbers of the regret figure."""
    rows = [
        {
            "strategy": entry.name,
            "score": entry.mean,
            "low": entry.low,
            "high": entry.high,
            "regret": entry.regret,
            "gain": entry.gain,
            "gain_low": entry.gain_low,
            "gain_high": entry.gain_high,
            "needs_labels": entry.needs_labels,
            "layers": _layers_in_words(entry.layers.tolist()),
            "num_tasks": len(choice.tasks),
        }
        for entry in choice.strategies
    ]
    return pd.DataFrame(rows).sort_values("score", ascending=False, ignore_index=True)


def curve_table(compared: ComparedLayers) -> pd.DataFrame:
    """Mean score by layer of the subject, in the columns of checkpoint_curves."""
    table = pd.DataFrame(
        {
            "revision": compared.scored.revision,
            "step": compared.scored.checkpoint,
            "layer": compared.choice.layers,
            "score": compared.choice.mean_by_layer,
            "num_tasks": len(compared.choice.tasks),
        }
    )
    return table.astype({"step": "Int64"})


def mark_table(choice: LayerChoice) -> pd.DataFrame:
    """Where each strategy lands on the mean curve: score, and the layers that it takes.

    Columns: strategy, score, first_layer, median_layer, last_layer. A layer at random has none,
    and neither has the best layer of each task, which lies above the curve.
    """
    rows = [
        {
            "strategy": entry.name,
            "score": entry.mean,
            "first_layer": float(entry.layers.min()),
            "median_layer": float(pd.Series(entry.layers).median()),
            "last_layer": float(entry.layers.max()),
        }
        for entry in choice.strategies
        if entry.name not in ("average", "best", "middle")
    ]
    return pd.DataFrame(rows)


def pick_table(choice: LayerChoice) -> pd.DataFrame:
    """One row a task and strategy that names a layer: its layer and score, the best, the regret."""
    best = choice.strategy("best")
    last = choice.strategy("last")
    return pd.DataFrame(
        [
            {
                "task": task,
                "strategy": entry.name,
                "layer": int(entry.layers[row]),
                "score": float(entry.scores[row]),
                "best_layer": int(best.layers[row]),
                "best_score": float(best.scores[row]),
                "regret": float(best.scores[row] - entry.scores[row]),
                "gain_over_last": float(entry.scores[row] - last.scores[row]),
            }
            for entry in choice.strategies
            if entry.name != "average"
            for row, task in enumerate(choice.tasks)
        ]
    )


def profile_table(compared: ComparedLayers) -> pd.DataFrame:
    """How each metric's profile over layers follows the score's: one row a task and series.

    Columns: series, task, distance_correlation, low, high, shifted (what smooth curves reach by
    accident), rho, rho_low, rho_high, num_layers, reason.
    """
    rows = []
    for series, values in compared.metrics.items():
        for task in compared.choice.tasks:
            found = compare_profiles(
                values.loc[task, compared.scores.columns].to_numpy(float),
                compared.scores.loc[task].to_numpy(float),
            )
            rows.append(
                {
                    "series": series,
                    "task": task,
                    "distance_correlation": found.distance_correlation,
                    "low": found.low,
                    "high": found.high,
                    "shifted": found.shifted,
                    "rho": found.rho,
                    "rho_low": found.rho_low,
                    "rho_high": found.rho_high,
                    "num_layers": found.n_layers,
                    "reason": found.reason,
                }
            )
    return pd.DataFrame(rows)


def _one_subject(rows: pd.DataFrame) -> pd.DataFrame:
    """The subject with the most scores, where one revision was scored in several ways."""
    return rows[rows["subject"] == rows["subject"].value_counts().idxmax()]


def _layers_in_words(layers: list[int]) -> str:
    known = sorted({layer for layer in layers if layer >= 0})
    if not known:
        return "any"
    return str(known[0]) if len(known) == 1 else f"{known[0]} to {known[-1]}"
