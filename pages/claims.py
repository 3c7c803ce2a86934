"""Claims: what the papers say, and what the numbers of the store say of it."""

import streamlit as st

from lrd_core.views.claims import SOURCES, VERDICTS, ClaimsRequest, ClaimsView, chosen
from pages._claims.cards import card, judged
from pages._shared import state, widgets

ALL = "all"

view: ClaimsView = judged()
widgets.page_header("Claims", view.sentence)
widgets.draw(view, "claims")
with st.container(horizontal=True):
    paper = state.choose_one("Claims of", [*SOURCES, ALL], key="paper")
    verdict = state.choose_one("Verdict", [ALL, *VERDICTS], key="verdict")
asked = ClaimsRequest(*("" if one == ALL else one for one in (verdict, paper)))
shown = chosen(view, asked)
if shown.empty:
    st.caption("No claim of these has this verdict now. Verdicts change with what the store holds.")
for one in shown.claims:
    card(one)
