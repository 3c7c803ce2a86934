"""Overview: what the store holds, what it shows first, and where to go from here."""

import pandas as pd
import streamlit as st

from lrd_core.plots.depth import plot_depth, prepare_depth
from lrd_core.plots.overview import plot_coverage, prepare_coverage
from lrd_core.views import coverage, findings, overview, pruning, pruning_findings
from lrd_core.views import lines as depth
from lrd_core.views import stored as results
from lrd_core.views.command_text import commands_for_runs, run_command
from lrd_core.views.panel import Panel
from pages._shared import cache, cards, state, widgets

runs, scores = cache.read(results.runs), cache.read(results.scores)
stored = cache.read(coverage.series_by_run)
selection = state.selection()

if runs.empty and scores.empty:
    widgets.page_header("Overview", "The store is empty.")
    widgets.empty_state(
        "Start with one model on one text collection",
        "all-MiniLM-L6-v2 and the BBC news texts are installed with the app: no network and no "
        "GPU are needed, and it takes about a minute. The results appear here by themselves.",
        button="Start a run",
        page="pages/runs.py",
        key="overview",
        command=run_command(),
    )
    st.stop()

widgets.stop_if_nothing_is_chosen("Overview")
available = depth.profile_series(stored, scores)
table = overview.coverage_table(runs, scores, stored)
widgets.page_header("Overview", overview.store_sentence(runs, scores, stored))

picked = selection.pick_runs(runs)
headline = overview.headline_series(available)
values = cache.read(depth.read_values, list(picked["run_key"]), headline)
lines = depth.with_variation(depth.metric_lines(values, picked), None)
measured = depth.with_variation(
    cache.read(depth.read_score_lines, selection.models, selection.tasks, {}), None
)

left, right = widgets.side_by_side([3, 2], key="overview")
with left:
    st.header("Through the layers", anchor=False)
    panels = [Panel(name, *depth.series_text(name)) for name in headline if not lines.empty]
    panels = [panel for panel in panels if panel.series in set(lines["series"])]
    if panels:
        look = widgets.look()
        figure = plot_depth(
            prepare_depth(lines, "percent"),
            panels,
            look,
            marks=prepare_depth(findings.find_marks(lines), "percent"),
        )
        cards.metric_cards([panel.series for panel in panels])
        widgets.show(
            figure,
            "headline",
            alt=" ".join(overview.findings(lines, headline)),
            runs=picked,
            table=depth.long_table(lines),
            metrics=depth.metric_names(lines),
            command=commands_for_runs(picked, depth.requested(lines)),
        )
    else:
        st.caption("The selected models have no profile on the selected tasks.")
    st.header("What is here", anchor=False)
    tasks = sorted(table["task"].unique(), key=lambda task: -int((table["task"] == task).sum()))
    cells = prepare_coverage(table, selection.order, tasks)
    widgets.show(
        plot_coverage(cells, widgets.look()),
        "coverage",
        table=table,
        file_name="coverage",
        alt="Number of metrics in the store for each model and task",
        note="Number of metrics for each model and task; a dot where every layer has a score.",
    )
with right:
    both = [part for part in (lines, measured) if not part.empty]
    st.header("What it shows", anchor=False)
    said = overview.findings(pd.concat(both), headline) if both else []
    for text in filter(None, [*said, cache.read(pruning_findings.headline)]):
        st.markdown(f"- {widgets.plain(text)}")
    st.header("Where to look next", anchor=False)
    conditions = sorted(set(runs["condition"]) - {""})
    pruned = cache.read(pruning.pruned_models)
    for view in overview.ready_views(table, available, selection.order, conditions, pruned):
        with st.container(gap=None):
            title = widgets.plain(view.title)
            if st.button(f"**{title}** →", key=f"open_{view.title}", type="tertiary"):
                state.open_view(view.page, view.query)
            st.caption(widgets.plain(view.text))
