"""A visitor's own columns to colour the maps by; they stay in this visit."""

import pandas as pd
import streamlit as st

from lrd_core.errors import LrdError
from lrd_core.views.map_colours import attach_columns
from pages._shared import widgets

UPLOADED = "_uploaded_columns"


def uploaded() -> pd.DataFrame | None:
    """The table of this visit, if there is one."""
    table: pd.DataFrame | None = st.session_state.get(UPLOADED)
    return table


def mark() -> int | None:
    """Differs when the uploaded table does."""
    own = uploaded()
    return None if own is None else int(pd.util.hash_pandas_object(own).sum())


def upload(texts: pd.DataFrame) -> None:
    """Where a table is given; texts: those of the map, which it must fit."""
    given = st.file_uploader(
        "Your own columns (CSV)",
        type="csv",
        key="own_columns",
        help="One row a text, or a column text_index. Its other columns can be coloured by.",
    )
    if given is None:
        if st.session_state.pop(UPLOADED, None) is not None:
            st.rerun()  # the list of colours, drawn before, still has its columns
        return
    try:
        table = pd.read_csv(given)
        attach_columns(texts, table)
    except (LrdError, ValueError) as error:
        st.error(widgets.plain(error))
        return
    if not table.equals(st.session_state.get(UPLOADED)):
        st.session_state[UPLOADED] = table
        st.rerun()
