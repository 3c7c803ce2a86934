"""A visitor's own texts in three steps: give them, look at them, run them; it ends on their map."""

import streamlit as st

from lrd_core.actions import own_texts as service
from lrd_core.actions.own_texts import OwnTexts
from lrd_core.config import load_config
from lrd_core.errors import LrdError
from lrd_core.numbers import counted, whole
from lrd_core.views import runs
from pages._shared import jobs, own_texts, state, widgets
from pages._shared.own_texts import Columns

KEY, _JOB = "own", "_own_job"


def draw() -> None:
    """The three steps, each once the one before is done."""
    with state.section("Your own texts, in three steps", key="own") as part:
        if not part.open:
            return
        if widgets.read_only():
            st.caption("This app only shows results; nothing can be added.")
            return
        one, two, three = widgets.side_by_side([2, 3, 2], key="own")
        with one:
            st.markdown("**1. Give them**")
            texts = own_texts.give(KEY)
        if texts is not None:
            with two:
                st.markdown("**2. Is this right?**")
                columns = own_texts.check(texts, KEY)
            with three:
                st.markdown("**3. Run them**")
                _run(texts, columns)
        with three:
            _follow()


def _run(texts: OwnTexts, columns: Columns) -> None:
    """The models, how long it takes, and the button that keeps the texts and starts the work."""
    models = st.multiselect(
        "Models",
        runs.launch_choices().models,
        key="own_models",
        default=runs.launch_choices().models[:1],
    )
    if not models:
        st.caption("Choose at least one model.")
        return
    config = load_config()
    estimate = service.estimate(config, models, columns.name, texts)
    size = whole(texts.run_size)
    of = "" if texts.run_size == texts.n else f" of {whole(texts.n)}"
    pressed = st.button(
        widgets.plain(f"Run {counted(len(models), 'model')} on {size}{of} texts"),
        type="primary",
        key="own_run",
    )
    st.caption(widgets.plain(f"Takes {estimate.sentence}."))
    if jobs.confirmed(pressed, estimate.question, key="own"):
        try:
            _start(texts, columns, models)
        except LrdError as error:
            widgets.error_box(error)


def _start(texts: OwnTexts, columns: Columns, models: list[str]) -> None:
    own_texts.keep(texts, columns, KEY)
    st.session_state[_JOB] = service.run(load_config(), columns.name, models, texts).id


def _follow() -> None:
    """The work that was started here, and the way to the map once it is done."""
    job_id = st.session_state.get(_JOB)
    if job_id is None:
        return
    jobs.live_job(job_id, key="own")
    view = runs.results_of(runs.job(load_config(), job_id))
    if view is not None and st.button("See your map", type="primary", key="own_map"):
        state.open_view(*view)
