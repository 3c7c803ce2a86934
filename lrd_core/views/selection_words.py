"""Computed sentences of the Selection page: what is seen, and how far it may be trusted."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from lrd_core.analysis.correlation import THIN_BELOW
from lrd_core.analysis.evidence import Evidence
from lrd_core.analysis.families import FamilySummary
from lrd_core.analysis.levels import all_levels, short_label
from lrd_core.analysis.levels import level_label as level_label
from lrd_core.analysis.recommend import HoldOut, Recommendation
from lrd_core.analysis.selection import LayerChoice
from lrd_core.metrics.registry import all_series, find_series, ranked
from lrd_core.metrics.score import declared
from lrd_core.metrics.series import Series
from lrd_core.settings import FAMILIES
from lrd_core.views.layer_choice import LayerView, Scored
from lrd_core.views.selection import SIZE, ModelEvidence
from lrd_core.views.words import counted, joined, mid_sentence

WAYS_TO_CHOOSE = {
    "best": "Best layer of each task",
    "best_fixed": "Best single layer",
    "last": "Last layer",
    "middle": "Middle layer",
    "average": "A layer at random",
}
RIVALS_NOTE = (
    "Each labelled task was held out in turn and ranked from the others. Tasks are held out, "
    "models are not: a new model may behave differently."
)
SUBSET_WORDS = {
    "english": "English subset of multilingual tasks",
    "mean": "mean over all subsets that every layer has",
    "first": "first subset in each result file, as published; it differs between layers for STS17",
}


SAME_POINTS = 5e-4
"""Scores (shares of 1) nearer than this read the same in points with one decimal."""


def strategy_name(strategy: str) -> str:
    """A way to choose a layer in words, or whose pick it is where a series chooses."""
    series = declared(strategy)
    fixed = WAYS_TO_CHOOSE.get(strategy, strategy)
    return fixed if series is None else f"{series.short}'s pick"


def strategy_names(choice: LayerChoice) -> dict[str, str]:
    """Every way to choose that is compared, in words."""
    return {entry.name: strategy_name(entry.name) for entry in choice.strategies}


def evidence_sentence(
    evidence: ModelEvidence,
    metrics: Sequence[str],
    tasks: Sequence[str] = (),
    *,
    partial: bool = False,
) -> str:
    """The strongest correlation among what the map draws, and how much of it to believe.

    metrics, tasks: the columns and rows of the map. partial: whether it is given model size; it
    has no row of medians then, so the sentence takes those of its cells.
    """
    if partial:
        return _partial_sentence(evidence.cells, metrics, tasks)
    drawn = [entry for entry in evidence.medians if entry.metric in set(metrics)]
    known = [entry for entry in drawn if not entry.reason]
    if not known:
        return "No metric and task share four models yet."
    strongest = max(known, key=lambda entry: abs(entry.rho))
    tasks_used = counted(len(strongest.tasks), "task")
    text = (
        f"{level_label(strongest.metric)} goes with the score most closely: median ρ "
        f"{_number(strongest.rho)} over {tasks_used} and {len(strongest.models)} models "
        f"(95% interval {_interval(strongest)})."
    )
    if not {entry.metric for entry in known} <= published_levels():
        text += f" It is the largest of {len(known)} that were looked at together."
    open_ones = sum(entry.direction == 0 for entry in known)
    if open_ones == len(known):
        return (
            text + " For each of these metrics the interval includes zero: the direction is open."
        )
    if len(strongest.models) < THIN_BELOW:
        return text + f" {len(strongest.models)} models are thin evidence."
    return text


def _partial_sentence(cells: pd.DataFrame, metrics: Sequence[str], tasks: Sequence[str]) -> str:
    drawn = cells[cells["metric"].isin(list(metrics)) & cells["task"].isin(list(tasks))]
    known = drawn[drawn["partial"].notna()].groupby("metric")["partial"].agg(["median", "size"])
    if known.empty:
        return "Given model size, no metric and task share enough models yet."
    known = known[known["size"] == known["size"].max()]  # one task alone is easily at an end
    name = known["median"].abs().idxmax()
    return (
        f"Given model size, {mid_sentence(level_label(str(name)))} goes with the score most "
        f"closely: median ρ {_number(known.loc[name, 'median'])} over "
        f"{counted(int(known.loc[name, 'size']), 'task')}; the cells show how sure each is."
    )


def cell_sentence(evidence: ModelEvidence, metric: str, task: str) -> str:
    """rho, partial rho, intervals and n of one cell, or why there is none."""
    cells = evidence.cells
    rows = cells[(cells["metric"] == metric) & (cells["task"] == task)]
    if rows.empty:
        return "No model has both numbers."
    row = rows.iloc[0]
    if pd.isna(row["rho"]):
        return f"No correlation: {row['reason']}."
    text = f"ρ {_number(row['rho'])} [{_number(row['low'])}, {_number(row['high'])}]"
    if not pd.isna(row.get("partial")):
        text += (
            f"; given model size {_number(row['partial'])} "
            f"[{_number(row['partial_low'])}, {_number(row['partial_high'])}]"
        )
    elif row.get("partial_reason"):
        text += f"; given model size: {row['partial_reason']}"
    return f"{text}; n = {int(row['n'])} models."


def evidence_note(evidence: ModelEvidence, metrics: Sequence[str]) -> str:
    """What the numbers of the map mean and which cells stand on borrowed metrics.

    metrics: the columns of the map.
    """
    text = (
        "Bold: the 95% interval leaves zero out. Intervals are the wider of a bootstrap over "
        "models and Fisher's; medians resample models for all tasks together. All models of the "
        "store take part, not only those in the side bar."
    )
    if evidence.borrowed:
        names = ", ".join(evidence.borrowed)
        text += f" Texts of {names} were not run: metrics there are means over other tasks."
    drawn = [entry for entry in evidence.medians if entry.metric in set(metrics)]
    dropped = sorted({name for entry in drawn for name in entry.dropped_models})
    if dropped:
        text += f" Left out of some medians, for a missing task: {', '.join(dropped)}."
    return text


def borrowed_note(evidence: ModelEvidence, task: str) -> str:
    """Where a task's metric values come from when its own texts were not run."""
    tasks = evidence.borrowed.get(task)
    if not tasks:
        return ""
    return f"Metric: mean over {', '.join(tasks)}, since no text of {task} was run."


def recommendation_sentence(found: Recommendation, shortlist: int) -> str:
    """Who comes first, how likely it is the best, and what a short list buys."""
    first = found.candidates[0]
    where = joined(found.targets)
    if not found.learned:
        return f"By the published sign of each metric {first.model} comes first on {where}."
    chance = found.chance_among_first(shortlist)
    names = joined(entry.model for entry in found.candidates[:shortlist])
    text = (
        f"For {where}, {first.model} ranks first, with a {first.chance_best:.0%} chance of being "
        "the best."
    )
    likeliest = max(found.candidates, key=lambda entry: entry.chance_best)
    if likeliest.chance_best > first.chance_best:
        text = (
            f"For {where}, {first.model} has the best mean rank; most often best is "
            f"{likeliest.model}, with a chance of {likeliest.chance_best:.0%}."
        )
    if shortlist > 1:
        text += f" The best is among {names} with a chance of {chance:.0%}."
    return text


def recommendation_note(found: Recommendation) -> str:
    """Weights, evidence and what was left out."""
    weights = ", ".join(
        f"{level_label(name)} {_number(value)}" for name, value in found.weights.items()
    )
    text = f"Bars hold 90% of 2,000 simulated ranks. Weights (median ρ): {weights}."
    if found.learned:
        text += f" Learned from {len(found.evidence_tasks)} tasks with labels."
    left = [f"{model} ({why})" for model, why in found.left_out.items()]
    return text + (f" Left out: {', '.join(left)}." if left else "")


def rival_table(held: Mapping[str, tuple[HoldOut | None, int]]) -> pd.DataFrame:
    """The rule and size alone on held-out tasks, as a table for people."""
    names = {"metrics": "These metrics", SIZE: "Number of parameters alone"}
    rows = []
    for name, (checked, tasks) in held.items():
        if checked is None:
            rows.append({"ranked by": names[name], "tasks": tasks, "models": 0})
            continue
        rows.append(
            {
                "ranked by": names[name],
                "median rank correlation": round(checked.rho, 2),
                "score lost by first choice": round(100 * checked.regret, 1),
                "by a random model": round(100 * checked.chance_regret, 1),
                "tasks": tasks,
                "models": len(checked.models),
            }
        )
    return pd.DataFrame(rows)


def layer_sentence(view: LayerView) -> str:
    """The best layer against the last one, and what the best metric would have chosen."""
    choice = view.choice
    fixed, last = choice.strategy("best_fixed"), choice.strategy("last")
    tasks = counted(len(choice.tasks), "task")
    of = f"layer {choice.best_layer} of {view.scored.num_blocks}"
    text = (
        f"{view.scored.subject} is best at {of}: {_points(fixed.mean)} points on average over "
        f"{tasks}, {_points(fixed.mean - last.mean)} more than its last layer."
    )
    if choice.best_layer == view.scored.num_blocks:
        text = (
            f"{view.scored.subject} is best at its last layer: {_points(last.mean)} points on "
            f"average over {tasks}."
        )
    picks = [entry for entry in choice.strategies if entry.name in view.metrics]
    if not picks:
        return text
    top = max(picks, key=lambda entry: entry.mean)
    gain = top.mean - last.mean
    against = (
        "as much as the last layer"
        if abs(gain) < SAME_POINTS
        else f"{_points(abs(gain))} {'more' if gain > 0 else 'less'} than the last layer"
    )
    return f"{text} Without labels, {strategy_name(top.name)} gives {_points(top.mean)}, {against}."


def layer_note(choice: LayerChoice, subsets: str, mode: str) -> str:
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
    text = f"At step {int(first['step']):,} layer {int(first['layer'])} is best"
    if moved.empty:
        return f"{text}, and it stays best until step {int(last['step']):,}."
    turn = moved.iloc[0]
    text += f"; from step {int(turn['step']):,} on a deeper one is (layer {int(turn['layer'])})."
    final = best[best["step"].isna()]
    if len(final):
        text += f" In the finished model it is layer {int(final['layer'].iloc[0])}."
    return text


def source_note(scored: Scored) -> str:
    """Where the scores come from, and how texts were pooled for them."""
    source = {"own": "computed here", "demo": "bundled"}.get(scored.source, scored.source)
    pooling = f", {scored.pooling} pooling" if scored.pooling else ""
    return f" Scores: {source}{pooling}."


def family_sentence(summaries: list[FamilySummary]) -> str:
    """Where each family moves fastest."""
    first = ranked("peaks")[0]
    peaks = [entry for entry in summaries if entry.series == first.name and entry.models]
    if not peaks:
        return f"No profile of {_called(first)} in the store yet."
    parts = [
        f"{_family_name(entry)} at {100 * entry.median:.0f}% of depth"
        for entry in sorted(peaks, key=lambda entry: entry.median)
    ]
    sure = min(len(entry.models) for entry in peaks)
    told = first.names.peak.removeprefix("Where ")
    text = f"{told[:1].upper()}{told[1:]} for {joined(parts)}."
    return text + (" One or two models are no family: read them as examples." if sure < 3 else "")


def family_panels() -> dict[str, tuple[str, str]]:
    """Series -> title and axis name of the families figure."""
    depth = "Depth of the peak (% of blocks)"
    return {
        series.name: (series.names.peak or series.label, depth)
        if series.is_profile
        else (series.label, series.unit.capitalize())
        for series in ranked("peaks")
    }


def family_description() -> str:
    """What the families figure shows, for those who cannot see it."""
    peaks = [_called(series) for series in ranked("peaks") if series.is_profile]
    return f"Depth of the peaks of {joined(peaks)} by family."


def too_little(evidence: ModelEvidence) -> str:
    """What is missing for a correlation."""
    both = set(evidence.values["model"]) & set(evidence.scores["model"])
    return f"{len(both)} models have both metrics and scores; four on the same task are needed."


def level_axis(name: str) -> tuple[str, str]:
    """Short label and unit of a level for an axis."""
    return short_label(name), find_series(level_series(name)).unit


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Level -> its name where there is little room."""
    return {name: short_label(name) for name in names}


def level_series(name: str) -> str:
    """The registered series behind a level."""
    return next(level.series for level in all_levels() if level.name == name)


def published_levels() -> set[str]:
    return {level.name for level in all_levels() if level.published}


def _readable(reason: str) -> str:
    """A reason with the label of a series instead of its name."""
    for series in all_series():
        reason = reason.replace(f"no {series.name} at", f"no {series.label} at")
    return reason


def _called(series: Series) -> str:
    """A series as it stands inside a sentence."""
    return series.names.sentence or mid_sentence(series.label)


def _family_name(entry: FamilySummary) -> str:
    named = FAMILIES[entry.family].plural if entry.family in FAMILIES else f"{entry.family}s"
    return f"{named} ({len(entry.models)})"


def _interval(entry: Evidence | Any) -> str:
    return f"{_number(entry.low)} to {_number(entry.high)}"


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _points(value: float) -> str:
    return f"{100 * value:.1f}".replace("-", "−")
