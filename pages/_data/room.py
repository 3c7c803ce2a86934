"""What the store takes on disk, rows by table, and what can go."""

from collections.abc import Sequence

import streamlit as st

from lrd_core.actions import clean_up
from lrd_core.config import load_config
from lrd_core.numbers import megabytes, whole
from lrd_core.views import data, storage
from pages._shared import cache, widgets


def draw(run_keys: Sequence[str]) -> None:
    """Rows on the left, bytes on the right. run_keys: the runs of the selection."""
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Rows", anchor=False)
        st.dataframe(cache.read(data.row_counts), hide_index=True)
    with right:
        st.header("On disk", anchor=False)
        taken = storage.sizes(load_config())
        for sentence in storage.sentences(taken):
            st.markdown(sentence)
        st.markdown(
            "Embeddings are only needed to compute further metrics without another pass. "
            "Deleting them keeps every number."
        )
        if widgets.read_only():
            st.info("This app only shows results; nothing can be deleted here.")
        else:
            _what_can_go(taken, run_keys)


def _what_can_go(taken: storage.Sizes, run_keys: Sequence[str]) -> None:
    config, removable = load_config(), taken.orphans + taken.leftovers
    if st.button("Delete what belongs to no run", key="clean", disabled=not removable):
        _say_freed(clean_up.remove_orphans(config))
    sure = st.checkbox(
        f"Also the embeddings of the {len(run_keys)} selected runs", key="clean_sure"
    )
    if st.button("Delete embeddings of the selection", key="clean_runs", disabled=not sure):
        _say_freed(clean_up.remove_arrays(config, run_keys))
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
        st.success(f"{whole(count)} rows deleted")


def _say_freed(freed: clean_up.Freed) -> None:
    st.success(f"{freed.files} files deleted, {megabytes(freed.num_bytes)} freed")
