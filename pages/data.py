"""Data: every row of the store with where it comes from, SQL, import, export, room on disk."""

import streamlit as st

from lrd_core.config import load_config
from lrd_core.views import data
from lrd_core.views import stored as results
from lrd_core.views.command_text import run_command
from pages._shared import cache, data_sections, state, widgets

PARTS = {"browse": "Browse", "sql": "SQL", "exchange": "Import and export", "room": "Room on disk"}

BROWSED = "_browsed"

selection = state.selection()
runs = cache.read(results.runs)
picked = selection.meeting_runs(runs)


def filters() -> tuple[str, data.Filter]:
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
        chosen = state.switch(
            "Only the selection",
            key="selected",
            default=False,
            help="Only models and tasks that the side bar has chosen.",
        )
    if chosen:
        return view, data.Filter(selection.models, selection.tasks, text)
    return view, data.Filter(text=text)


def browse() -> None:
    """Rows that can be filtered, downloaded, and asked where they come from."""
    view, wanted = filters()
    found = cache.read(data.browse, view, wanted)
    if found.table.empty:
        st.caption("No row meets the filter.")
        return
    shown = f"the first {len(found.table):,} of " if found.total > len(found.table) else ""
    st.caption(
        f"{data.VIEWS[view].label}: {shown}{found.total:,} rows. Tick a row to see where it "
        "comes from."
    )
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
    data_sections.downloads(
        lambda: data.browse(config, view, wanted, data.DOWNLOADED_ROWS).table, "browse", view
    )
    if found.total > data.DOWNLOADED_ROWS:
        st.caption(
            f"These files hold the first {data.DOWNLOADED_ROWS:,} rows; filter for the others, or "
            "take everything under Import and export."
        )
    _forget_row((view, wanted))
    ticked = [place for place in state.selected_ids("row") if place < len(found.table)]
    if ticked:
        where_from(found.table.iloc[ticked[0]])


def _forget_row(browsed: object) -> None:
    """A ticked row is a place in a table: in another table or under another filter it is none.

    A link or a scene brings a table and a row of it at once; that row stays.
    """
    row = state.selected_ids("row")
    before, row_before = st.session_state.get(BROWSED, (browsed, row))
    if before != browsed and row == row_before:
        state.keep_ids("row", ())
    st.session_state[BROWSED] = browsed, state.selected_ids("row")


def _keep_row(key: str) -> None:
    state.keep_ids("row", st.session_state[key]["selection"]["rows"])


def where_from(row: object) -> None:
    """The run behind a row: its line, its command, all columns."""
    st.header("Where it comes from", anchor=False)
    found = data.origin(load_config(), row)
    st.markdown(widgets.plain(found.line))
    if found.command:
        st.code(found.command, language="bash", wrap_lines=True)
    st.dataframe(found.columns, hide_index=True, height=360)


def sentence() -> str:
    """What the store holds, in numbers."""
    counts = cache.read(data.row_counts).set_index("table")["rows"]
    return (
        f"The store holds {counts['runs']:,} runs of {runs['model'].nunique()} models, "
        f"{counts['metric_values']:,} values, {counts['scores']:,} scores and "
        f"{counts['trials']:,} pruning trials."
    )


widgets.page_header("Data", sentence())
part = state.choose_one(
    "Part", list(PARTS), key="part", show=PARTS.__getitem__, label_visibility="collapsed"
)
if part == "browse" and cache.read(data.row_counts)["rows"].sum() == 0:
    widgets.empty_state(
        "The store is empty",
        "Run a model on a text collection, or import results: a bundle, MTEB results or a table.",
        button="Start a run",
        page="pages/runs.py",
        key="data",
        command=run_command(),
    )
elif part == "browse":
    browse()
elif part == "sql":
    data_sections.sql()
elif part == "exchange":
    data_sections.exchange(picked, selection)
else:
    data_sections.room(picked)
