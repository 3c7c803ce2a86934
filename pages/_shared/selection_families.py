"""The part of the Selection page about families: where they move, bend and settle along depth."""

import pandas as pd

from lrd_core.plots.recommendation import plot_families, prepare_families
from lrd_core.views import selection, selection_words
from lrd_core.views.command_text import run_command
from pages._shared import cache, state, widgets


def draw_families() -> None:
    """One figure of peaks by family, with every model as a dot."""
    peaks, summaries, picked = cache.read(
        selection.family_view, settings=dict(state.selection().settings)
    )
    widgets.page_header("Selection", selection_words.family_sentence(summaries))
    tasks = {entry.series: entry.tasks for entry in summaries}
    prepared = prepare_families(peaks, tasks)
    if prepared.empty:
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
    table = pd.DataFrame([entry.__dict__ for entry in summaries])
    used = sorted({task for names in tasks.values() for task in names})
    widgets.show(
        plot_families(prepared, selection_words.family_panels(), widgets.look()),
        "families",
        alt=f"{selection_words.family_description()} " + selection_words.family_sentence(summaries),
        table=prepared.drop(columns="hover"),
        runs=picked[picked["task"].isin(used)],
        note=f"A dot is a model, averaged over the tasks that all models share "
        f"({', '.join(used)}); the bar is the median of the family.",
    )
    with state.section("Table", key="family_table") as part:
        if part.open:
            part.dataframe(
                table.assign(
                    models=[", ".join(names) for names in table["models"]],
                    tasks=[len(names) for names in table["tasks"]],
                ).round(3),
                hide_index=True,
            )
