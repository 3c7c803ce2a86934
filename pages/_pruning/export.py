"""The pruned model as a folder, and as a zip file to take away."""

import streamlit as st

from lrd_core.config import load_config
from lrd_core.pruning.plan import Plan
from lrd_core.views import pruning_work
from lrd_core.views.item_words import item_noun, loaded_by
from lrd_core.views.pruning_plans import blocks_in_words
from lrd_core.views.pruning_trials import TrialsRequest
from pages._shared import state, widgets
from pages._shared.folder_box import draw_folder
from pages._shared.jobs import job_panel


def draw(request: TrialsRequest, plan: Plan) -> None:
    """Write the plan's model into a folder, then offer it as a zip file."""
    with state.section("The pruned model as a folder", key="export") as part:
        if not part.open:
            return
        gone = blocks_in_words(plan)
        recipe = " and a mergekit recipe" if item_noun(request.model) == "text" else ""
        st.caption(
            widgets.plain(
                f"{request.model} without {gone}: loads in {loaded_by(request.model)}; holds "
                f"pruning.json{recipe}."
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
