"""The parts below the Depth figure that open on demand: histograms, table."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lrd_core.views import item_words, lines, series_names, text_sample
from lrd_core.views.depth import DepthView
from pages._depth import enough, tokens
from pages._shared import cache, state, widgets

NO_TEXTS = "No metric with a value for each {} is in the store for this selection."
MOST_SAMPLES = 2


def draw(view: DepthView, series: Sequence[str]) -> None:
    """Draw the parts for a view; a closed part reads nothing."""
    noun = item_words.noun_of_runs(view.picked)
    with state.section(f"Spread over {noun}s", key="spread") as part:
        if part.open:
            spread_over_texts(view.picked, series)
    with state.section("Is n large enough?", key="enough") as part:
        if part.open:
            enough_texts(view.picked, series)
            enough.draw(view.picked)
    of_texts = view.picked[view.picked["modality"] == "text"]
    if not of_texts.empty or view.picked.empty:
        with state.section("Tokens of one text", key="tokens") as part:
            if part.open:
                tokens.draw(of_texts)
    with state.section("Table", key="table") as part:
        if part.open:
            st.dataframe(lines.wide_table(view.table), hide_index=True, alt="The drawn values")


def spread_over_texts(runs: pd.DataFrame, series: Sequence[str]) -> None:
    """A heatmap for each of the first runs: how items differ at every layer."""
    keys = tuple(runs["run_key"])
    held, noun = cache.read(lines.per_text_series, keys), item_words.noun_of_runs(runs)
    name = _choose("Metric", held, series, noun, key="spread_of")
    if name is None:
        return
    view: text_sample.SpreadView = cache.read(text_sample.spread, keys, name)
    if view.empty:
        st.caption(f"{view.label} has no value for each {view.noun} in this selection.")
        return
    for said in view.tests:
        st.caption(widgets.plain(said))
    widgets.draw(view, "spread_figure", file_name="spread_over_texts")


def enough_texts(runs: pd.DataFrame, series: Sequence[str]) -> None:
    """The value against the number of texts, for metrics that are means over texts."""
    held = cache.read(lines.per_text_series, tuple(runs["run_key"]))
    offered = text_sample.token_series(held)
    noun = item_words.noun_of_runs(runs)
    name = _choose("Metric of the sample", offered, series, noun, key="enough_of")
    if name is None:
        return
    keys = list(runs["run_key"])[:MOST_SAMPLES]
    if len(runs) > len(keys):
        st.caption(f"The first {len(keys)} of {len(runs)} runs; choose fewer models for others.")
    for place, (column, key) in enumerate(zip(st.columns(len(keys)), keys, strict=True)):
        view: text_sample.SampleView = cache.read(text_sample.sample, key, name)
        with column:
            st.caption(widgets.plain(view.sentence))
            if not view.empty:
                widgets.draw(view, f"enough_{place}", file_name="number_of_texts")


def _choose(
    label: str, offered: Sequence[str], drawn: Sequence[str], noun: str, *, key: str
) -> str | None:
    """One of the offered series, first one that is drawn above; None where none is offered."""
    if not offered:
        st.caption(NO_TEXTS.format(noun))
        return None
    first = next((name for name in drawn if name in offered), offered[0])
    return state.choose_one(
        label, offered, key=key, default=first, show=lambda name: series_names.series_text(name)[0]
    )
