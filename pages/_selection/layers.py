"""Choose a layer: the best one, what metrics pick, how profiles follow the score."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from lrd_core.views import best_layer, layer_choice
from lrd_core.views.best_layer import BestLayer, CheckpointView, FollowView, LayerRequest
from lrd_core.views.command_text import FIRST_MODEL, FIRST_TASK, command
from lrd_core.views.layer_choice import Scored
from lrd_core.views.score_tables import Subsets, score_table
from lrd_core.views.series_names import series_text
from lrd_core.views.table_files import csv_text
from pages._selection import take, two_layers
from pages._shared import cache, cards, state, widgets

SUBSETS: dict[Subsets, str] = {"english": "English", "mean": "mean of all", "first": "as published"}


def draw() -> None:
    """Controls, the best-layer figure, what each choice gives, tables."""
    subsets = chosen_subsets()
    scores = cache.read(score_table, subsets)
    subjects = layer_choice.scored_subjects(scores)
    if not subjects:
        nothing_scored()
        return
    if state.side_by_side() and two_layers.draw(subjects, scores, subsets):
        return
    request = choose({entry.subject: entry for entry in subjects}, subsets)
    own = rows_of(request, scores)
    found: BestLayer = cache.read(best_layer.best_layer, request, own)
    widgets.page_header("Selection", found.curve.sentence)
    left, right = widgets.side_by_side([5, 4], key="layers")
    with left:
        st.markdown(f"**Mean score by layer, {widgets.plain(found.scored.subject)}**")
        widgets.draw(found.curve, "best_layer")
    with right:
        st.markdown("**What each way to choose a layer gives**")
        widgets.draw(found.strategies, "strategies")
        cards.metric_cards(found.metrics)
    if found.note:
        st.caption(widgets.plain(found.note))
    take.draw(found)
    draw_checkpoints(found.checkpoints)
    draw_details(found, request, own)


def chosen_subsets() -> Subsets:
    """What the control of subsets says, which stands below what depends on it."""
    named = str(st.query_params.get("subsets", "english"))
    return next((key for key, name in SUBSETS.items() if name == named), "english")


def nothing_scored() -> None:
    """What to do where no model has a score at every layer."""
    widgets.page_header("Selection", "No model has measured scores at every layer yet.")
    widgets.empty_state(
        "No scores by layer yet",
        "Score every layer of a model on a task with labels; one forward pass serves all "
        "layers. Published layer scores can be imported too.",
        button="Start a run",
        page="pages/runs.py",
        command=command("scores", model=FIRST_MODEL, task=FIRST_TASK),
        key="layers",
    )


def choose(subjects: Mapping[str, Scored], subsets: Subsets) -> LayerRequest:
    """Whose layers, what picks them, over which tasks."""
    usual = layer_choice.usual_subject(list(subjects.values()), state.selection().models)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = state.choose_one(
            "Model",
            list(subjects),
            key="layers_of",
            default=usual.subject,
            list_box=True,
            help="Models with a measured score at every layer.",
        )
        held = cache.read(layer_choice.metrics_for, subjects[name])
        metrics = state.choose_many(
            "Layer picked by",
            layer_choice.picking(),
            key="picks",
            default=[one for one in layer_choice.default_metrics() if one in held],
            show=label_of,
        )
        with st.popover("More", help="Tasks and subsets"):
            tasks = state.choose_many("Tasks", subjects[name].tasks, key="layer_tasks")
            choose_subsets()
    absent = [label_of(one) for one in metrics if one not in held]
    if absent:
        st.caption(widgets.plain(f"Not in the store for {name}: {', '.join(absent)}."))
    stored = tuple(one for one in metrics if one in held)
    return LayerRequest(name, stored, tuple(tasks), subsets)


def choose_subsets() -> None:
    """The control that chosen_subsets reads."""
    state.choose_one(
        "Subsets of multilingual tasks",
        list(SUBSETS),
        key="subsets",
        show=SUBSETS.__getitem__,
        help="The published averages took the first subset of each result file, which "
        "is not the same one at every layer.",
    )


def rows_of(request: LayerRequest, scores: pd.DataFrame) -> pd.DataFrame:
    """The scores of the subject's model: the cache looks through them at each rerun, so no more."""
    models = scores.loc[scores["subject"] == request.model, "model"]
    return scores[scores["model"].isin(models)]


def draw_checkpoints(view: CheckpointView) -> None:
    """The same curve at every scored training step, over tasks that all of them share."""
    if view.empty:
        return
    st.markdown("**Across training**")
    st.caption(widgets.plain(view.sentence))
    widgets.draw(view, "checkpoints")


def draw_details(found: BestLayer, request: LayerRequest, own: pd.DataFrame) -> None:
    """The parts that open on demand: profiles compared, picks by task."""
    with state.section("Does a metric's curve follow the score's?", key="follow") as part:
        if part.open and found.metrics:
            view: FollowView = cache.read(best_layer.follow, request, own)
            if view.empty:
                st.caption(view.sentence)
            else:
                widgets.draw(view, "profiles")
    with state.section("Layer, score and regret by task", key="by_task") as part:
        if part.open:
            st.dataframe(found.named_picks, hide_index=True, alt="Picked layers by task")
            st.download_button(
                "CSV", csv_text(found.picks), "layer_picks.csv", "text/csv", on_click="ignore"
            )


def label_of(series: str) -> str:
    """A series as the controls call it."""
    return series_text(series)[0]
