"""Side by side in tables: rows of A and B below each other, the cells that differ marked."""

import pandas as pd
import streamlit as st

from lrd_core.views.row_pairs import MOST_ROWS, RowPairs, row_pairs
from pages._shared import cache, state

MARK = "background-color: rgba(230, 159, 0, .28)"


def read(view: str, text: str = "") -> RowPairs:
    """The rows of the two selected models, kept until the store changes."""
    found: RowPairs = cache.read(row_pairs, view, state.selection(), text)
    return found


def marked(found: RowPairs) -> "pd.io.formats.style.Styler":
    """The table with its marks; missing cells stay empty."""
    marks = found.differs.reindex(columns=found.table.columns, fill_value=False)
    styles = marks.replace({True: MARK, False: ""})
    return found.table.style.apply(lambda _: styles, axis=None)


def draw(view: str) -> None:
    """The rows of the two with the sentence above them."""
    found = read(view)
    tell(found)
    if len(found.table):
        st.dataframe(marked(found), hide_index=True, key=f"pairs_{view}", height=300)


def tell(found: RowPairs) -> None:
    """How many rows stand beside each other, and what their marks mean."""
    st.caption(
        f"{found.sentence} Cells that differ are marked; at most {MOST_ROWS} rows of each model "
        "are read."
    )
