"""Depth: any metrics of any models and tasks, and measured scores, on one depth axis."""

from collections.abc import Sequence

import streamlit as st

from lrd_core.views import depth, playing, series_names
from lrd_core.views.command_text import FIRST_MODEL, FIRST_TASK, run_command
from lrd_core.views.depth import DepthChoices, DepthRequest
from pages._depth import controls, sections, strips
from pages._shared import cache, cards, cursor_link, line_focus, name_link, widgets


def nothing_yet() -> None:
    """What to do with an empty store."""
    widgets.page_header("Depth", "The store holds no profile over depth yet.")
    widgets.empty_state(
        "Nothing to draw yet",
        "Run a small model on a text collection; it takes about a minute without a GPU. "
        "Every metric then appears here, layer by layer.",
        button="Start a run",
        page="pages/runs.py",
        command=run_command(),
        key="depth",
    )
    widgets.end_page()


def nothing_fits(request: DepthRequest, notes: Sequence[str]) -> None:
    """What to do where the store lacks what was asked for; notes: what it lacks, and why."""
    selection = request.selection
    widgets.page_header("Depth", "Nothing in the store fits this selection.")
    for note in notes:
        st.caption(widgets.plain(note))
    widgets.empty_state(
        "Choose models, tasks and metrics",
        "The side bar chooses models and tasks, the list above chooses metrics. "
        "What the store does not hold can be computed.",
        button="Start a run",
        page="pages/runs.py",
        command=run_command(
            selection.models or (FIRST_MODEL,),
            selection.tasks or (FIRST_TASK,),
            series_names.owners(request.series or ()),
        ),
        key="depth",
    )
    widgets.end_page()


def draw_strips(request: DepthRequest) -> None:
    """A row a model."""
    drawn = strips.draw(request)
    if drawn.empty:
        nothing_fits(request, drawn.notes)


def draw_lines(request: DepthRequest) -> None:
    """A line a model and task, and what hangs on the lines."""
    view: depth.DepthView = cache.read(depth.depth, request)
    if not view.stored:
        nothing_fits(request, view.notes)
    widgets.page_header("Depth", view.sentence or "Nothing to compare in this selection.")
    if view.panels:
        if view.layout == "play" and not view.can_play:
            st.info(widgets.plain(cache.read(playing.nothing_to_play, request.selection)))
        cards.metric_cards([panel.series for panel in view.panels])
        widgets.draw(view, "depth")
        if view.layout == "multiples":
            cursor_link.follow("depth")
        elif view.layout == "overlay" and view.families.empty:
            line_focus.follow("depth")
        if len(view.families):
            name_link.follow("depth", controls.lift)
    sections.draw(view, request.series or ())


offered: DepthChoices = cache.read(depth.choices)
if not offered.series:
    nothing_yet()
widgets.stop_if_nothing_is_chosen("Depth")
chosen, as_strips = controls.choose(offered)
draw = draw_strips if as_strips else draw_lines
draw(chosen)
