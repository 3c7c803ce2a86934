"""Which layer of a model to take: the best one, what metrics pick, what training changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from lrd_core.analysis.selection import LayerChoice
from lrd_core.analysis.task_scores import Subsets
from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.metrics.registry import all_series
from lrd_core.metrics.score import declared
from lrd_core.numbers import points
from lrd_core.views import layer_tables, stored
from lrd_core.views.command_text import command
from lrd_core.views.coverage import not_picked
from lrd_core.views.layer_choice import ComparedLayers, Scored, compare_layers, default_metrics
from lrd_core.views.score_tables import score_table
from lrd_core.views.series_names import series_text
from lrd_core.views.view import View, told
from lrd_core.views.words import counted, joined

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


@dataclass(frozen=True)
class LayerRequest:
    """Whose layers to compare.

    model: a subject, as score_table calls it. metrics: series that pick a layer; None for the
    usual ones. tasks: only these; none means all. subsets: of multilingual tasks.
    """

    model: str
    metrics: tuple[str, ...] | None = None
    tasks: tuple[str, ...] = ()
    subsets: Subsets = "english"


@dataclass(frozen=True)
class LayerCurveView(View):
    """Mean score by layer: `table` is that of layer_tables.curve_table.

    marks: where ways to choose land (mark_table). names: of these ways, in words.
    """

    model: str = ""
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckpointView(View):
    """The same at every training step that was scored: `table` is that of checkpoint_curves."""

    model: str = ""


@dataclass(frozen=True)
class StrategyView(View):
    """What each way to choose a layer gives: `table` is that of layer_tables.strategy_table."""

    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FollowView(View):
    """How metrics follow the score over layers: `table` has those of `compared` with a number.

    compared: of layer_tables.profile_table. labels: of the metrics.
    """

    compared: pd.DataFrame = field(default_factory=pd.DataFrame)
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def saved(self) -> pd.DataFrame:
        """With the pairs that could not be compared, and why."""
        return self.compared


@dataclass(frozen=True)
class BestLayer:
    """What there is to see about the layers of one model.

    picks: one row a task and way to choose (see layer_tables.pick_table). metrics: those that
    picked. note: why those that were asked for did not.
    """

    scored: Scored
    curve: LayerCurveView
    strategies: StrategyView
    checkpoints: CheckpointView
    picks: pd.DataFrame
    metrics: tuple[str, ...]
    note: str = ""

    @property
    def named_picks(self) -> pd.DataFrame:
        """The picks as a table for people."""
        return self.picks.assign(strategy=self.picks["strategy"].map(strategy_name)).round(4)


def best_layer(
    config: Config, request: LayerRequest, scores: pd.DataFrame | None = None
) -> BestLayer:
    """The best layer of a model beside what metrics would pick.

    Without the metrics where they share no task with the scores. scores: of score_table, all or
    this model's rows, where they are at hand.
    Raises: InputError where nothing is left in common; UnknownNameError for a subject without
    scores at every layer.
    """
    table = score_table(config, request.subsets) if scores is None else scores
    compared, note = _compared(config, request, table)
    sentence = layer_sentence(compared)
    names = {entry.name: strategy_name(entry.name) for entry in compared.choice.strategies}
    strategies = layer_tables.strategy_table(compared.choice)
    again = command("select layer", model=compared.scored.subject, metric=list(compared.metrics))
    return BestLayer(
        scored=compared.scored,
        curve=_curve(config, request, compared, names, again),
        strategies=StrategyView(
            table=strategies,
            sentence=sentence,
            notes=("95% intervals over tasks. Hollow marks need labels.",),
            command=again,
            alt=f"Gain over the last layer of {len(strategies)} ways to choose. {sentence}",
            names=names,
        ),
        checkpoints=_checkpoints(compared, table),
        picks=layer_tables.pick_table(compared.choice),
        metrics=tuple(compared.metrics),
        note=note,
    )


def follow(config: Config, request: LayerRequest, scores: pd.DataFrame | None = None) -> FollowView:
    """Whether the metrics' curves follow the score's, task by task. Empty for too few layers.

    scores: as for best_layer. Raises: as best_layer.
    """
    table = score_table(config, request.subsets) if scores is None else scores
    compared, _ = _compared(config, request, table)
    profiles = layer_tables.profile_table(compared)
    known = profiles[profiles["distance_correlation"].notna()] if len(profiles) else profiles
    few = f"{compared.scored.num_blocks + 1} layers are too few to compare curves."
    return FollowView(
        table=known,
        sentence=few if known.empty else "",
        notes=(
            "Bar: median over tasks. Diamond: what the same curves reach after one is shifted "
            "along depth. Intervals on hover resample blocks of layers.",
        ),
        alt="Distance correlation of each metric's profile with the score's, by task",
        compared=profiles,
        labels={series: series_text(series)[0] for series in compared.metrics},
    )


def _compared(
    config: Config, request: LayerRequest, table: pd.DataFrame
) -> tuple[ComparedLayers, str]:
    """What was asked for, or without the metrics, and why, where they share no task."""
    metrics = default_metrics() if request.metrics is None else request.metrics
    tasks = request.tasks
    try:
        return compare_layers(config, table, request.model, metrics=metrics, tasks=tasks), ""
    except InputError as error:
        if not metrics:
            raise
        note = f"Picks by metrics are not shown: {error}."
        return compare_layers(config, table, request.model, tasks=tasks), note


def _curve(
    config: Config,
    request: LayerRequest,
    compared: ComparedLayers,
    names: Mapping[str, str],
    again: str,
) -> LayerCurveView:
    every = stored.runs(config)
    behind = every[every["run_key"].isin(compared.runs)]
    return LayerCurveView(
        table=layer_tables.curve_table(compared),
        sentence=layer_sentence(compared),
        notes=told(
            not_picked(every, behind),
            layer_note(compared.choice, request.subsets, compared.mode),
            source_note(compared.scored),
        ),
        runs=behind,
        command=again,
        marks=layer_tables.mark_table(compared.choice),
        model=compared.scored.model,
        names=names,
    )


def _checkpoints(compared: ComparedLayers, table: pd.DataFrame) -> CheckpointView:
    model = compared.scored.model
    curves = layer_tables.checkpoint_curves(table, model, tasks=compared.choice.tasks)
    if curves.empty:
        return CheckpointView(table=curves, model=model)
    return CheckpointView(
        table=curves,
        sentence=checkpoint_sentence(curves),
        notes=(
            f"{int(curves['num_tasks'].iloc[0])} tasks that all checkpoints and layers share. "
            "Dark: early in training. A ring marks each best layer.",
        ),
        model=model,
    )


def strategy_name(strategy: str) -> str:
    """A way to choose a layer in words, or whose pick it is where a series chooses."""
    series = declared(strategy)
    fixed = WAYS_TO_CHOOSE.get(strategy, strategy)
    return fixed if series is None else f"{series.short}'s pick"


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
    source = SOURCES.get(scored.source, scored.source)
    pooling = f", {scored.pooling} pooling" if scored.pooling else ""
    return f"Scores: {source}{pooling}."


def _readable(reason: str) -> str:
    """A reason with the label of a series instead of its name."""
    for series in all_series():
        reason = reason.replace(f"no {series.name} at", f"no {series.label} at")
    return reason
