"""Side by side: two models, or two revisions of one, that every page shows beside each other."""

import streamlit as st

from lrd_core.views.offered import Offered
from pages._shared import state

SWITCH = "side_by_side"
_WAS = "_sides_were"
_MODELS = "_models_before_sides"

BESIDE = {"view": "multiples", "facet": "model", "layout": False}
APART = {"view": "overlay", "layout": True}
"""Controls of pages that follow the switch: how two stand beside each other, and how they did."""


def choose(offered: Offered) -> list[str] | None:
    """The switch, and A and B where it is on; None where it is off or there are no two."""
    order = offered.models
    names = [*order, *offered.revisions]
    if len(names) < 2:
        return None
    on = state.switch(
        "Side by side",
        key=SWITCH,
        help="Pick A and B: two models, or two checkpoints of one. Every page shows them beside "
        "each other, on the same axes.",
    )
    _follow(on)
    if not on:
        return None
    before = [name for name in st.session_state.get(_MODELS, order) if name in names]
    first = state.choose_one("A", names, key="side_a", default=before[0], list_box=True)
    others = [name for name in names if name != first]
    usual = next((name for name in before[1:] if name in others), others[0])
    second = state.choose_one("B", others, key="side_b", default=usual, list_box=True)
    return [first, second]


def _follow(on: bool) -> None:
    """Turn pages to the two when the switch is pressed, and back; a link says itself how it is."""
    was = st.session_state.get(_WAS)
    st.session_state[_WAS] = on
    if was is None or was == on:
        if not on and "models" in st.session_state:
            st.session_state[_MODELS] = list(st.session_state["models"])
        return
    for key, value in (BESIDE if on else APART).items():
        state.move(key, value)
    if not on and _MODELS in st.session_state:
        state.move("models", st.session_state[_MODELS])
