"""Metrics: what each quantity means, how it is computed, and what it is for the chosen models."""

import streamlit as st

from lrd_core.metrics.registry import find_series, owner_of
from lrd_core.plots.depth import plot_depth, prepare_depth
from lrd_core.views import findings
from lrd_core.views import lines as depth
from lrd_core.views import metrics as metric_pages
from lrd_core.views import stored as results
from lrd_core.views.command_text import commands_for_runs
from lrd_core.views.panel import Panel
from pages._shared import cache, cards, state, widgets

names = metric_pages.series_names()
chosen = state.choose_one(
    "Quantity",
    list(names),
    key="metric",
    show=names.__getitem__,
    list_box=True,
    default=metric_pages.first_series(),
)
series, metric = find_series(chosen), owner_of(chosen)
selection = state.selection()
picked = selection.pick_runs(cache.read(results.runs))
keys = list(picked["run_key"])


def draw_profile() -> None:
    """The profile of the chosen models; what to do where there is none."""
    lines = depth.metric_lines(cache.read(depth.read_values, keys, [chosen]), picked)
    if lines.empty:
        st.caption("The chosen models have no value of it on the chosen tasks yet.")
        return
    prepared = prepare_depth(depth.with_variation(lines, None), "percent")
    sentence = findings.sentence(prepared, chosen)
    st.markdown(widgets.plain(sentence))
    widgets.show(
        plot_depth(prepared, [Panel(chosen, series.label, series.unit)], widgets.look()),
        "metric_profile",
        alt=f"{series.label} over depth. {sentence}",
        runs=picked,
        table=depth.long_table(lines),
        metrics=depth.metric_names(lines),
        command=commands_for_runs(picked, [metric.name]),
    )


def draw_numbers() -> None:
    """The one number of each chosen model."""
    values = cache.read(metric_pages.model_values, keys, chosen)
    table = values.merge(picked[["run_key", "model", "task"]], on="run_key")
    if table.empty:
        st.caption("The chosen models have no value of it on the chosen tasks yet.")
        return
    st.dataframe(
        table[["model", "task", "value", "n", "mode"]], hide_index=True, key="metric_numbers"
    )


widgets.page_header(
    "Metrics", f"{series.label}: {metric_pages.PLACES[series.at]}, from {metric.source}."
)
left, right = widgets.side_by_side([2, 3], key="metric")
with left:
    cards.draw_card(chosen)
    st.caption(widgets.plain(metric_pages.how_computed(metric)))
    st.code(
        metric_pages.commands(metric, selection.models, selection.tasks),
        language="bash",
        wrap_lines=True,
    )
with right:
    if series.is_profile:
        draw_profile()
    elif series.at == "model":
        draw_numbers()
    else:
        st.caption("It is a table for each model; Trajectories and Data show it.")

st.header("All quantities", anchor=False)
st.dataframe(metric_pages.catalogue(), hide_index=True, key="metric_catalogue")
