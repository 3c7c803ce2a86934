"""Parts of the Data page: SQL, import and export, storage. Each is drawn only when it is chosen."""

import io
from typing import Any

import pandas as pd
import streamlit as st

from lrd_core.actions import clean_up, uploads
from lrd_core.config import load_config
from lrd_core.errors import LrdError
from lrd_core.views import data, storage
from lrd_core.views.csv_text import csv_text
from lrd_core.views.data import ROW_LIMIT, TIME_LIMIT_S, run_sql
from lrd_core.views.view import Selection
from pages._shared import cache, state, widgets

HISTORY = "_sql_history"
ANSWER = "_sql_answer"
MOST_REMEMBERED = 20


def downloads(read: Any, key: str, name: str) -> None:
    """CSV and Parquet of the table that `read()` gives, made only when a button is pressed."""
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "CSV",
            data=lambda: csv_text(read()),
            mime="text/csv",
            file_name=f"{name}.csv",
            key=f"csv_{key}",
            on_click="ignore",
        )
        st.download_button(
            "Parquet",
            data=lambda: _parquet(read()),
            file_name=f"{name}.parquet",
            mime="application/vnd.apache.parquet",
            key=f"parquet_{key}",
            on_click="ignore",
        )


def _parquet(table: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()


def sql() -> None:
    """A query box that can read the store and nothing else, with schema, examples, history."""
    left, right = st.columns([3, 2], gap="large")
    with right:
        st.header("Tables and columns", anchor=False)
        st.dataframe(cache.read(data.schema), hide_index=True, height=300)
    with left:
        _offer("Examples", data.example_queries(), "sql_example")
        query = state.text(
            "Query",
            key="sql",
            lines=8,
            placeholder=data.FIRST_EXAMPLE,
            help="One SELECT statement of DuckDB's SQL.",
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            pressed = st.button("Run query", type="primary", key="run_sql")
            st.caption(f"Reads only; {ROW_LIMIT:,} rows and {TIME_LIMIT_S:g} seconds at most.")
        if pressed:
            _answer(query)
        earlier = {_one_line(entry): entry for entry in st.session_state.get(HISTORY, [])}
        if earlier:
            _offer("History of this visit", earlier, "sql_history")
    answer = st.session_state.get(ANSWER)
    if answer is not None:
        cut = ", cut at the limit" if answer.truncated else ""
        st.caption(f"{len(answer.table):,} rows{cut}, {answer.seconds:.2f} s")
        st.dataframe(answer.table, hide_index=True, height=420)
        downloads(lambda: answer.table, "sql", "query")


def _offer(label: str, queries: dict[str, str], key: str) -> None:
    """A list whose entries are put into the query box when they are chosen."""

    def take() -> None:
        chosen = st.session_state.get(key)
        if chosen in queries:
            state.move("sql", queries[chosen])

    st.selectbox(label, list(queries), index=None, key=key, on_change=take)


def _one_line(query: str) -> str:
    return " ".join(query.split())[:120]


def _answer(query: str) -> None:
    st.session_state[ANSWER] = None
    try:
        with st.spinner("The query runs"):
            st.session_state[ANSWER] = run_sql(load_config(), query)
    except LrdError as error:
        widgets.error_box(error)
        return
    earlier = [entry for entry in st.session_state.get(HISTORY, []) if entry != query]
    st.session_state[HISTORY] = [query, *earlier][:MOST_REMEMBERED]


def exchange(picked: pd.DataFrame, selection: Selection) -> None:
    """Export of the store or of the selection as one file; import of such files and of results."""
    config = load_config()
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Export", anchor=False)
        st.markdown(
            "One zip file of Parquet tables with every number and where it comes from. Another "
            "installation, or this one, can import it. Embeddings are not in it."
        )
        with st.container(horizontal=True):
            st.download_button(
                "The whole store",
                data=lambda: uploads.pack_bundle(config),
                key="export_all",
                file_name="lrd-store.zip",
                mime="application/zip",
                on_click="ignore",
            )
            st.download_button(
                f"The selection ({len(picked)} runs)",
                key="export_selection",
                data=lambda: uploads.pack_bundle(
                    config, list(picked["run_key"]), models=selection.models, tasks=selection.tasks
                ),
                file_name="lrd-selection.zip",
                mime="application/zip",
                on_click="ignore",
            )
    with right:
        st.header("Import", anchor=False)
        st.markdown(
            "A bundle exported here (zip), a folder of MTEB results (zip), or a table of scores "
            "or layer metrics (CSV, TSV, Parquet). What the store has already stays as it is."
        )
        _import()


def _import() -> None:
    if widgets.read_only():
        st.info("This app only shows results; nothing can be imported here.")
        return
    most = uploads.MOST_UPLOADED // 2**20
    file = st.file_uploader(
        f"File, {most} MB at most",
        type=[suffix[1:] for suffix in uploads.SUFFIXES],
        key="upload",
        max_upload_size=most,
    )
    if st.button("Import", key="import", disabled=file is None) and file is not None:
        try:
            with st.spinner("Reading the file"):
                report = uploads.import_upload(load_config(), file.name, file.getvalue())
        except LrdError as error:
            widgets.error_box(error)
            return
        st.success(widgets.plain("; ".join(report.lines())))


def room(picked: pd.DataFrame) -> None:
    """What the store takes on disk, rows by table, and the arrays that can go."""
    config = load_config()
    taken = storage.sizes(config)
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Rows", anchor=False)
        st.dataframe(cache.read(data.row_counts), hide_index=True)
    with right:
        st.header("On disk", anchor=False)
        st.markdown(
            f"Database {_megabytes(taken.database)}, embeddings and texts "
            f"{_megabytes(taken.arrays)}, of which {_megabytes(taken.orphans)} belong to no run; "
            f"leftovers of killed work {_megabytes(taken.leftovers)}."
        )
        if taken.waiting:
            st.markdown(f"{taken.waiting} finished pieces of work wait until the store is free.")
        if taken.refused:
            st.markdown(
                f"{taken.refused} finished pieces of work do not fit this version's store; they "
                "are kept in the folder spool of the data folder, and the log says why."
            )
        st.markdown(
            "Embeddings are only needed to compute further metrics without another pass. "
            "Deleting them keeps every number."
        )
        if widgets.read_only():
            st.info("This app only shows results; nothing can be deleted here.")
            return
        removable = taken.orphans + taken.leftovers
        if st.button("Delete what belongs to no run", key="clean", disabled=not removable):
            _say_freed(clean_up.remove_orphans(config))
        sure = st.checkbox(
            f"Also the embeddings of the {len(picked)} selected runs", key="clean_sure"
        )
        if st.button("Delete embeddings of the selection", key="clean_runs", disabled=not sure):
            _say_freed(clean_up.remove_arrays(config, list(picked["run_key"])))
        _imports()


def _imports() -> None:
    """Take an import out again: its runs with all their values, its scores and trials."""
    config = load_config()
    sources = cache.read(storage.imports)
    if not sources:
        return
    st.header("Imports", anchor=False)
    source = st.selectbox("What an import brought", sources, index=None, key="import_gone")
    if st.button("Delete it", key="import_delete", disabled=source is None) and source:
        count = clean_up.remove_import(config, source)
        st.success(f"{count:,} rows deleted")


def _say_freed(freed: clean_up.Freed) -> None:
    st.success(f"{freed.files} files deleted, {_megabytes(freed.num_bytes)} freed")


def _megabytes(num_bytes: int) -> str:
    return f"{num_bytes / 2**20:,.1f} MB"
