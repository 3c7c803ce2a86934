"""Which of the 31 models of the LRD panel the store has what of."""

from dataclasses import dataclass

import pandas as pd

from lrd_core.config import Config
from lrd_core.models.specs import all_models
from lrd_core.numbers import counted
from lrd_core.views import stored
from lrd_core.views.command_text import command
from lrd_core.views.coverage import series_by_run
from lrd_core.views.overview import coverage_table
from lrd_core.views.provenance import source_name
from lrd_core.views.view import View, told
from lrd_core.views.words import joined

PANEL = "lrd"
HELD = {
    "metrics": "tasks with metrics",
    "scores": "tasks with a score",
    "layers": "tasks with scores by layer",
}
"""Column of the table -> what it counts."""

LEAST_MODELS = 4
"""As many models with metrics and scores of one task as a correlation needs."""


@dataclass(frozen=True)
class PanelRequest:
    """All of the panel."""


@dataclass(frozen=True)
class PanelView(View):
    """One row a model of the panel: model, family, parameters, those of HELD, sources."""


def panel_names() -> tuple[str, ...]:
    """The models of the panel, as the registry lists them."""
    return tuple(spec.name for spec in all_models() if PANEL in spec.panels)


def panel_models(config: Config, request: PanelRequest) -> PanelView:
    """What is stored of each model of the panel, computed here or imported."""
    runs, scores = stored.runs(config), stored.scores(config)
    cells = coverage_table(runs, scores, series_by_run(config))
    rows = [
        {"model": spec.name, "family": spec.family, "parameters": spec.parameters}
        | _held(cells[cells["model"] == spec.name])
        | {"sources": _sources(spec.name, runs, scores)}
        for spec in all_models()
        if PANEL in spec.panels
    ]
    table = pd.DataFrame(rows)
    sentence = panel_sentence(table)
    return PanelView(
        table,
        sentence=sentence,
        notes=told(
            "Scores of others: a folder of the public results repository (results/MODEL/REVISION), "
            "or a leaderboard as a CSV with a column for each task."
        ),
        command=command("import --panel RESULTS"),
        alt=f"Number of tasks with metrics and scores for each model of the panel. {sentence}",
    )


def panel_sentence(table: pd.DataFrame) -> str:
    """How many of them have what."""
    both = int(((table["metrics"] > 0) & (table["scores"] > 0)).sum())
    parts = [f"{int((table[name] > 0).sum())} have {words}" for name, words in HELD.items()]
    text = f"Of the {len(table)} models of the panel {joined(parts)}."
    if both < LEAST_MODELS:
        text += (
            f" {counted(both, 'model')} can be compared by metrics and scores; a correlation needs "
            f"{LEAST_MODELS}."
        )
    return text


def _held(cells: pd.DataFrame) -> dict[str, int]:
    return {
        "metrics": int((cells["num_series"] > 0).sum()),
        "scores": int((cells["num_scores"] > 0).sum()),
        "layers": int((cells["num_layers_scored"] > 1).sum()),
    }


def _sources(model: str, runs: pd.DataFrame, scores: pd.DataFrame) -> str:
    """Where all of it came from, "" for nothing."""
    found = [rows.loc[rows["model"] == model, "source"] for rows in (runs, scores)]
    return joined(sorted({source_name(str(one)) for one in pd.concat(found)}))
