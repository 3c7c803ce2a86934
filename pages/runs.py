"""Runs: start work, watch it, stop it. The work goes on when the browser is closed."""

from collections.abc import Sequence

import streamlit as st

from lrd_core.actions import work
from lrd_core.config import load_config
from lrd_core.views import runs
from pages._runs import history, launch, own_texts
from pages._shared import jobs, row_pairs, state, widgets

POLL_S = 2.0

config = load_config()


def resume() -> None:
    """Start a worker for work that was left over."""
    work.resume(config)


@st.fragment(run_every=POLL_S)
def queue(known: Sequence[int]) -> None:
    """Open jobs as cards; every visitor sees the same.

    known: ids of the open jobs when the page was drawn; it is drawn anew when they change, so
    that the history and the sentence above follow.
    """
    open_jobs = runs.open_jobs(config)
    if [job.id for job in open_jobs] != list(known):
        st.rerun()
    machine = runs.machine(config)
    if open_jobs and not machine.workers and not widgets.read_only():
        st.button("Start a worker", on_click=resume, key="resume")
    for job in reversed(open_jobs):
        with st.container(border=True, key=f"job_{job.id}"):
            st.markdown(f"**{widgets.plain(job.label)}** · job {job.id}, {job.state.value}")
            jobs.job_card(job, key="queue")
    if not open_jobs:
        st.caption("Nothing is running.")
    st.caption(runs.machine_sentence(machine))


widgets.page_header("Runs", runs.queue_sentence(config))
if state.side_by_side():
    st.header("What was run of the two", anchor=False)
    row_pairs.draw("runs")
own_texts.draw()
form, live = st.columns([4, 5], gap="large")
with form:
    st.header("Start", anchor=False)
    launch.draw()
with live:
    st.header("Queue", anchor=False)
    queue([job.id for job in runs.open_jobs(config)])
    st.header("History", anchor=False)
    history.draw()
