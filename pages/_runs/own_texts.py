"""A visitor's own texts as a task: checked, kept on this machine, read as data only."""

from collections.abc import Callable

import streamlit as st

from lrd_core.actions.uploads import MOST_TEXT_MB, TEXT_SUFFIXES, save_texts
from lrd_core.config import load_config
from lrd_core.errors import LrdError
from pages._shared import widgets


def draw(use: Callable[[str], None]) -> None:
    """A box to add a file of texts. use: is given the name of the new task, to choose it."""
    with st.popover("Your own texts", help="A file with a text a row becomes a task"):
        if widgets.read_only():
            st.caption("This app only shows results; nothing can be added.")
            return
        file = st.file_uploader(
            "Texts",
            type=[suffix.removeprefix(".") for suffix in TEXT_SUFFIXES],
            key="own_file",
            max_upload_size=MOST_TEXT_MB,
            help="Columns text and label make a classification; sentence1, sentence2 and score "
            "make an STS task; text alone gives the metrics. A .txt has a text a line.",
        )
        name = st.text_input(
            "Name",
            key="own_name",
            max_chars=64,
            placeholder="my-mails",
            help="Small letters, digits, dots and dashes.",
        )
        if file is None or not name or not st.button("Add them", key="own_add"):
            return
        try:
            saved = save_texts(load_config(), name, file.name, file.getvalue())
        except LrdError as error:
            widgets.error_box(error)
            return
        use(saved)
        st.rerun()
