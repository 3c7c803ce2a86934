"""Export of the store or of the selection as one file; import of such files and of results."""

from collections.abc import Sequence

import streamlit as st

from lrd_core.actions import uploads
from lrd_core.config import load_config
from lrd_core.errors import LrdError
from lrd_core.views import stored
from lrd_core.views.view import Selection
from pages._data import own_embeddings
from pages._shared import cache, widgets


def draw(run_keys: Sequence[str], selection: Selection) -> None:
    """Both sides. run_keys: the runs of the selection."""
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Export", anchor=False)
        st.markdown(
            "One zip file of Parquet tables with every number and where it comes from. Another "
            "installation, or this one, can import it. Embeddings are not in it."
        )
        _exports(run_keys, selection)
    with right:
        st.header("Import", anchor=False)
        st.markdown(
            "A bundle exported here (zip), a folder of MTEB results (zip), or a table of scores "
            "or layer metrics (CSV, TSV, Parquet). What the store has already stays as it is."
        )
        _import()
    own_embeddings.draw()


def _exports(run_keys: Sequence[str], selection: Selection) -> None:
    config = load_config()
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
            f"The selection ({len(run_keys)} runs)",
            key="export_selection",
            data=lambda: uploads.pack_bundle(
                config, run_keys, models=selection.models, tasks=selection.tasks
            ),
            file_name="lrd-selection.zip",
            mime="application/zip",
            on_click="ignore",
        )
        st.download_button(
            "Scores for MTEB",
            key="export_mteb",
            data=lambda: uploads.pack_mteb(config),
            file_name="lrd-mteb-results.zip",
            mime="application/zip",
            on_click="ignore",
            disabled=not cache.read(stored.has_scores_of_ours),
            help="Scores computed here, of every model and task, as the folder of results that "
            "mteb reads: an experiment a layer, from which a leaderboard can be made.",
        )


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
