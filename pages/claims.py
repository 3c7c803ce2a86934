"""Claims: what the papers say, and what the numbers of the store say of it."""

import streamlit as st

from lrd_core.views.claims import VERDICTS, ClaimsRequest, ClaimsView, claims
from pages._claims.cards import card
from pages._shared import cache, state, widgets

ALL = "all"

chosen = state.choose_one("Verdict", [ALL, *VERDICTS], key="verdict")
view: ClaimsView = cache.read(claims, ClaimsRequest("" if chosen == ALL else chosen))
widgets.page_header("Claims", view.sentence)
if view.empty:
    st.caption("No claim has this verdict now. Verdicts change with what the store holds.")
    st.stop()
widgets.draw(view, "claims")
for one in view.claims:
    card(one)
