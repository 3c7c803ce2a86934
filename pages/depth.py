"""Depth: any metrics of any models and tasks, and measured scores, on one depth axis."""

import streamlit as st

from lrd_core.settings import find_setting
from lrd_core.views import depth, lines
from lrd_core.views.command_text import FIRST_MODEL, FIRST_TASK, run_command
from lrd_core.views.depth import DepthChoices, DepthRequest
from pages._depth import sections
from pages._shared import cache, cards, state, widgets

AXES: dict[depth.Axis, str] = {"percent": "% of blocks", "layer": "Layer"}
LAYOUTS: dict[depth.Layout, str] = {
    "overlay": "Overlay",
    "multiples": "Small multiples",
    "play": "Play",
}
BANDS: dict[depth.Band, str] = {
    "auto": "Automatic",
    "interval": "95% interval",
    "tasks": "Range over tasks",
    "none": "None",
}
NOTHING_TO_PLAY = (
    "Nothing to play here: choose conditions or checkpoints under More, One line for each. "
    "These models and tasks need more than one run of them."
)


def choose(choices: DepthChoices) -> DepthRequest:
    """The controls above the figure."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="depth_controls"):
        series = state.choose_many(
            "Metrics",
            choices.series,
            key="metrics",
            default=choices.default,
            show=lambda name: lines.series_text(name)[0],
        )
        axis = state.choose_one("Depth axis", list(AXES), key="axis", show=AXES.__getitem__)
        layout = state.choose_one("View", list(LAYOUTS), key="view", show=LAYOUTS.__getitem__)
        with st.popover("More", help="Bands, comparisons, marks"):
            return choose_more(choices, tuple(series), axis, layout)


def choose_more(
    choices: DepthChoices, series: tuple[str, ...], axis: depth.Axis, layout: depth.Layout
) -> DepthRequest:
    """Rarely used controls: what tells lines apart, reference, variants, marks, band."""
    band = state.choose_one(
        "Band",
        list(BANDS),
        key="band",
        show=BANDS.__getitem__,
        help="Automatic: each line's 95% interval, or beyond twelve lines the range over tasks",
    )
    vary = state.choose_one(
        "One line for each",
        ["model", *choices.vary],
        key="vary",
        list_box=True,
        show=lambda name: name if name == "model" else find_setting(name).label.lower(),
        help="Draw every condition, checkpoint or setting of a model as a line of its own.",
    )
    others = cache.read(depth.variants, series)
    variants = state.choose_many("Also show", others, key="variants") if others else []
    marks = state.switch("Mark valleys, peaks and picks", key="marks", default=True)
    minus = state.choose_one(
        "Difference to",
        ["nothing", *state.selection().models],
        key="minus",
        list_box=True,
        help="Draws every line minus this model's plain line, layer by layer.",
    )
    return DepthRequest(
        selection=state.selection(),
        series=series,
        variants=tuple(variants),
        vary=None if vary == "model" else vary,
        minus=None if minus == "nothing" else minus,
        marks=marks,
        axis=axis,
        layout=layout,
        band=band,
    )


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
    st.stop()


def nothing_fits(request: DepthRequest) -> None:
    """What to do where the store lacks what was asked for."""
    selection = request.selection
    widgets.page_header("Depth", "Nothing in the store fits this selection.")
    widgets.empty_state(
        "Choose models, tasks and metrics",
        "The side bar chooses models and tasks, the list above chooses metrics. "
        "What the store does not hold can be computed.",
        button="Start a run",
        page="pages/runs.py",
        command=run_command(
            selection.models or (FIRST_MODEL,),
            selection.tasks or (FIRST_TASK,),
            lines.owners(request.series or ()),
        ),
        key="depth",
    )
    st.stop()


offered: DepthChoices = cache.read(depth.choices)
if not offered.series:
    nothing_yet()
widgets.stop_if_nothing_is_chosen("Depth")
request = choose(offered)
view: depth.DepthView = cache.read(depth.depth, request)
if not view.stored:
    nothing_fits(request)
widgets.page_header("Depth", view.sentence or "Nothing to compare in this selection.")
if view.panels:
    if view.layout == "play" and not view.can_play:
        st.info(NOTHING_TO_PLAY)
    cards.metric_cards([panel.series for panel in view.panels])
    widgets.draw(view, "depth")
sections.draw(view, request.series or ())
