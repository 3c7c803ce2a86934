"""Every view of the Selection page is drawn by figure_of, from a store with known answers."""

import pytest

from lrd_core.config import Config
from lrd_core.plots.figures import FIGURES, figure_of
from lrd_core.plots.selection_figures import SELECTION_FIGURES
from lrd_core.plots.theme import Look
from lrd_core.views.best_layer import LayerRequest, best_layer, follow
from lrd_core.views.correlations import CorrelationRequest, correlations
from lrd_core.views.evidence_cell import CellRequest, evidence_cell
from lrd_core.views.families import FamilyRequest, families
from lrd_core.views.panel_models import PanelRequest, panel_models
from lrd_core.views.recommendation import RankingRequest, ranking
from lrd_core.views.view import View
from tests.selection_store import MODELS, TASKS, UNLABELLED, fill_selection


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> dict[str, View]:
    config = Config(data_dir=tmp_path_factory.mktemp("selection"))
    fill_selection(config)
    layers = best_layer(config, LayerRequest("model-a"))
    return {
        "map": correlations(config, CorrelationRequest(metric="d_0L", task="news")),
        "cell": evidence_cell(config, CellRequest("d_0L", "news")),
        "ranking": ranking(config, RankingRequest((UNLABELLED,), shortlist=3)),
        "families": families(config, FamilyRequest()),
        "curve": layers.curve,
        "strategies": layers.strategies,
        "checkpoints": layers.checkpoints,
        "follow": follow(config, LayerRequest("model-a")),
        "panel": panel_models(config, PanelRequest()),
    }


def test_every_kind_is_registered_and_drawn(views: dict[str, View]) -> None:
    assert {type(view) for view in views.values()} == set(SELECTION_FIGURES) <= set(FIGURES)
    for view in views.values():
        assert len(figure_of(view, Look(order=MODELS)).data) >= 1


def test_the_map_has_a_point_a_cell_and_outlines_the_marked_one(views: dict[str, View]) -> None:
    figure = figure_of(views["map"], Look())
    points = figure.data[1]
    assert len(points.customdata) == len(views["map"].table)
    assert len(figure.layout.shapes) == 1
    assert "7 models on 5 shared tasks" in points.text[0]


def test_the_ranking_names_its_metrics_and_draws_the_short_list(views: dict[str, View]) -> None:
    figure = figure_of(views["ranking"], Look())
    assert "Distance from first to last layer" in figure.data[-1].text[0]
    assert figure.layout.shapes[0].y0 == 2.5


def test_the_curve_marks_where_choices_land(views: dict[str, View]) -> None:
    figure = figure_of(views["curve"], Look())
    assert any("DiME's pick" in note.text for note in figure.layout.annotations)
    assert figure.data[0].x.tolist() == list(range(11))


def test_families_have_a_dot_a_model(views: dict[str, View]) -> None:
    figure = figure_of(views["families"], Look())
    dots = sum(len(trace.x) for trace in figure.data if trace.text is not None)
    assert dots == len(views["families"].table)
    assert any(f"mean of {len(TASKS) + 1} tasks" in str(trace.text) for trace in figure.data)
