"""Is n large enough for metrics of the whole data set: curves over subsamples, or their button."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lrd_core.plots.enough import plot_curve, prepare_curve
from lrd_core.views import enough
from lrd_core.views import lines as depth
from lrd_core.views.command_text import command
from pages._shared import cache, state, widgets
from pages._shared.jobs import job_panel


def draw(runs: pd.DataFrame) -> None:
    """Choose a run, a layer and metrics; draw what is stored and offer to compute the rest."""
    st.markdown("**Metrics of the whole data set**")
    names = {_name(run): run for _, run in runs.iterrows()}
    if not names:
        st.caption("Measured scores alone are drawn; no run of these models is in the store.")
        return
    offered = enough.dataset_series()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        series = state.choose_many(
            "Metrics of all texts",
            offered,
            key="enough_metrics",
            default=enough.first_series(),
            show=lambda name: depth.series_text(name)[0],
            max_selections=6,
        )
        name = state.choose_one("Run", list(names), key="enough_run", list_box=True)
    run = names[name]
    num_blocks = int(run["num_blocks"])
    layer = int(
        state.number("Layer", 0, num_blocks, key="enough_layer", default=num_blocks, step=1)
    )
    points = cache.read(enough.read_curves, run["run_key"])
    stored = set(points["series"])
    _curves(points, run, [one for one in series if one in stored], layer)
    missing = depth.owners([one for one in series if one not in stored])
    if missing:
        _offer(run, name, missing)


def _curves(points: pd.DataFrame, run: pd.Series, series: Sequence[str], layer: int) -> None:
    columns = st.columns(2) if len(series) > 1 else [st.container()]
    for place, one in enumerate(series):
        curve = enough.curve_at(points, one, layer)
        sentence, warns = enough.curve_sentence(curve, one, int(run["num_blocks"]))
        label, unit = depth.series_text(one)
        with columns[place % len(columns)]:
            (st.warning if warns else st.caption)(widgets.plain(sentence))
            prepared = prepare_curve(curve)
            if prepared.empty:
                continue
            look = widgets.look()
            widgets.show(
                plot_curve(
                    prepared,
                    look,
                    label=label,
                    unit=unit,
                    title=label,
                    colour=look.colour(run["model"]),
                ),
                f"enough_all_{one}",
                alt=sentence,
                table=curve,
                runs=pd.DataFrame([run]),
                file_name=f"number_of_texts_{one}",
                command=_command(run, depth.owners([one])),
            )


def _offer(run: pd.Series, name: str, missing: list[str]) -> None:
    st.caption(
        "These metrics need all texts at once, so they are computed again on random parts of "
        "the texts. No model is needed, only the embeddings that the run left on this machine."
    )
    job_panel(
        "enough",
        {"run_key": run["run_key"], "metrics": missing},
        "Measure on fewer texts",
        "seconds to minutes",
        key="enough_job",
        job_label=f"Is n enough? {name}",
        wants="cpu",
    )
    st.code(_command(run, missing), language="bash", wrap_lines=True)


def _command(run: pd.Series, metrics: list[str]) -> str:
    return command(
        "enough", model=run["model"], task=run["task"], condition=run["condition"], metric=metrics
    )


def _name(run: pd.Series) -> str:
    parts = (run["model"], run["task"], run["condition"], f"n = {run['n']:,}")
    return " · ".join(str(part) for part in parts if part)
