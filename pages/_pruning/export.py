"""The pruned model as a folder, and as a zip file to take away."""

from pathlib import Path

import streamlit as st

from lrd_core.actions.exports import zip_folder
from lrd_core.config import load_config
from lrd_core.numbers import whole
from lrd_core.pruning.plan import Plan
from lrd_core.views import pruning_work
from lrd_core.views.pruning_plans import blocks_in_words
from lrd_core.views.pruning_trials import TrialsRequest
from pages._shared import state, widgets
from pages._shared.jobs import job_panel


def draw(request: TrialsRequest, plan: Plan) -> None:
    """Write the plan's model into a folder, then offer it as a zip file."""
    with state.section("The pruned model as a folder", key="export") as part:
        if not part.open:
            return
        gone = blocks_in_words(plan)
        st.caption(
            widgets.plain(
                f"{request.model} without {gone}: loads in transformers and "
                "sentence-transformers; holds pruning.json and a mergekit recipe."
            )
        )
        payload = pruning_work.export_payload(
            request.model, request.tasks[0], request.settings, plan
        )
        folder = pruning_work.exported_folder(load_config(), payload)
        if folder is not None:
            draw_folder(folder)
            return
        job_panel(
            "prune-export",
            payload,
            "Write the folder",
            key="export_job",
            job_label=f"Export {request.model} without {gone}",
            wants="cpu",
        )


def draw_folder(folder: Path) -> None:
    """Where it lies, and the button that takes it away."""
    st.code(str(folder), language=None, wrap_lines=True)
    archive = zip_folder(folder)
    st.download_button(
        f"Download as zip ({whole(archive.stat().st_size / 1e6)} MB)",
        data=lambda: archive.read_bytes(),
        file_name=archive.name,
        on_click="ignore",
        mime="application/zip",
    )
