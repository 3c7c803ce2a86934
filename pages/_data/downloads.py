"""A table to take away."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from lrd_core.views.table_files import csv_text, parquet_bytes


def downloads(read: Callable[[], pd.DataFrame], key: str, name: str) -> None:
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
            data=lambda: parquet_bytes(read()),
            file_name=f"{name}.parquet",
            mime="application/vnd.apache.parquet",
            key=f"parquet_{key}",
            on_click="ignore",
        )
