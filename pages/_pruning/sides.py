"""Side by side: the plans and the results of two models, beside each other on the same axes."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from lrd_core.views import pruning_plans, pruning_results, pruning_trials
from lrd_core.views.pruning_plans import PlansView, PlanView
from lrd_core.views.pruning_trials import TrialsRequest, Tried
from lrd_core.views.words import joined
from pages._shared import cache, state, two, widgets

NO_PLAN = "The store can tell no plan of it: it was not asked yet."
NO_TRIAL = "No trial of it on these tasks with these options yet."
ONE_ALONE = "Trials are started, and pruned models exported, for one model: turn Side by side off."


def draw(requests: Sequence[TrialsRequest]) -> None:
    """The same plan of both, then what trials of both gave."""
    found = [cache.read(pruning_trials.tried, request) for request in requests]
    names = [request.model for request in requests]
    told = [f"{one.request.model}: {one.sentence or NO_TRIAL}" for one in found]
    widgets.page_header("Pruning", " ".join(told))
    st.caption(ONE_ALONE)
    st.subheader("The plan, before anything runs", anchor=False)
    two.draw(_plans(requests, found), names, "sides_plan", NO_PLAN)
    st.subheader("What it cost and gained", anchor=False)
    ordered = [replace(one, compared=one.compared.sort_values("task")) for one in found]
    results = [pruning_results.results_of(one, narrow=True) for one in ordered]
    # Rows are plans, which are others for another model.
    two.draw(results, names, "sides_results", NO_TRIAL, axes="x")
    short = [one.request.model for one in found if one.compared.empty]
    if short:
        st.caption(widgets.plain(f"What makes trials of {joined(short)}:"))
        for one in found:
            if one.compared.empty:
                st.code(one.command, language="bash", wrap_lines=True)


def _plans(requests: Sequence[TrialsRequest], found: Sequence[Tried]) -> list[PlanView]:
    """The plan that is chosen by rule and budget, of each model that has it."""
    views: list[PlansView] = [cache.read(pruning_plans.plans, request) for request in requests]
    offered = [pruning_plans.by_rule_and_budget(view) for view in views]
    names = list(dict.fromkeys(name for plans in offered for name in plans))
    chosen = state.choose_one("Plan", names, key="sides_plan", list_box=True)
    return [
        pruning_plans.plan_of(view, plans[chosen], tried)
        if chosen in plans
        else PlanView(table=view.table.iloc[:0])
        for view, plans, tried in zip(views, offered, found, strict=True)
    ]
