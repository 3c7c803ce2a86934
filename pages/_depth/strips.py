"""The strips of the Depth page, and below them the lines of the models that a visitor lifted."""

from dataclasses import replace

import streamlit as st

from lrd_core.views import depth, lines, strips
from lrd_core.views.depth import DepthRequest, DepthView
from lrd_core.views.strip_order import Order
from lrd_core.views.strips import MANY, StripsRequest, StripsView
from pages._depth.controls import lift
from pages._shared import cache, cards, name_link, state, widgets

ORDERS: dict[Order, str] = {
    "valley": "Valley depth",
    "score": "Score",
    "size": "Size",
    "similarity": "Similarity",
    "name": "Name",
}


def draw(request: DepthRequest) -> StripsView:
    """The strips of what the controls ask for, the lifted lines, a table."""
    order = state.choose_one(
        "Rows by",
        list(ORDERS),
        key="row_order",
        show=ORDERS.__getitem__,
        help="Families stay together; inside a family rows stand in this order.",
    )
    view: StripsView = cache.read(
        strips.strips,
        StripsRequest(
            request.selection,
            request.series,
            request.variants,
            order,
            request.axis,
            request.marks,
            request.lifted,
        ),
    )
    if view.empty:
        return view
    widgets.page_header("Depth", view.sentence)
    cards.metric_cards([panel.series for panel in view.panels])
    widgets.draw(view, "strips")
    name_link.follow("strips", lift)
    compare(request, request.lifted)
    with state.section("Table", key="table") as part:
        if part.open:
            st.dataframe(lines.wide_table(view.table), hide_index=True, alt="The drawn values")
    return view


def compare(request: DepthRequest, lifted: tuple[str, ...]) -> None:
    """The lines of the lifted models."""
    if not lifted:
        st.caption("Click a row for its lines, click two to compare them.")
        return
    selection = replace(request.selection, models=lifted[:MANY])
    view: DepthView = cache.read(depth.depth, replace(request, selection=selection))
    if view.panels:
        st.caption(widgets.plain(view.sentence))
        widgets.draw(view, "lifted")
