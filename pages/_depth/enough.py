"""Is n large enough for metrics of the whole data set: curves over subsamples, or their button."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lrd_core.views import enough, item_words, series_names
from lrd_core.views.enough import CurveView, EnoughView
from pages._shared import cache, state, widgets
from pages._shared.jobs import job_panel


def draw(runs: pd.DataFrame) -> None:
    """Choose a run, a layer and metrics; draw what is stored and offer to compute the rest."""
    st.markdown("**Metrics of the whole data set**")
    names = {enough.run_name(run): run for run in runs.itertuples()}
    if not names:
        st.caption("Measured scores alone are drawn; no run of these models is in the store.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        series = state.choose_many(
            f"Metrics of all {item_words.noun_of_runs(runs)}s",
            enough.dataset_series(),
            key="enough_metrics",
            default=enough.first_series(),
            show=lambda name: series_names.series_text(name)[0],
            max_selections=6,
        )
        name = state.choose_one("Run", list(names), key="enough_run", list_box=True)
    run = names[name]
    last = int(run.num_blocks)
    layer = int(state.number("Layer", 0, last, key="enough_layer", default=last, step=1))
    view: EnoughView = cache.read(enough.enough, run.run_key, tuple(series), layer)
    _curves(view.curves)
    if view.missing:
        _offer(view, name, item_words.noun_of_runs(runs[runs["run_key"] == run.run_key]))


def _curves(curves: Sequence[CurveView]) -> None:
    columns = st.columns(2) if len(curves) > 1 else [st.container()]
    for place, view in enumerate(curves):
        with columns[place % len(columns)]:
            (st.warning if view.warns else st.caption)(widgets.plain(view.sentence))
            if view.drawable:
                widgets.draw(
                    view, f"enough_all_{view.series}", file_name=f"number_of_texts_{view.series}"
                )


def _offer(view: EnoughView, name: str, noun: str) -> None:
    st.caption(
        f"These metrics need all {noun}s at once, so they are computed again on random parts of "
        f"the {noun}s. No model is needed, only the embeddings that the run left on this machine."
    )
    job_panel(
        "enough",
        view.payload,
        f"Measure on fewer {noun}s",
        "seconds to minutes",
        key="enough_job",
        job_label=f"Is n enough? {name}",
        wants="cpu",
    )
    st.code(view.command, language="bash", wrap_lines=True)
