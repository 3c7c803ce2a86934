"""Every view of the Pruning page is drawn by figure_of, from a store with known answers."""

import pandas as pd
import pytest

from lrd_core.config import Config
from lrd_core.plots.figures import FIGURES, figure_of
from lrd_core.plots.pruning_figures import PRUNING_FIGURES
from lrd_core.plots.pruning_rows import rows_height
from lrd_core.plots.theme import Look
from lrd_core.pruning.settings import TrialSettings
from lrd_core.views.pruning_costs import costs_of
from lrd_core.views.pruning_frontier import frontier_of
from lrd_core.views.pruning_language import language_of, language_table
from lrd_core.views.pruning_plans import plan_of, plans
from lrd_core.views.pruning_results import MarginRequest, margins, regret_of, results_of
from lrd_core.views.pruning_trials import TrialsRequest, tried
from lrd_core.views.view import View
from tests.pruned_store import fill_speaker, fill_trials


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> dict[str, View]:
    config = Config(data_dir=tmp_path_factory.mktemp("pruned"))
    fill_trials(config)
    fill_speaker(config)
    request = TrialsRequest("small", ("news", "pairs"))
    found = tried(config, request)
    settings = TrialSettings(rules=("last",), budgets=(0.5,))
    planned = plans(config, TrialsRequest("small", ("news",), settings))
    return {
        "plan": plan_of(planned, planned.plans[0], found),
        "plans": planned,
        "results": results_of(found),
        "frontier": frontier_of(found),
        "margins": margins(config, MarginRequest(request, 0.1)),
        "regret": regret_of(found, 1),
        "language": language_of(tried(config, TrialsRequest("speaker", ("news",)))),
        "costs": costs_of(found),
    }


def test_every_kind_is_registered_and_drawn_at_its_height(views: dict[str, View]) -> None:
    assert {type(view) for view in views.values()} == set(PRUNING_FIGURES) <= set(FIGURES)
    heights = {name: figure_of(view, Look()).layout.height for name, view in views.items()}
    assert heights == {
        "plan": 330,
        "plans": 200,
        "results": rows_height(views["results"].table, narrow=False),
        "frontier": 380,
        "margins": 420,
        "regret": 160 + 34 * views["regret"].table["rule"].nunique(),
        "language": 560,
        "costs": 270,
    }


def test_results_name_each_plan_with_its_blocks_and_speed_up(views: dict[str, View]) -> None:
    labels = figure_of(views["results"], Look()).layout.yaxis.ticktext
    assert [label.partition("<br>")[0] for label in labels] == ["GFMI", "By hand"]
    assert "block 1 of 4 · 1.25×" in labels[0]


def test_language_draws_the_perplexity_of_the_full_model(views: dict[str, View]) -> None:
    table = views["language"].table
    pd.testing.assert_frame_equal(language_table(table), table)
    figure = figure_of(views["language"], Look())
    reference = next(trace for trace in figure.data if trace.mode == "lines+text")
    assert list(reference.y) == [60.0, 60.0]
