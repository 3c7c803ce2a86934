"""Two models of any widths against each other: how alike every pair of layers is."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from lrd_core.views import layer_pairs
from lrd_core.views.layer_pairs import CkaRequest, CkaView
from pages._shared import cache, state, widgets
from pages._shared.jobs import job_panel

CLICK = "Click a cell to open that pair of layers in Neighbourhoods."


def draw(names: Sequence[str]) -> None:
    """The heatmap for two of these runs; a click on a cell opens that pair of layers as maps."""
    st.subheader("Two models, layer by layer", anchor=False)
    if len(names) < 2:
        st.caption("Choose a second model in the side bar to compare its layers with these.")
        return
    view = cache.read(layer_pairs.cka, choose(names))
    if not view.same_texts:
        st.caption(
            "These two runs saw different texts, so their layers cannot be compared. Choose runs "
            "on the same task with the same number of texts and seed."
        )
    elif view.empty:
        offer(view)
    else:
        heatmap(view)


def choose(names: Sequence[str]) -> CkaRequest:
    """Which two to compare."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first = state.choose_one("Rows", list(names), key="cka_a", list_box=True)
        others = [name for name in names if name != first]
        second = state.choose_one("Columns", others, key="cka_b", list_box=True)
        measure = state.choose_one(
            "Alike by",
            list(layer_pairs.MEASURES),
            key="alike",
            list_box=True,
            show=layer_pairs.MEASURES.__getitem__,
            help=layer_pairs.MEASURES_HELP,
        )
    return CkaRequest(state.selection(), first, second, measure)


def offer(view: CkaView) -> None:
    """A job that compares the two."""
    st.caption("Compared on the same texts: which layers hold the same geometry.")
    job_panel(
        "cka",
        view.payload,
        "Compare layers",
        "a few seconds",
        key="cka",
        job_label=f"{view.rows} against {view.columns}",
    )


def heatmap(view: CkaView) -> None:
    """The stored comparison; a click leads to the maps of both layers."""
    told = replace(view, notes=(*view.notes, CLICK))
    event = widgets.draw(told, "cka", on_select="rerun", selection_mode="points")
    points = event.selection.points if event else []
    if points:
        st.switch_page("pages/neighbourhoods.py", query_params=maps_of(view, points[0]))


def maps_of(view: CkaView, point: dict[str, Any]) -> dict[str, str]:
    """The address of the two maps that a cell stands for."""
    row, column = (int(value) for value in point["customdata"][:2])
    return {
        "map": view.rows,
        "twin": view.columns,
        "layer": str(row),
        "link": "false",
        "twin_layer": str(column),
    }
