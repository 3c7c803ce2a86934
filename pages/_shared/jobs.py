"""Work in the background as a visitor sees it: a button that starts it, then its live state.

    job_panel("prune", payload, "Run the trial", estimate="about 40 s", key="trial")

The state is polled inside a fragment, so the page around it stays still; it is drawn again once,
when the job ends, to show the new results.
"""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from lrd_core.actions import work
from lrd_core.config import Config, load_config
from lrd_core.errors import LrdError
from lrd_core.views import runs as service
from lrd_core.views.runs import Foreseen, Job, JobState
from pages._shared import widgets

POLL_S = 1.0


def job_panel(
    kind: str,
    payload: Mapping[str, Any],
    label: str,
    estimate: str | Foreseen = "",
    *,
    key: str,
    job_label: str = "",
    wants: str = "auto",
) -> Job | None:
    """A start button for this work, then its progress; returns the newest such job.

    label: the button's caption. estimate: shown beside it; where it has a question, that is asked
    first. job_label: the name in the queue. wants: "auto", "cpu" or "accelerator". The button is
    off where the app is read only.
    """
    config = load_config()
    found = service.find_job(config, kind, payload)
    told, question, expected = (
        (estimate, "", None)
        if isinstance(estimate, str)
        else (estimate.sentence, estimate.question, estimate)
    )
    if found is None or found.over:
        caption = label if found is None else f"{label} again"
        with st.container(horizontal=True, vertical_alignment="center"):
            pressed = st.button(
                widgets.plain(caption),
                type="primary" if found is None else "secondary",
                key=f"start_{key}",
                disabled=widgets.read_only(),
            )
            if widgets.read_only():
                st.caption("This app only shows results; no work can be started here.")
            elif told:
                st.caption(widgets.plain(told))
        if confirmed(pressed, question, key=key):
            try:
                found = work.start(
                    config, kind, payload, label=job_label or label, wants=wants, expected=expected
                )
            except LrdError as error:
                widgets.error_box(error)
            else:
                st.rerun()
    if found is not None:
        live_job(found.id, key=key)
    return found


def confirmed(pressed: bool, question: str, *, key: str) -> bool:
    """Whether work shall start: at once, or after a question that a visitor says yes to.

    pressed: whether its button was, in this run. A question that changes is asked anew.
    """
    if not question:
        return pressed
    asked = f"_asked_{key}"
    if pressed:
        st.session_state[asked] = question
    if st.session_state.get(asked) != question:
        return False
    with st.container(border=True, key=f"question_{key}"):
        st.markdown(widgets.plain(question))
        with st.container(horizontal=True):
            yes = st.button("Start it", type="primary", key=f"yes_{key}")
            no = st.button("Not now", key=f"no_{key}")
    if yes or no:
        st.session_state.pop(asked)
    if no:
        st.rerun()
    return yes


def live_job(job_id: int, *, key: str) -> None:
    """The state of one job, refreshed every second until it is over."""
    job = service.job(load_config(), job_id)
    poll = None if job.over else POLL_S
    st.fragment(_watch, run_every=poll)(job_id, key, job.over)


def job_card(job: Job, *, key: str) -> None:
    """Bar, one line in words, cancel or retry, and the log; inside a fragment while it runs.

    The log is read whether its popover is open or not, so a page draws few cards.
    """
    if not job.over:
        left = service.left_of(load_config(), job)
        st.progress(left.share, text=widgets.plain(service.describe(job, left)))
    elif job.state is JobState.FAILED:
        st.error(f"**Failed.** {widgets.plain(job.error or 'The log says more.')}")
    else:
        st.caption(widgets.plain(service.describe(job)))
    with st.container(horizontal=True, vertical_alignment="center"):
        if not job.over:
            st.button(
                "Cancel",
                key=f"cancel_{key}_{job.id}",
                disabled=widgets.read_only() or job.state is JobState.CANCELLING,
                on_click=_act,
                args=(work.cancel, job.id),
            )
        elif job.state is not JobState.COMPLETE:
            st.button(
                "Retry",
                key=f"retry_{key}_{job.id}",
                disabled=widgets.read_only(),
                help="Goes on where it stopped; finished parts are kept.",
                on_click=_act,
                args=(work.retry, job.id),
            )
        with st.popover("Log", key=f"log_{key}_{job.id}"):
            st.code(
                service.log_tail(job) or "Nothing was written yet.", language=None, wrap_lines=True
            )


def _act(action: Callable[[Config, int], Job], job_id: int) -> None:
    try:
        action(load_config(), job_id)
    except LrdError as error:
        # Another visitor was faster, or the store is read only; the card shows the new state.
        st.toast(widgets.plain(error))


def _watch(job_id: int, key: str, was_over: bool) -> None:
    job = service.job(load_config(), job_id)
    job_card(job, key=key)
    if job.over != was_over:
        st.rerun()
