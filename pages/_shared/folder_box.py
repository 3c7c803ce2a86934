"""A folder that was written: where it lies, and the button that takes it away."""

from pathlib import Path

import streamlit as st

from lrd_core.actions.exports import zip_folder
from lrd_core.numbers import whole


def draw_folder(folder: Path) -> None:
    """The path, and the folder as one zip file."""
    st.code(str(folder), language=None, wrap_lines=True)
    archive = zip_folder(folder)
    st.download_button(
        f"Download as zip ({whole(archive.stat().st_size / 1e6)} MB)",
        data=lambda: archive.read_bytes(),
        file_name=archive.name,
        on_click="ignore",
        mime="application/zip",
    )
