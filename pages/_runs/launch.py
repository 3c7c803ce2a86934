"""The form that starts work: models, tasks, metrics, settings; the estimate; the button."""

import math
from collections.abc import Sequence

import streamlit as st

from lrd_core.actions import work
from lrd_core.config import load_config
from lrd_core.errors import LrdError
from lrd_core.numbers import whole
from lrd_core.settings import RunSettings
from lrd_core.views import runs, stored
from lrd_core.views.command_text import run_command
from lrd_core.views.run_samples import apart_note
from pages._shared import cache, jobs, run_settings, state, widgets


def draw() -> None:
    """The whole form."""
    models, tasks, chosen = _choose()
    settings = run_settings.choose()
    metrics = runs.metrics_asked(chosen, _token_texts())
    apart = apart_note(cache.read(stored.runs), tasks, settings)
    for note in [*runs.launch_notes(models), *filter(None, [apart])]:
        st.caption(widgets.plain(note))
    if not (models and tasks and metrics):
        st.caption("Choose at least one model, one task and one metric.")
        return
    _start(models, tasks, metrics, settings)
    st.caption("The same on the command line; add --detach to queue it")
    st.code(run_command(models, tasks, metrics, settings), language="bash", wrap_lines=True)


def _choose() -> tuple[list[str], list[str], list[str]]:
    offered = runs.launch_choices()
    models = state.choose_many(
        "Models",
        offered.models,
        key="run_models",
        default=offered.models[:1],
        help="The first ones come with Python packages; the others are fetched from a model hub.",
    )
    tasks = state.choose_many(
        "Tasks",
        offered.tasks,
        key="run_tasks",
        default=["bbc-news"],
        help="The first ones come with Python packages; MTEB tasks are fetched from a data hub.",
    )
    metrics = state.choose_many(
        "Metrics",
        offered.metrics,
        key="run_metrics",
        default=offered.usual,
        show=runs.metric_name,
        help="All metrics of one model and task share one forward pass.",
    )
    return models, tasks, metrics


def _token_texts() -> int:
    return state.choose_one(
        "Texts whose tokens are measured",
        sorted(runs.token_text_choices(), key=lambda texts: texts or math.inf),
        default=runs.token_text_choices()[0],
        show=lambda texts: whole(texts) if texts else "all",
        key="run_token_texts",
        help="Prompt entropy, token curvature and what tells dominating tokens read a seeded "
        "sample of the run's texts; the interval says how sure their means are.",
    )


def _start(
    models: Sequence[str], tasks: Sequence[str], metrics: Sequence[str], settings: RunSettings
) -> None:
    config = load_config()
    estimate = runs.estimate_run(config, models, tasks, metrics, settings)
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("Start", type="primary", key="start_run", disabled=widgets.read_only())
        if widgets.read_only():
            st.caption("This app only shows results; no work can be started here.")
        else:
            st.caption(widgets.plain(f"Takes {estimate.sentence}."))
    if jobs.confirmed(pressed, estimate.question, key="run"):
        try:
            for job in work.start_runs(config, models, tasks, metrics, settings):
                st.toast(widgets.plain(f"Job {job.id} is in the queue: {job.label}"))
        except LrdError as error:
            widgets.error_box(error)
