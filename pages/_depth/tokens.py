"""The token view: one text, stored or typed, token by token at every layer of one run."""

import pandas as pd
import streamlit as st

from lrd_core.views import enough, token_view
from lrd_core.views.token_view import MEASURES, OWN, Quantity, TokenRequest, TokenView
from pages._shared import cache, state, widgets
from pages._shared.jobs import job_panel

TYPE_ONE = "Type your own"


def draw(runs: pd.DataFrame) -> None:
    """Choose a run, a text and what cells show; draw the map, or offer to make it."""
    names = {enough.run_name(run): str(run.run_key) for run in runs.itertuples()}
    if not names:
        st.caption("Measured scores alone are drawn; no run of these models is in the store.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        run = names[state.choose_one("Run", list(names), key="token_run", list_box=True)]
        text = _choose_text(run)
        quantity: Quantity = state.choose_one(
            "Colour", list(MEASURES), key="token_colour", show=lambda one: MEASURES[one].label
        )
    own = _typed() if text == OWN else ""
    if text == OWN and not own.strip():
        st.caption("Type a text above; it is read by the run's model, under the run's settings.")
        return
    index = None if isinstance(text, str) else text
    request = TokenRequest(state.selection(), run, index, own, quantity)
    view: TokenView = cache.read(token_view.token_view, request)
    if view.empty:
        _offer(view, own)
        return
    st.caption(widgets.plain(view.sentence))
    widgets.draw(view, "token_map", file_name="tokens")


def _choose_text(run: str) -> int | str | None:
    """The text_index of a stored text, OWN for a typed one, None where nothing is stored yet."""
    stored: dict[int, str] = cache.read(token_view.texts_of, run)
    options: list[int | str | None] = [*(stored or [None]), OWN]
    names = stored | {None: "The first of the task", OWN: TYPE_ONE}
    return state.choose_one(
        "Text", options, key="token_text", show=lambda one: names[one], list_box=True
    )


def _typed() -> str:
    return state.text(
        "Your text",
        key="token_own",
        lines=3,
        placeholder="A sentence or two; Control and Enter when it is done.",
        help="It stands in the address of the page, so a copied link holds it.",
    )


def _offer(view: TokenView, own: str) -> None:
    st.caption(
        "No map of this text is in the store yet."
        if own
        else "No map of a text of this run is in the store yet; the first 8 texts are read."
    )
    job_panel(
        "tokens",
        view.payload,
        "Read this text" if own else "Read 8 texts",
        "seconds for a small model, without a GPU",
        key="token_job",
        job_label=f"Tokens of {view.model}",
    )
    st.code(view.command, language="bash", wrap_lines=True)
