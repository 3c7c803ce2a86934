"""Metrics: what each quantity means, how it is computed, and what it is for the chosen models."""

import streamlit as st

from lrd_core.views.metrics import QuantityView, catalogue, first_series, quantity, series_names
from pages._shared import cache, cards, cursor_link, state, widgets

NO_VALUE = "The chosen models have no value of it on the chosen tasks yet."


def definition(view: QuantityView) -> None:
    """The card, the computation and the command."""
    cards.draw_card(view.series.name)
    st.caption(widgets.plain(view.computed))
    st.code(view.command, language="bash", wrap_lines=True)


def values(view: QuantityView) -> None:
    """The profile or the number of each chosen model; what to do where there is none."""
    if view.pair is not None:
        widgets.draw_pair(view.pair, "metric_pair")
    if view.profile is not None and view.profile.panels:
        st.markdown(widgets.plain(view.profile.sentence))
        widgets.draw(view.profile, "metric_profile")
        if view.profile.layout == "multiples":
            cursor_link.follow("metric_profile")
    elif view.profile is None and view.series.at != "model":
        st.caption("It is a table for each model; Trajectories and Data show it.")
    elif not view.numbers.empty:
        st.dataframe(view.numbers, hide_index=True, key="metric_numbers")
    else:
        st.caption(NO_VALUE)


names = series_names()
chosen = state.choose_one(
    "Quantity",
    list(names),
    key="metric",
    show=names.__getitem__,
    list_box=True,
    default=first_series(),
)
view: QuantityView = cache.read(quantity, chosen, state.selection(), state.side_by_side())
widgets.page_header("Metrics", view.sentence)
left, right = widgets.side_by_side([2, 3], key="metric")
with left:
    definition(view)
with right:
    values(view)

st.header("All quantities", anchor=False)
st.dataframe(catalogue(), hide_index=True, key="metric_catalogue")
