"""Jobs that are over: one table, and one of them with its log and its parts."""

from collections.abc import Sequence

import streamlit as st

from lrd_core.config import load_config
from lrd_core.views import runs
from lrd_core.views.runs import Job
from pages._shared import state, widgets
from pages._shared.jobs import job_card

PICKED = "_picked_past_job"


def draw() -> None:
    """Jobs that are over as one table, and one of them with its log and its parts."""
    config = load_config()
    past = runs.past_jobs(config)
    if not past:
        st.caption("Jobs that are over stay here with their durations and logs.")
        return
    st.dataframe(
        runs.table_of(past).drop(columns="kind"),
        hide_index=True,
        key="past_jobs",
        height=min(36 * (len(past) + 1), 320),
        alt="Jobs that are over, newest first.",
    )
    job = _pick(past)
    with st.container(border=True, key=f"past_{job.id}"):
        st.markdown(f"**{widgets.plain(job.label)}** · job {job.id}, {job.state.value}")
        job_card(job, key="past")
        results = runs.results_of(job)
        if results is not None and st.button("Open the results", key=f"results_{job.id}"):
            state.open_view(*results)
        parts = runs.units_table(config, job.id)
        if not parts.empty:
            st.dataframe(parts, hide_index=True, key="past_parts", alt="Its finished parts.")


def _pick(past: Sequence[Job]) -> Job:
    """The job that the visitor picked, else the one that ended up newest."""
    by_id = {job.id: job for job in past}
    ids = list(by_id)
    picked = st.session_state.get(PICKED)
    # A new list makes a new box: an old one would stay at what was newest before.
    key = f"past_job_{hash(tuple(ids))}"

    def keep() -> None:
        st.session_state[PICKED] = st.session_state[key]

    chosen = st.selectbox(
        "Details of",
        ids,
        index=ids.index(picked) if picked in by_id else 0,
        key=key,
        format_func=lambda one: f"{one} · {by_id[one].label} · {by_id[one].state.value}",
        on_change=keep,
        help="Its log, its finished parts, and a retry where it did not end well.",
    )
    return by_id[chosen]
