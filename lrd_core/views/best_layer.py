"""Which layer of a model to take: the best one, what metrics pick, what training changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from lrd_core.analysis.selection import LayerChoice
from lrd_core.analysis.task_scores import Subsets
from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.metrics import all_series
from lrd_core.numbers import counted
from lrd_core.views import dominance, layer_tables, stored
from lrd_core.views.command_text import command
from lrd_core.views.coverage import not_picked
from lrd_core.views.layer_choice import (
    ComparedLayers,
    Scored,
    compare_layers,
    default_metrics,
    scored_subjects,
    usual_subject,
)
from lrd_core.views.layer_words import (
    checkpoint_sentence,
    layer_note,
    layer_sentence,
    source_note,
    strategy_name,
)
from lrd_core.views.score_tables import score_table
from lrd_core.views.series_names import series_text
from lrd_core.views.view import View, told


@dataclass(frozen=True)
class LayerRequest:
    """Whose layers to compare.

    model: a subject, as score_table calls it; None for layer_choice.usual_subject. metrics: series
    that pick a layer; None for the usual ones. tasks: only these; none means all. subsets: of
    multilingual tasks.
    """

    model: str | None = None
    metrics: tuple[str, ...] | None = None
    tasks: tuple[str, ...] = ()
    subsets: Subsets = "english"


@dataclass(frozen=True)
class LayerCurveView(View):
    """Mean score by layer: `table` is that of layer_tables.curve_table.

    marks: where ways to choose land (mark_table). names: of these ways, in words. beside: scores of
    another model that stand beside it on the same scale.
    """

    model: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    beside: tuple[float, ...] = ()

    @property
    def scores(self) -> tuple[float, ...]:
        """All that is drawn, curve and marks."""
        marked = () if self.marks is None else self.marks["score"]
        return (*self.table["score"], *marked)


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
    model, tasks = request.model or _usual(table), request.tasks
    try:
        return compare_layers(config, table, model, metrics=metrics, tasks=tasks), ""
    except InputError as error:
        if not metrics:
            raise
        note = f"Picks by metrics are not shown: {error}."
        return compare_layers(config, table, model, tasks=tasks), note


def _usual(table: pd.DataFrame) -> str:
    subjects = scored_subjects(table)
    return usual_subject(subjects).subject if subjects else ""


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
            _heavy_picks(config, compared.choice, behind),
        ),
        runs=behind,
        command=again,
        marks=layer_tables.mark_table(compared.choice),
        model=compared.scored.model,
        names=names,
    )


def _heavy_picks(config: Config, choice: LayerChoice, behind: pd.DataFrame) -> list[str]:
    """Metrics of tokens that pick layers which a few tokens dominate, a sentence each."""
    at_layers = dominance.heavy_layers(config, behind).merge(behind[["run_key", "task"]])
    tokens = {(row.task, row.layer): row.token for row in at_layers.itertuples()}
    changed = {one.all_tokens for one in all_series()}
    said = []
    for way in choice.strategies:
        picked = zip(choice.tasks, way.layers, strict=True)
        hit = [tokens[task, float(layer)] for task, layer in picked if (task, layer) in tokens]
        if way.name in changed and hit:
            said.append(
                f"{series_text(way.name)[0]} picks a layer that {max(set(hit), key=hit.count)} "
                f"dominates on {len(hit)} of {counted(len(choice.tasks), 'task')}: look at it "
                "without dominating tokens before you trust the pick."
            )
    return said


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
