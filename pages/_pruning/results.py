"""What trials gave: the results, then parts that open on demand."""

import streamlit as st

from lrd_core.config import Config
from lrd_core.numbers import percent
from lrd_core.views import pruning_results, pruning_trials
from lrd_core.views.pruning_costs import costs_of
from lrd_core.views.pruning_frontier import FrontierView, frontier_of
from lrd_core.views.pruning_language import language_of
from lrd_core.views.pruning_results import MarginRequest, MarginView, ResultView
from lrd_core.views.pruning_trials import TrialsRequest, Tried
from lrd_core.views.table_files import csv_text
from pages._pruning import plans
from pages._shared import cache, name_link, state, widgets


def draw(found: Tried) -> None:
    """Every section; the closed ones cost nothing."""
    timing = choose_timing(found)
    if found.note:
        st.caption(widgets.plain(found.note))
    st.subheader("What it cost and gained", anchor=False)
    draw_frontier(found, timing)
    view: ResultView = cache.read(_results, found.request, timing)
    widgets.draw(view, "results")
    with state.section("Over all tasks: intervals and win rates", key="summary") as part:
        if part.open:
            draw_summary(found)
    with state.section("Regret to the best subset", key="regret") as part:
        if part.open:
            draw_regret(found)
    if found.compared["perplexity"].notna().any():
        with state.section("Perplexity and next-token agreement", key="language") as part:
            if part.open:
                draw_language(found)
    with state.section("Time, memory and size", key="costs") as part:
        if part.open:
            draw_costs(found, timing)
    with state.section("Table of trials", key="trials") as part:
        if part.open:
            draw_table(view)


def _tried(request: TrialsRequest) -> Tried:
    found: Tried = cache.read(pruning_trials.tried, request)
    return found


def _results(config: Config, request: TrialsRequest, timing: str) -> ResultView:
    return pruning_results.results_of(_tried(request), timing)


def _frontier(config: Config, request: TrialsRequest, timing: str) -> FrontierView:
    return frontier_of(_tried(request), timing)


def draw_frontier(found: Tried, timing: str) -> None:
    """Score kept against time saved; a click on a plan shows its blocks."""
    view: FrontierView = cache.read(_frontier, found.request, timing)
    st.markdown(widgets.plain(view.sentence))
    if view.empty:
        return
    widgets.draw(view, "frontier")
    name_link.follow("frontier", lambda plan: plans.show(found, plan))


def choose_timing(found: Tried) -> str:
    """Which of several timings to show; they are never mixed."""
    if len(found.timings) < 2:
        return ""
    return state.choose_one("Timed on", found.timings, key="timing", list_box=True)


def draw_summary(found: Tried) -> None:
    """One budget over all tasks, against random plans."""
    if not found.budgets:
        st.caption(pruning_results.NO_BUDGET)
        return
    budget = state.choose_one("Budget", found.budgets, key="summary_budget", show=percent)
    everything = state.switch(
        "All models of the store", key="summary_all", help="Not only this model and these tasks."
    )
    request = MarginRequest(found.request, budget, everything)
    view: MarginView = cache.read(pruning_results.margins, request)
    widgets.draw(view, "margins")
    st.dataframe(view.table, hide_index=True, key="summary_table")


def draw_regret(found: Tried) -> None:
    """What rules lose against the best of all subsets."""
    sizes = pruning_results.oracle_sizes(found)
    if not sizes:
        st.caption(pruning_results.NO_ORACLE)
        return
    m = state.choose_one("Blocks removed", sizes, key="regret_m")
    widgets.draw(pruning_results.regret_of(found, m), "regret_map")


def draw_language(found: Tried) -> None:
    """What the plans do to a language model."""
    view = language_of(found)
    st.caption(
        widgets.plain(
            f"{view.sentence} Calibration did not see these texts. Agreement: share of positions "
            "whose most likely next token is the full model's."
        )
    )
    widgets.draw(view, "language_figure")


def draw_costs(found: Tried, timing: str) -> None:
    """Times as a figure, everything else as a table."""
    if found.timed.empty:
        st.caption("Nothing was timed for this model yet.")
        return
    whole = state.switch("End to end, with the tokenizer", key="end_to_end")
    view = costs_of(found, timing, end_to_end=whole)
    widgets.draw(view, "latency")
    st.dataframe(view.costs, hide_index=True, key="cost_table")


def draw_table(view: ResultView) -> None:
    """The compared plans themselves."""
    st.dataframe(view.trials, hide_index=True, key="trial_table")
    st.download_button(
        "CSV, these trials",
        data=lambda: csv_text(view.trials),
        mime="text/csv",
        file_name="pruning-trials.csv",
        on_click="ignore",
    )
