"""Rows of the store that can be filtered, downloaded, and asked where they come from."""

from typing import Any

import streamlit as st

from lrd_core.config import load_config
from lrd_core.numbers import whole
from lrd_core.views import data
from lrd_core.views.row_pairs import BESIDE
from pages._data.downloads import downloads
from pages._shared import cache, picked_ids, row_pairs, state, widgets

BROWSED = "_browsed"


def draw() -> None:
    """The filters, the rows, the downloads, and where a ticked row comes from."""
    view, wanted = _filters()
    if state.side_by_side():
        _two(view, wanted.text)
        return
    found = cache.read(data.browse, view, wanted)
    if found.table.empty:
        st.caption("No row meets the filter.")
        return
    st.caption(f"{data.shown_sentence(view, found)} Tick a row to see where it comes from.")
    key = f"table_{view}_{hash(wanted)}"  # a table of its own, so that no tick outlives its row
    st.dataframe(
        found.table,
        key=key,
        hide_index=True,
        height=460,
        selection_mode="single-row",
        on_select=lambda: _keep_row(key),
    )
    config = load_config()
    downloads(lambda: data.browse(config, view, wanted, data.DOWNLOADED_ROWS).table, "browse", view)
    if found.total > data.DOWNLOADED_ROWS:
        st.caption(
            f"These files hold the first {whole(data.DOWNLOADED_ROWS)} rows; filter for the "
            f"others, or "
            "take everything under Import and export."
        )
    _forget_row((view, wanted))
    ticked = [place for place in picked_ids.selected("row") if place < len(found.table)]
    if ticked:
        _where_from(found.table.iloc[ticked[0]])


def _two(view: str, text: str) -> None:
    """Rows of the two models that stand side by side, the downloads, and a ticked row's origin."""
    found = row_pairs.read(view, text)
    row_pairs.tell(found)
    if found.table.empty:
        return
    key = f"pairs_{view}_{hash((state.selection().models, state.selection().tasks, text))}"
    st.dataframe(
        row_pairs.marked(found),
        key=key,
        hide_index=True,
        height=460,
        selection_mode="single-row",
        on_select=lambda: _keep_row(key),
    )
    downloads(lambda: found.table, "browse", view)
    _forget_row((view, text, state.selection()))
    for place in picked_ids.selected("row")[:1]:
        if place < len(found.table):
            _where_from(found.table.drop(columns=BESIDE).iloc[place])


def _filters() -> tuple[str, data.Filter]:
    """Which table, and which of its rows."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="data_filters"):
        view = state.choose_one(
            "Table", list(data.VIEWS), key="rows", show=lambda name: data.VIEWS[name].label
        )
        text = state.text(
            "Contains",
            key="contains",
            placeholder="any word in a row",
            help="Looks in every text column: names, settings, sources, reasons.",
        )
        chosen = not state.side_by_side() and state.switch(
            "Only the selection",
            key="selected",
            default=False,
            help="Only models and tasks that the side bar has chosen.",
        )
    if chosen:
        selection = state.selection()
        return view, data.Filter(selection.models, selection.tasks, text)
    return view, data.Filter(text=text)


def _forget_row(browsed: object) -> None:
    """A ticked row is a place in a table: in another table or under another filter it is none.

    A link or a scene brings a table and a row of it at once; that row stays.
    """
    row = picked_ids.selected("row")
    before, row_before = st.session_state.get(BROWSED, (browsed, row))
    if before != browsed and row == row_before:
        picked_ids.keep("row", ())
    st.session_state[BROWSED] = browsed, picked_ids.selected("row")


def _keep_row(key: str) -> None:
    picked_ids.keep("row", st.session_state[key]["selection"]["rows"])


def _where_from(row: Any) -> None:
    """The run behind a row: its line, its command, all columns."""
    st.header("Where it comes from", anchor=False)
    found = data.origin(load_config(), row)
    st.markdown(widgets.plain(found.line))
    if found.command:
        st.code(found.command, language="bash", wrap_lines=True)
    st.dataframe(found.columns, hide_index=True, height=360)
