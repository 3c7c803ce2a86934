"""A card a claim: what is said, the verdicts, what they rest on, and what would settle it."""

from typing import Literal

import streamlit as st

from lrd_core.config import Config
from lrd_core.views.claims import (
    CALLED,
    SOURCES,
    ClaimsRequest,
    ClaimsView,
    ClaimView,
    claims,
    not_drawn,
    number_words,
)
from pages._shared import cache, state, widgets

Colour = Literal["green", "orange", "red", "gray"]

COLOURS: dict[str, Colour] = {
    "holds": "green",
    "open": "orange",
    "contradicted": "red",
    "not testable here": "gray",
}


def judged() -> ClaimsView:
    """Every claim, judged once for each change of the store, from tables that pages share."""
    view: ClaimsView = cache.read(_judged)
    return view


def _judged(config: Config) -> ClaimsView:
    return claims(config, ClaimsRequest(), cache.read)


def card(view: ClaimView) -> None:
    """Sentence and source, a column an origin, the figure, the way to settle and to look closer."""
    claim = view.claim
    assert claim is not None
    with st.container(border=True, key=f"claim_{claim.name}"):
        st.header(f"{claim.name}  {claim.sentence}", anchor=False)
        place = f", {claim.place}" if claim.place else ""
        st.caption(widgets.plain(f"{claim.paper}{place} ({SOURCES[claim.paper]})"))
        for column, origin in zip(st.columns(len(view.findings)), view.findings, strict=True):
            with column:
                finding(view, origin)
        if not view.empty:
            widgets.draw(view, f"claim_{claim.name}_figure", foot=False)
            left = not_drawn(view.table)
            if left:
                st.caption(widgets.plain(left))
        how(view)


def finding(view: ClaimView, origin: str) -> None:
    """The verdict of one origin, its number, and why."""
    found = next(one for name, one in view.findings.items() if name == origin)
    called = next(words for name, words in CALLED.items() if name == origin)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{called}**")
        st.badge(found.verdict, color=COLOURS[found.verdict])
    words = number_words(found)
    if words:
        st.markdown(widgets.plain(words))
    st.caption(widgets.plain(found.because))
    if found.settle:
        st.caption(f"To settle it: {widgets.plain(found.settle)}")


def how(view: ClaimView) -> None:
    """The statistic, the rule, what was done about many tests, sources and the view behind."""
    claim = view.claim
    assert claim is not None
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with row.popover("How it is judged", key=f"rule_{claim.name}"):
        st.markdown(f"**Statistic:** {widgets.plain(claim.statistic)}.")
        st.markdown(f"**Rule:** {widgets.plain(claim.rule)}")
        for testing in dict.fromkeys(one.testing for one in view.findings.values() if one.testing):
            st.markdown(f"**Many tests:** {widgets.plain(testing)}")
        for note in view.notes:
            st.caption(widgets.plain(note))
        st.code(view.command, language="bash", wrap_lines=True)
    if row.button("View behind it →", key=f"open_{claim.name}", type="tertiary"):
        state.open_view(view.page, view.query)
