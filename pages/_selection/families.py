"""Families: where they move, bend and settle along depth."""

from lrd_core.views.command_text import run_command
from lrd_core.views.families import FamilyRequest, FamilyView, families
from pages._shared import cache, state, widgets


def draw() -> None:
    """One figure of peaks by family, with every model as a dot."""
    request = FamilyRequest(dict(state.selection().settings))
    view: FamilyView = cache.read(families, request)
    widgets.page_header("Selection", view.sentence)
    if view.empty:
        widgets.empty_state(
            "No models to compare on shared tasks",
            "A family is compared over the tasks that all models were run on. Run the same task "
            "for each model.",
            button="Start a run",
            page="pages/runs.py",
            command=run_command(),
            key="families",
        )
        return
    widgets.draw(view, "families")
    with state.section("Table", key="family_table") as part:
        if part.open:
            part.dataframe(view.by_family, hide_index=True)
