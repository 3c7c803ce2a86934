"""The plan, before anything runs: the chosen one, all of them, and the trial to start."""

from dataclasses import replace

import streamlit as st

from lrd_core.config import load_config
from lrd_core.pruning.plan import BY_HAND, Plan
from lrd_core.views import pruning, pruning_plans, pruning_work
from lrd_core.views.pruning_plans import PlansView
from lrd_core.views.pruning_trials import TrialsRequest, Tried
from pages._shared import cache, name_link, state, widgets
from pages._shared.jobs import job_panel

_HAND = "_removed_by_hand"


def draw(request: TrialsRequest, found: Tried) -> Plan | None:
    """The plans and the buttons that try them; returns the chosen plan."""
    st.subheader("The plan, before anything runs", anchor=False)
    view: PlansView = cache.read(pruning_plans.plans, request)
    chosen = None if view.empty else draw_plans(view, found)
    draw_jobs(request, view)
    return chosen


def draw_plans(view: PlansView, found: Tried) -> Plan:
    """The chosen plan on the profile behind it, and the ladder of all; both are clicked."""
    named = view.by_label
    first = next(iter(named))
    hand = next((label for label, plan in named.items() if plan.rule == BY_HAND), None)
    _turn_to_hand(found.request.settings.removed, hand)
    chosen = named[state.choose_one("Plan", list(named), key="plan", default=hand, list_box=True)]
    shown = pruning_plans.plan_of(view, chosen, found)
    st.markdown(widgets.plain(f"{shown.sentence} {shown.known}"))
    left, right = widgets.side_by_side([3, 2], key="plan")
    with left:
        st.caption("Click a block to take it out or put it back: a plan by hand.")
        widgets.draw(shown, "plan_figure")
        name_link.follow("plan_figure", lambda block: _toggle(chosen, int(block), first))
    with right:
        st.caption("Click a row to see its plan.")
        widgets.draw(replace(view, chosen=chosen.removed), "plan_grid")
        name_link.follow("plan_grid", lambda plan: state.move("plan", plan))
    return chosen


def _toggle(plan: Plan, block: int, first: str) -> None:
    """Look at the plan by hand that differs in one block; at the first one where none goes."""
    removed = pruning_plans.toggled(plan, block)
    if len(removed) == plan.num_blocks:
        st.toast("One block must stay.")
        return
    state.move("remove", [*removed])
    label = pruning_plans.label_of(BY_HAND, None, len(removed), plan.num_blocks)
    state.move("plan", label if removed else first)


def _turn_to_hand(removed: tuple[int, ...], hand: str | None) -> None:
    """Look at the plan by hand when it is made or changed; a link says itself what it shows."""
    was = st.session_state.get(_HAND)
    st.session_state[_HAND] = removed
    if hand is not None and was is not None and was != removed:
        state.move("plan", hand)


def draw_jobs(request: TrialsRequest, view: PlansView) -> None:
    """Ask the model for what plans need, or try them."""
    model, tasks, settings = request.model, request.tasks, request.settings
    payload = pruning_work.trial_payload([model], tasks, settings)
    preview = view.preview
    if preview.missing:
        waiting = ", ".join(pruning.rule_label(rule) for rule in preview.missing)
        st.caption(widgets.plain(f"Planned once the model was asked: {waiting}."))
        job_panel(
            "prune-plan", payload, "Calibrate only", key="calibrate", job_label=f"Calibrate {model}"
        )
    variants = pruning_work.count_variants(preview, settings)
    estimate = pruning_work.estimate(load_config(), model, tasks, settings, variants)
    job_panel(
        "prune",
        payload,
        "Run the trial",
        key="trial",
        job_label=f"Prune {model}",
        estimate=estimate,
    )


def show(found: Tried, picked: str) -> None:
    """Look at the plan of a point of the frontier, with its budget where it is not chosen yet.

    picked: rule|blocks removed, as the figure names its points.
    """
    rule, _, size = picked.partition("|")
    view: PlansView = cache.read(pruning_plans.plans, found.request)
    for label, plan in view.by_label.items():
        if (plan.rule, plan.m) == (rule, int(size)):
            state.move("plan", label)
            return
    every = found.every
    same = every[(every["rule"] == rule) & (every["m"] == int(size))].dropna(subset=["budget"])
    if same.empty:
        return
    row = same.sort_values("budget").iloc[0]
    budgets = [*found.request.settings.budgets, float(row["budget"])]
    state.move("budgets", budgets)
    state.move("plan", pruning_plans.label_of(rule, row["budget"], row["m"], row["num_blocks"]))
