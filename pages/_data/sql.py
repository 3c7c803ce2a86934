"""A query box that can read the store and nothing else."""

import streamlit as st

from lrd_core.config import load_config
from lrd_core.errors import LrdError
from lrd_core.numbers import decimals, short, whole
from lrd_core.views import data
from lrd_core.views.data import ROW_LIMIT, TIME_LIMIT_S, run_sql
from pages._data.downloads import downloads
from pages._shared import cache, state, widgets

HISTORY = "_sql_history"
ANSWER = "_sql_answer"
MOST_REMEMBERED = 20


def draw() -> None:
    """The box with schema, examples and history, and the last answer."""
    left, right = st.columns([3, 2], gap="large")
    with right:
        st.header("Tables and columns", anchor=False)
        st.dataframe(cache.read(data.schema), hide_index=True, height=300)
    with left:
        _box()
    answer = st.session_state.get(ANSWER)
    if answer is not None:
        cut = ", cut at the limit" if answer.truncated else ""
        st.caption(f"{whole(len(answer.table))} rows{cut}, {decimals(answer.seconds)} s")
        st.dataframe(answer.table, hide_index=True, height=420)
        downloads(lambda: answer.table, "sql", "query")


def _box() -> None:
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
        st.caption(
            f"Reads only; {whole(ROW_LIMIT)} rows and {short(TIME_LIMIT_S)} seconds at most."
        )
    if pressed:
        _answer(query)
    earlier = {_one_line(entry): entry for entry in st.session_state.get(HISTORY, [])}
    if earlier:
        _offer("History of this visit", earlier, "sql_history")


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
        # The caret below the query points at a place: only as it stands, in letters of one width.
        what, *lines = str(error).splitlines() or [""]
        st.error(f"**This cannot be used.** {widgets.plain(what)}")
        if lines:
            st.code("\n".join(lines).strip("\n"), language=None)
        return
    earlier = [entry for entry in st.session_state.get(HISTORY, []) if entry != query]
    st.session_state[HISTORY] = [query, *earlier][:MOST_REMEMBERED]
