"""Embeddings a visitor has already: the file, a name, the job that measures and stores them."""

import streamlit as st

from lrd_core.actions import own_embeddings
from lrd_core.actions.uploads import MOST_UPLOADED
from lrd_core.config import load_config
from lrd_core.errors import LrdError
from lrd_core.views import runs
from pages._shared import widgets
from pages._shared.jobs import live_job

WHAT = (
    "An array (layers, n, d) as .npy or .npz, or a table with a column of vectors for each layer; "
    "with columns text and label if you have them. They are measured, scored and mapped as a run "
    "of the name that you give."
)


def draw() -> None:
    """One box: what to drop, what to call it, and how far the work is."""
    st.header("Embeddings you have", anchor=False)
    st.markdown(WHAT)
    if widgets.read_only():
        st.info("This app only shows results; nothing can be brought here.")
        return
    most = MOST_UPLOADED // 2**20
    file = st.file_uploader(
        f"Embeddings, {most} MB at most",
        type=list(own_embeddings.KINDS),
        key="bring_file",
        max_upload_size=most,
    )
    left, right = st.columns(2)
    name = left.text_input("What they are called", key="bring_name")
    task = right.text_input(
        "Texts",
        key="bring_task",
        help="A task of this app whose items the rows are, in its order; or any name. Rows of one "
        "name and the same texts can be laid side by side.",
    )
    ready = file is not None and bool(name.strip())
    pressed = st.button("Measure and store", key="bring", disabled=not ready)
    if file is None or not ready:
        return
    try:
        payload = own_embeddings.payload_of(file.name, file.getvalue(), name.strip(), task.strip())
        if pressed:
            own_embeddings.start_bringing(load_config(), payload, file.getvalue())
    except LrdError as error:
        widgets.error_box(error)
        return
    found = runs.find_job(load_config(), "bring", payload)
    if found is not None:
        live_job(found.id, key="bring")
