"""Which of the panel's 31 models have what, after imports of each kind."""

from pathlib import Path

from lrd_core.actions.imports import import_results
from lrd_core.config import Config
from lrd_core.plots.figures import figure_of
from lrd_core.plots.theme import Look
from lrd_core.views.panel_models import PanelRequest, panel_models, panel_names
from tests.example_store import fill


def test_an_empty_store_has_nothing_of_them(config: Config) -> None:
    view = panel_models(config, PanelRequest())
    assert list(view.table["model"]) == list(panel_names()) and len(view.table) == 31
    assert view.sentence.startswith("Of the 31 models of the panel 0 have tasks with metrics")
    assert "0 models can be compared" in view.sentence


def test_runs_and_imported_scores_are_counted_with_their_sources(
    config: Config, tmp_path: Path
) -> None:
    fill(config)
    names = panel_names()
    rows = "".join(f"{name},60,70\n" for name in names[:20]) + "somebody,1,2\n"
    (tmp_path / "board.csv").write_text(f"Model,STS17,STS12\n{rows}")
    assert import_results(config, tmp_path / "board.csv", panel=True).added == {"scores": 40}
    view = panel_models(config, PanelRequest())
    row = view.table.set_index("model").loc["all-MiniLM-L6-v2"]
    assert row["metrics"] > 0 and row["layers"] > 0 and row["scores"] >= 2
    assert "own run" in row["sources"] and "imported from board.csv" in row["sources"]
    assert (view.table["scores"] > 0).sum() == 20
    assert "20 have tasks with a score" in view.sentence
    figure = figure_of(view, Look())
    assert len(figure.data[0].y) == 31
