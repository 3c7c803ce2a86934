"""Two models of any widths against each other: CKA of every pair of layers."""

import pandas as pd
import streamlit as st

from lrd_core.plots.layer_pairs import plot_cka
from lrd_core.views import trajectories
from pages._shared import cache, state, widgets
from pages._shared.jobs import job_panel


def draw(runs: pd.DataFrame) -> None:
    """The heatmap for two of these runs; a click on a cell opens that pair of layers as maps."""
    st.subheader("Two models, layer by layer", anchor=False)
    names = {_name(row): row for _, row in runs.iterrows()}
    if len(names) < 2:
        st.caption("Choose a second model in the side bar to compare its layers with these.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first = state.choose_one("Rows", list(names), key="cka_a", list_box=True)
        others = [name for name in names if name != first]
        second = state.choose_one("Columns", others, key="cka_b", list_box=True)
    one, other = names[first], names[second]
    if not trajectories.comparable(one, other):
        st.caption(
            "These two runs saw different texts, so their layers cannot be compared. Choose runs "
            "on the same task with the same number of texts and seed."
        )
        return
    cells = cache.read(trajectories.cka, one["run_key"], other["run_key"])
    if cells is None:
        st.caption("Linear CKA on the same texts tells which layers hold the same geometry.")
        job_panel(
            "cka",
            {"first": one["run_key"], "second": other["run_key"]},
            "Compare layers",
            "a few seconds",
            key="cka",
            job_label=f"{first} against {second}",
        )
        return
    best = divmod(int(cells.argmax()), cells.shape[1])
    event = widgets.show(
        plot_cka(cells, first, second, widgets.look()),
        "cka",
        height=440,
        runs=pd.DataFrame([one, other]),
        metrics=["linear CKA v1"],
        on_select="rerun",
        selection_mode="points",
        table=_table(cells),
        alt=f"CKA of every layer of {first} with every layer of {second}; the most alike are "
        f"layers {best[0]} and {best[1]} ({cells.max():.2f}).",
        note="Click a cell to open that pair of layers in Neighbourhoods.",
    )
    points = event.selection.points if event else []
    if points:
        row, column = (int(value) for value in points[0]["customdata"][:2])
        view = {"map": first, "twin": second, "layer": row, "link": "false", "twin_layer": column}
        st.switch_page(
            "pages/neighbourhoods.py",
            query_params={name: str(value) for name, value in view.items()},
        )


def _name(run: pd.Series) -> str:
    return f"{run['model']} on {run['task']}"


def _table(cells: object) -> pd.DataFrame:
    table = pd.DataFrame(cells)
    return table.rename_axis("layer").reset_index()
