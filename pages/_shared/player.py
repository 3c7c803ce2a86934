"""Play: moves a slider of the page step by step, so that the view in the URL moves along.

    state.number("Layer", 0, 6, key="layer")
    player.play_button("layer", range(7), label="layers")

Each step is an ordinary rerun of the page; figures with a layout transition glide between them.
"""

import time
from collections.abc import Sequence

import streamlit as st

from pages._shared import state


def play_button(key: str, values: Sequence[float], *, label: str, wait_s: float = 1.0) -> bool:
    """A play/pause button for the control called `key`; returns whether it plays.

    It stops at the last of `values`; pressed there, it starts again at the first.
    """
    playing = bool(st.session_state.get(_flag(key), False))
    st.button(
        "❚❚ Pause" if playing else "▶ Play",
        key=f"play_{key}",
        help=f"Move through the {label} step by step.",
        on_click=_toggle,
        args=(key, values),
    )
    if playing:
        st.session_state[_due(key)] = time.monotonic() + 0.8 * wait_s
        st.fragment(_step, run_every=wait_s)(key, values)
    return playing


def _toggle(key: str, values: Sequence[float]) -> None:
    playing = not st.session_state.get(_flag(key), False)
    st.session_state[_flag(key)] = playing
    if playing and st.session_state.get(key) == values[-1]:
        state.move(key, values[0])


def _step(key: str, values: Sequence[float]) -> None:
    # The page's own run draws this fragment too; only the timer's runs come after the due time.
    if time.monotonic() < st.session_state[_due(key)]:
        return
    later = [value for value in values if value > st.session_state.get(key, values[0])]
    if later:
        state.move(key, later[0])
    if len(later) <= 1:
        st.session_state[_flag(key)] = False
    st.rerun()


def _flag(key: str) -> str:
    return f"_playing_{key}"


def _due(key: str) -> str:
    return f"_due_{key}"
