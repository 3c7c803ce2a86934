"""The part of the Selection page about layers: best layer, what metrics pick, profiles."""

import pandas as pd
import streamlit as st

from lrd_core.errors import InputError
from lrd_core.plots.layer_choice import (
    plot_checkpoints,
    plot_curve,
    plot_profiles,
    plot_strategies,
    prepare_curves,
    prepare_profiles,
    prepare_strategies,
)
from lrd_core.views import layer_choice, selection_words
from lrd_core.views import stored as results
from lrd_core.views.command_text import FIRST_MODEL, FIRST_TASK, command
from lrd_core.views.layer_choice import LayerView, Scored
from lrd_core.views.lines import series_text
from lrd_core.views.score_tables import score_table
from lrd_core.views.table_files import csv_text
from pages._shared import cache, cards, state, widgets

SUBSETS = {"english": "English", "mean": "mean of all", "first": "as published"}
SCORES = command("scores", model=FIRST_MODEL, task=FIRST_TASK)


def _label(series: str) -> str:
    return series_text(series)[0]


def draw_layers() -> None:
    """Controls, the best-layer figure, what each choice gives, tables."""
    subsets = str(st.query_params.get("subsets", "english"))
    subsets = next((key for key, name in SUBSETS.items() if name == subsets), "english")
    scores = cache.read(score_table, subsets)
    subjects = layer_choice.scored_subjects(scores)
    if not subjects:
        widgets.page_header("Selection", "No model has measured scores at every layer yet.")
        widgets.empty_state(
            "No scores by layer yet",
            "Score every layer of a model on a task with labels; one forward pass serves all "
            "layers. Published layer scores can be imported too.",
            button="Start a run",
            page="pages/runs.py",
            command=SCORES,
            key="layers",
        )
        return
    scored, metrics, tasks = _controls(subjects)
    own = scores[scores["subject"] == scored.subject]
    view, why_not = _read_view(own, scored, metrics, tasks)
    widgets.page_header("Selection", selection_words.layer_sentence(view))
    table = layer_choice.strategy_table(view.choice)
    left, right = widgets.side_by_side([5, 4], key="layers")
    with left:
        _draw_curve(view, table, subsets)
    with right:
        st.markdown("**What each way to choose a layer gives**")
        figure = plot_strategies(
            prepare_strategies(table, selection_words.strategy_names(view.choice)), widgets.look()
        )
        widgets.show(
            figure,
            "strategies",
            table=table,
            command=_command(view, metrics),
            alt=f"Gain over the last layer of {len(table)} ways to choose. "
            + selection_words.layer_sentence(view),
            note="95% intervals over tasks. Hollow marks need labels.",
        )
        cards.metric_cards(list(view.metrics))
    if why_not:
        st.caption(widgets.plain(why_not))
    _draw_checkpoints(view, scores)
    _details(view, own)


def _read_view(
    own: pd.DataFrame, scored: Scored, metrics: list[str], tasks: list[str]
) -> tuple[LayerView, str]:
    """The view; without metrics, and the reason, where they share no task with the scores.

    own: the subject's rows of the score table; the cache looks through them at each rerun.
    """
    ask = (layer_choice.layer_view, own, scored.subject)
    try:
        return cache.read(*ask, metrics=tuple(metrics), tasks=tuple(tasks)), ""
    except InputError as error:
        if not metrics:
            raise
        why = f"Picks by metrics are not shown: {error}."
        return cache.read(*ask, tasks=tuple(tasks)), why


def _controls(subjects: list[Scored]) -> tuple[Scored, list[str], list[str]]:
    by_name = {entry.subject: entry for entry in subjects}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first = _first_subject(subjects)
        name = state.choose_one(
            "Model",
            list(by_name),
            key="layers_of",
            default=first,
            list_box=True,
            help="Models with a measured score at every layer.",
        )
        scored = by_name[name]
        stored = cache.read(layer_choice.metrics_for, scored)
        offered = list(stored)
        metrics = state.choose_many(
            "Layer picked by",
            list(layer_choice.picking()),
            key="picks",
            default=[one for one in layer_choice.default_metrics() if one in offered],
            show=_label,
        )
        with st.popover("More", help="Tasks and subsets"):
            tasks = state.choose_many("Tasks", list(scored.tasks), key="layer_tasks")
            state.choose_one(
                "Subsets of multilingual tasks",
                list(SUBSETS),
                key="subsets",
                show=SUBSETS.__getitem__,
                help="The published averages took the first subset of each result file, which "
                "is not the same one at every layer.",
            )
    absent = [_label(one) for one in metrics if one not in stored]
    if absent:
        st.caption(widgets.plain(f"Not in the store for {name}: {', '.join(absent)}."))
    return scored, [one for one in metrics if one in stored], tasks


def _draw_curve(view: LayerView, table: pd.DataFrame, subsets: str) -> None:
    """The mean over tasks at each layer, and where ways of choosing land."""
    curve = layer_choice.curve_table(view)
    st.markdown(f"**Mean score by layer, {widgets.plain(view.scored.subject)}**")
    figure = plot_curve(
        prepare_curves(curve),
        layer_choice.mark_table(view.choice),
        selection_words.strategy_names(view.choice),
        view.scored.model,
        widgets.look(),
    )
    widgets.show(
        figure,
        "best_layer",
        alt=selection_words.layer_sentence(view),
        table=curve,
        runs=_runs(view),
        command=_command(view, list(view.metrics)),
        note=selection_words.layer_note(view.choice, subsets, view.mode)
        + selection_words.source_note(view.scored),
    )


def _draw_checkpoints(view: LayerView, scores: pd.DataFrame) -> None:
    """The same curve at every scored training step of the model, over tasks all of them share."""
    curves = layer_choice.checkpoint_curves(scores, view.scored.model, tasks=view.choice.tasks)
    if curves.empty:
        return
    sentence = selection_words.checkpoint_sentence(curves)
    st.markdown("**Across training**")
    st.caption(widgets.plain(sentence))
    widgets.show(
        plot_checkpoints(prepare_curves(curves), view.scored.model, widgets.look()),
        "checkpoints",
        alt=sentence,
        table=curves,
        note=f"{int(curves['num_tasks'].iloc[0])} tasks that all checkpoints and layers share. "
        "Dark: early in training. A ring marks each best layer.",
    )


def _details(view: LayerView, own: pd.DataFrame) -> None:
    with state.section("Does a metric's curve follow the score's?", key="follow") as part:
        if part.open and view.metrics:
            table = cache.read(
                layer_choice.profile_table,
                own,
                view.scored.subject,
                metrics=tuple(view.metrics),
                tasks=view.choice.tasks,
            )
            prepared = prepare_profiles(table, {s: _label(s) for s in view.metrics})
            if prepared.empty:
                st.caption(f"{view.scored.num_blocks + 1} layers are too few to compare curves.")
            else:
                widgets.show(
                    plot_profiles(prepared, widgets.look()),
                    "profiles",
                    table=table,
                    alt="Distance correlation of each metric's profile with the score's, by task",
                    note="Bar: median over tasks. Diamond: what the same curves reach after one "
                    "is shifted along depth. Intervals on hover resample blocks of layers.",
                )
    with state.section("Layer, score and regret by task", key="by_task") as part:
        if part.open:
            table = layer_choice.pick_table(view.choice)
            named = table.assign(strategy=table["strategy"].map(selection_words.strategy_name))
            st.dataframe(named.round(4), hide_index=True, alt="Picked layers by task")
            st.download_button(
                "CSV", csv_text(table), "layer_picks.csv", "text/csv", on_click="ignore"
            )


def _first_subject(subjects: list[Scored]) -> str:
    """A selected model if one is scored, else the one with checkpoints, else the first."""
    chosen = state.selection().models
    checkpoints = {entry.model for entry in subjects if entry.checkpoint is not None}
    finished = [entry for entry in subjects if entry.checkpoint is None] or subjects
    ranked = sorted(
        finished,
        key=lambda entry: (
            entry.model not in checkpoints,
            entry.model not in chosen,
            -len(entry.tasks),
        ),
    )
    return ranked[0].subject


def _runs(view: LayerView) -> pd.DataFrame:
    table = cache.read(results.runs)
    return table[table["run_key"].isin(view.runs)]


def _command(view: LayerView, metrics: list[str]) -> str:
    return command("select layer", model=view.scored.subject, metric=metrics)
