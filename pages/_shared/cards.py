"""What a quantity means: a row of question marks, each opening the card of one metric."""

from collections.abc import Sequence

import streamlit as st

from lrd_core.errors import UnknownNameError
from lrd_core.metrics.registry import find_series, owner_of
from lrd_core.views import metrics as metric_pages
from lrd_core.views.sensitivity import sensitivity
from pages._shared import cache, state

WAYS = {
    "higher": "Higher is commonly read as better.",
    "lower": "Lower is commonly read as better.",
    "none": "Neither way is better as such.",
}


def metric_cards(series_names: Sequence[str]) -> None:
    """A row of question marks, one a metric that has a card; none while presenting."""
    if state.presenting():
        return
    with st.container(horizontal=True, gap="small"):
        for name in series_names:
            _popover(name)


def draw_card(series_name: str) -> None:
    """The card of a registered series: definition, range, reading, pitfalls, source."""
    series, owner = find_series(series_name), owner_of(series_name)
    unit = f" ({series.unit})" if series.unit else ""
    st.markdown(f"**{series.label}**{unit}")
    st.markdown(series.card.definition)
    st.markdown(f"**Range.** {series.card.range}")
    st.markdown(f"**Reading.** {series.card.reading} {WAYS[series.direction]}")
    st.markdown(f"**Pitfalls.** {series.card.pitfalls}")
    if measured := cache.read(sensitivity, series_name):
        st.markdown(f"**Measured here.** {measured}")
    if owner.inputs == "views":
        st.markdown("**A text and two of its augmented views**")
        st.text("\n".join(metric_pages.example_views()))
    st.caption(f"Source: {owner.source}. Version {owner.version}.")


def _popover(series_name: str) -> None:
    try:
        series = find_series(series_name)
    except UnknownNameError:
        return
    help_text, key = f"What is {series.label}?", f"card_{series_name}"
    with st.popover(f"? {series.label}", help=help_text, key=key):
        draw_card(series_name)
        st.page_link(
            "pages/metrics.py", label="Its own page", query_params={"metric": series.label}
        )
