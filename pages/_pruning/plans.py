"""The plan, before anything runs: the chosen one, all of them, and the trial to start."""

import streamlit as st

from lrd_core.config import load_config
from lrd_core.pruning.plan import Plan
from lrd_core.views import pruning, pruning_plans, pruning_work
from lrd_core.views.pruning_plans import PlansView
from lrd_core.views.pruning_trials import TrialsRequest
from pages._shared import cache, state, widgets
from pages._shared.jobs import job_panel


def draw(request: TrialsRequest) -> Plan | None:
    """The plans and the buttons that try them; returns the chosen plan."""
    st.subheader("The plan, before anything runs", anchor=False)
    view: PlansView = cache.read(pruning_plans.plans, request)
    chosen = None if view.empty else draw_plans(view)
    draw_jobs(request, view)
    return chosen


def draw_plans(view: PlansView) -> Plan:
    """The chosen plan on the profile behind it, and all plans as a grid."""
    named = view.by_label
    chosen = named[state.choose_one("Plan", list(named), key="plan", list_box=True)]
    left, right = widgets.side_by_side([3, 2], key="plan")
    with left:
        widgets.draw(pruning_plans.plan_of(view, chosen), "plan_figure")
    with right:
        widgets.draw(view, "plan_grid")
    return chosen


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
    job_panel(
        "prune",
        payload,
        "Run the trial",
        key="trial",
        job_label=f"Prune {model}",
        estimate=pruning_work.estimate(load_config(), model, tasks, settings, variants),
    )
