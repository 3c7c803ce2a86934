"""Runs: start work, watch it, stop it. The work goes on when the browser is closed."""

from collections.abc import Sequence

import streamlit as st

from lrd_core.actions import work
from lrd_core.config import load_config
from lrd_core.errors import LrdError
from lrd_core.metrics.registry import all_metrics
from lrd_core.models.catalogue import CATALOGUE
from lrd_core.tasks import all_tasks
from lrd_core.views import runs as service
from lrd_core.views.command_text import run_command
from pages._shared import jobs, own_texts, run_settings, state, widgets

POLL_S = 2.0
GROUPS = {"lrd": "LRD: Frenet, NRS, GFMI", "lbl": "Layer by Layer", "companion": "Companions"}

config = load_config()


def launch_form() -> None:
    """Models, tasks, metrics and settings; the estimate; the button."""
    names = [spec.name for spec in CATALOGUE]
    packs_first = sorted(names, key=lambda name: (not _has_pack(name), names.index(name)))
    models = state.choose_many(
        "Models",
        packs_first,
        key="run_models",
        default=packs_first[:1],
        help="The first ones come with Python packages; the others are fetched from a model hub.",
    )
    tasks = state.choose_many(
        "Tasks",
        [task.name for task in all_tasks()],
        key="run_tasks",
        default=["bbc-news"],
        help="The first ones come with Python packages; MTEB tasks are fetched from a data hub.",
    )
    own_texts.draw(tasks)
    choices = [*GROUPS, *(metric.name for metric in all_metrics())]
    metrics = state.choose_many(
        "Metrics",
        choices,
        key="run_metrics",
        default=["lrd", "lbl"],
        show=lambda name: GROUPS.get(name, name),
        help="All metrics of one model and task share one forward pass.",
    )
    settings = run_settings.choose()
    for spec in CATALOGUE:
        if spec.name in models and spec.custom_code:
            st.caption(
                widgets.plain(
                    f"{spec.name} brings its own code, which is not run from a page: use "
                    f"the command line with --allow-code {spec.name}."
                )
            )
    if not (models and tasks and metrics):
        st.caption("Choose at least one model, one task and one metric.")
        return
    estimate = service.estimate_run(config, models, tasks, metrics, settings)
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("Start", type="primary", key="start_run", disabled=widgets.read_only())
        if widgets.read_only():
            st.caption("This app only shows results; no work can be started here.")
        else:
            st.caption(widgets.plain(f"Takes {estimate.sentence}."))
    if pressed:
        try:
            job = work.start_run(config, models, tasks, metrics, settings)
            st.toast(widgets.plain(f"Job {job.id} is in the queue: {job.label}"))
        except LrdError as error:
            widgets.error_box(error)
    st.caption("The same on the command line; add --detach to queue it")
    st.code(run_command(models, tasks, metrics, settings), language="bash", wrap_lines=True)


def resume() -> None:
    work.resume(config)


@st.fragment(run_every=POLL_S)
def queue(known: Sequence[int]) -> None:
    """Open jobs as cards; every visitor sees the same.

    known: ids of the open jobs when the page was drawn; it is drawn anew when they change, so
    that the history and the sentence above follow.
    """
    open_jobs = service.open_jobs(config)
    if [job.id for job in open_jobs] != list(known):
        st.rerun()
    machine = service.machine(config)
    if open_jobs and not machine.workers and not widgets.read_only():
        st.button("Start a worker", on_click=resume, key="resume")
    for job in reversed(open_jobs):
        with st.container(border=True, key=f"job_{job.id}"):
            st.markdown(f"**{widgets.plain(job.label)}** · job {job.id}, {job.state.value}")
            jobs.job_card(job, key="queue")
    if not open_jobs:
        st.caption("Nothing is running.")
    gib = 2**30
    st.caption(
        f"This machine: {machine.cores} cores, {machine.memory_used / gib:.1f} of "
        f"{machine.memory / gib:.0f} GiB of memory in use, {machine.accelerators or 'no'} "
        f"GPU, {len(machine.workers) or 'no'} worker running."
    )


def _has_pack(name: str) -> bool:
    return any(spec.name == name and spec.pack for spec in CATALOGUE)


widgets.page_header("Runs", service.queue_sentence(config))
form, live = st.columns([4, 5], gap="large")
with form:
    st.header("Start", anchor=False)
    launch_form()
with live:
    st.header("Queue", anchor=False)
    queue([job.id for job in service.open_jobs(config)])
    st.header("History", anchor=False)
    jobs.history()
