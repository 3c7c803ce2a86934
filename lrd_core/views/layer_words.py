"""Computed sentences about layers: the best one, where it moves, what the numbers stand on."""

import pandas as pd

from lrd_core.analysis.combination import weights_of
from lrd_core.analysis.selection import LayerChoice
from lrd_core.analysis.task_scores import Subsets
from lrd_core.metrics.registry import all_series
from lrd_core.metrics.score import declared
from lrd_core.numbers import counted, percent, points, whole
from lrd_core.views.layer_choice import ComparedLayers, Scored
from lrd_core.views.words import joined

WAYS_TO_CHOOSE = {
    "best": "Best layer of each task",
    "best_fixed": "Best single layer",
    "last": "Last layer",
    "middle": "Middle layer",
    "average": "A layer at random",
}
SUBSET_WORDS = {
    "english": "English subset of multilingual tasks",
    "mean": "mean over all subsets that every layer has",
    "first": "first subset in each result file, as published; it differs between layers for STS17",
}
SOURCES = {"own": "computed here", "demo": "bundled"}

SAME_POINTS = 5e-4
"""Scores (shares of 1) nearer than this read the same in points with one decimal."""


def strategy_name(strategy: str) -> str:
    """A way to choose a layer in words, or whose pick it is where series choose."""
    weights = weights_of(strategy)
    if weights:
        named = joined(f"{_short(name)} ({percent(weight)})" for name, weight in weights.items())
        return f"{named} together"
    series = declared(strategy)
    fixed = WAYS_TO_CHOOSE.get(strategy, strategy)
    return fixed if series is None else f"{series.short}'s pick"


def _short(series: str) -> str:
    known = declared(series)
    return series if known is None else known.short


def layer_sentence(compared: ComparedLayers) -> str:
    """The best layer against the last one, and what the best metric would have chosen."""
    choice, scored = compared.choice, compared.scored
    fixed, last = choice.strategy("best_fixed"), choice.strategy("last")
    tasks = counted(len(choice.tasks), "task")
    of = f"layer {choice.best_layer} of {scored.num_blocks}"
    text = (
        f"{scored.subject} is best at {of}: {points(100 * fixed.mean)} points on average over "
        f"{tasks}, {points(100 * (fixed.mean - last.mean))} more than its last layer."
    )
    if choice.best_layer == scored.num_blocks:
        text = (
            f"{scored.subject} is best at its last layer: {points(100 * last.mean)} points on "
            f"average over {tasks}."
        )
    picks = [entry for entry in choice.strategies if entry.name in compared.metrics]
    if not picks:
        return text
    top = max(picks, key=lambda entry: entry.mean)
    gain = top.mean - last.mean
    against = (
        "as much as the last layer"
        if abs(gain) < SAME_POINTS
        else f"{points(100 * abs(gain))} {'more' if gain > 0 else 'less'} than the last layer"
    )
    given = f"{strategy_name(top.name)} gives {points(100 * top.mean)}"
    return f"{text} Without labels, {given}, {against}."


def layer_note(choice: LayerChoice, subsets: Subsets, mode: str) -> str:
    """Which tasks count, which were left out and why, how metric values were computed."""
    text = f"{len(choice.tasks)} tasks that all layers and metrics share; {SUBSET_WORDS[subsets]}."
    reasons: dict[str, list[str]] = {}
    for task, why in choice.dropped.items():
        reasons.setdefault(why, []).append(task)
    for why, tasks in reasons.items():
        shown = joined(tasks) if len(tasks) <= 4 else f"{len(tasks)} tasks"
        text += f" Left out, {_readable(why)}: {shown}."
    return text + (f" Metric values: {mode}." if mode else "")


def checkpoint_sentence(curves: pd.DataFrame) -> str:
    """How the best layer moves during training."""
    best = curves.loc[curves.groupby("revision")["score"].idxmax()]
    steps = best[best["step"].notna()].sort_values("step")
    if steps.empty:
        return ""
    first, last = steps.iloc[0], steps.iloc[-1]
    moved = steps[steps["layer"] != first["layer"]]
    text = f"At step {whole(first['step'])} layer {int(first['layer'])} is best"
    if moved.empty:
        return f"{text}, and it stays best until step {whole(last['step'])}."
    turn = moved.iloc[0]
    text += f"; from step {whole(turn['step'])} on a deeper one is (layer {int(turn['layer'])})."
    final = best[best["step"].isna()]
    if len(final):
        text += f" In the finished model it is layer {int(final['layer'].iloc[0])}."
    return text


def source_note(scored: Scored) -> str:
    """Where the scores come from, and how texts were pooled for them."""
    source = SOURCES.get(scored.source, scored.source)
    pooling = f", {scored.pooling} pooling" if scored.pooling else ""
    return f"Scores: {source}{pooling}."


def _readable(reason: str) -> str:
    """A reason with the label of a series instead of its name."""
    for series in all_series():
        reason = reason.replace(f"no {series.name} at", f"no {series.label} at")
    return reason
