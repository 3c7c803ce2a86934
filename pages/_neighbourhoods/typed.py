"""Type a text: where it falls on the map of every layer, and which texts are near it there."""

import streamlit as st

from lrd_core.config import load_config
from lrd_core.errors import LrdError
from lrd_core.views.neighbourhoods import MapRequest, MapsView
from lrd_core.views.placed import PlacedRequest, PlacedView, placed
from pages._neighbourhoods.panels import columns_beside
from pages._shared import cache, state, widgets
from pages._shared.jobs import job_panel

KEY = "typed_text"


def typed_text() -> str:
    """What stands in the box below the maps, for the maps above it."""
    here = st.session_state if KEY in st.session_state else st.query_params
    return str(here.get(KEY) or "")


def draw(view: MapsView, request: MapRequest, k: int) -> None:
    """The text, the work that reads it, and what came of it, under the maps of a run of texts."""
    run = view.shown[0].side.run
    if run["modality"] != "text" or run["condition"]:
        return
    with state.section("Type a text and see where it falls", key="typed") as part:
        if not part.open:
            return
        own = state.text(
            "Your text",
            key=KEY,
            lines=3,
            placeholder="A sentence or two; Control and Enter when it is done.",
            help="It stands in the address of the page, so a copied link holds it.",
        )
        if not own.strip():
            st.caption("It is read by the run's model, as the run read its texts.")
            return
        asked = PlacedRequest(request.selection, request.run, own, view.layer, k)
        try:
            found = placed(load_config(), asked, cache.read)
        except LrdError as error:
            widgets.error_box(error)
            return
        _found(found) if not found.empty else _offer(found)


def _offer(found: PlacedView) -> None:
    job_panel(
        "place",
        found.payload,
        "Read this text",
        "seconds for a small model; longer where the run's vectors are not on this machine",
        key="place",
        job_label="Where a text falls",
    )
    st.code(found.command, language="bash", wrap_lines=True)


def _found(found: PlacedView) -> None:
    st.caption(widgets.plain(found.sentence))
    widgets.draw(found, "placed", file_name="placed")
    widgets.draw(found.line, "placed_line", foot=False)
    st.markdown(f"Nearest texts at layer {found.line.layer} (cosine, original space)")
    st.dataframe(
        found.line.nearest,
        hide_index=True,
        width="stretch",
        height=240,
        key="table_placed",
        column_config=columns_beside(found.noun),
    )
