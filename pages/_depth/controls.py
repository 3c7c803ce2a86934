"""The controls above the figure of the Depth page."""

from dataclasses import replace
from typing import Literal

import streamlit as st

from lrd_core.settings import find_setting
from lrd_core.views import depth, series_names
from lrd_core.views.depth import DepthChoices, DepthRequest
from lrd_core.views.strips import MANY
from pages._shared import cache, state

AXES: dict[depth.Axis, str] = {"percent": "% of blocks", "layer": "Layer"}
Shown = depth.Layout | Literal["strips"]

LAYOUTS: dict[Shown, str] = {
    "overlay": "Overlay",
    "strips": "Strips",
    "multiples": "Small multiples",
    "play": "Play",
}
FACETS: dict[depth.Facet, str] = {"model": "Model", "family": "Family", "task": "Task"}
BANDS: dict[depth.Band, str] = {
    "auto": "Automatic",
    "interval": "95% interval",
    "tasks": "Range over tasks",
    "none": "None",
}


def choose(choices: DepthChoices) -> tuple[DepthRequest, bool]:
    """The controls above the figure: what to draw, and whether as strips instead of lines."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="depth_controls"):
        series = state.choose_many(
            "Metrics",
            choices.series,
            key="metrics",
            default=choices.default,
            show=lambda name: series_names.series_text(name)[0],
        )
        axis = state.choose_one("Depth axis", list(AXES), key="axis", show=AXES.__getitem__)
        layout = state.choose_one(
            "View", list(LAYOUTS), key="view", default=_usual_layout(), show=LAYOUTS.__getitem__
        )
        facet, lifted = _choose_facet(layout), _choose_lifted(layout)
        without = layout != "strips" and state.switch(
            "Without dominating tokens",
            key="without",
            default=True,
            help="Draws lines that a few tokens of huge norm change a second time, without these.",
        )
        with st.popover("More", help="Bands, comparisons, marks"):
            lines: depth.Layout = "overlay" if layout == "strips" else layout
            request = _choose_more(choices, tuple(series), axis, lines)
    request = replace(request, facet=facet, lifted=lifted, without=without)
    return request, layout == "strips"


def _usual_layout() -> Shown:
    """Strips of many models, two beside each other, else lines in one picture."""
    if state.side_by_side():
        return "multiples"
    return "strips" if len(state.selection().models) > MANY else "overlay"


def _choose_facet(layout: Shown) -> depth.Facet:
    """What small multiples are of, asked where they are drawn."""
    if layout != "multiples":
        return "model"
    return state.choose_one("One for each", list(FACETS), key="facet", show=FACETS.__getitem__)


def _choose_lifted(layout: Shown) -> tuple[str, ...]:
    """Which of many models stand out; a click in the figure chooses one as well."""
    if layout != "strips" and len(state.selection().models) <= MANY:
        return ()
    chosen = state.choose_many(
        "In colour",
        state.selection().order,
        key="lift",
        help="Or click a row or a line; a second click takes it back.",
    )
    return tuple(chosen)


def lift(model: str) -> None:
    """Let a clicked model stand out, or take it back."""
    lifted = list(st.session_state.get("lift") or [])
    chosen = [name for name in lifted if name != model] if model in lifted else [*lifted, model]
    st.session_state["lift"] = chosen


def _choose_more(
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
