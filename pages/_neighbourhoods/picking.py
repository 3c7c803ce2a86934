"""Which texts are looked at and picked: from clicks and lassos into the address, and back."""

import streamlit as st

from pages._shared import picked_ids

PICKED = "_picked_texts"
MOST_IN_LINK = 1_000


def look_at(text: int) -> None:
    """The text that was clicked becomes the one whose lifeline is shown."""
    st.query_params["text"] = str(text)


def looked_at() -> int | None:
    """The text_index in the address, if it is a number."""
    asked = st.query_params.get("text", "")
    return int(asked) if asked.isdecimal() else None


def keep_selection(chart: str) -> None:
    """Texts inside a lasso or box go into the URL; a double click on the map empties it."""
    selection = st.session_state[chart].selection
    ids = {int(point["customdata"][1]) for point in selection.points if point.get("customdata")}
    st.session_state[PICKED] = sorted(ids)
    picked_ids.keep("points", ids if len(ids) <= MOST_IN_LINK else ())


def picked_texts() -> tuple[int, ...]:
    """The picked texts by text_index: those of the link, or more than a link can hold."""
    kept = st.session_state.get(PICKED, ())
    return tuple(picked_ids.selected("points") or (kept if len(kept) > MOST_IN_LINK else ()))


def let_go() -> None:
    """No text is picked any more."""
    st.session_state[PICKED] = []
    picked_ids.keep("points", [])
