"""Every page with every quantity alone: whatever a visitor picks, or a store holds, it draws."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lrd_core.analysis.levels import all_levels
from lrd_core.config import Config, load_config
from lrd_core.metrics import all_metrics
from lrd_core.metrics.registry import Metric
from lrd_core.views import layer_choice, series_names
from tests.every_metric_store import MODELS, fill_metrics, fill_scores_alone
from tests.pages.conftest import start

pytestmark = pytest.mark.slow

SERIES = [series for metric in all_metrics() for series in metric.series]
PROFILES = [s.name for s in SERIES if s.is_profile] + [series_names.SCORE]
DRAWING = ("overview", "depth")
"""Pages that draw whatever profile there is; the others are tried on one metric of each kind."""

EVERY_PAGE = (*DRAWING, "trajectories", "neighbourhoods", "selection", "pruning", "data", "metrics")
ONE_OF_EACH_KIND = ("frenet", "prompt_entropy", "lidar", "gfmi")
FEW = {"models": [*MODELS][:2], "tasks": ["bbc-news"]}


@pytest.fixture(scope="module")
def whole_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    example = Config(data_dir=tmp_path_factory.mktemp("every-metric"))
    fill_metrics(example, all_metrics())
    return example.database


@pytest.fixture(autouse=True)
def no_remembered_results() -> None:
    """What was read may stay: the stores of these tests never change, and each has its path."""


@pytest.fixture(scope="module")
def go(whole_store: Path) -> Iterator[Callable[[str], AppTest]]:
    """`go("depth")`: a visit to that page of a store with every series, kept for the next test."""
    visits: dict[str, AppTest] = {}

    def visit(page: str) -> AppTest:
        if page not in visits:
            app = start(page)
            for key, value in (FEW | {"all": "true"}).items():
                app.query_params[key] = value
            visits[page] = app.run()
        return visits[page]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LRD_DATA_DIR", str(whole_store.parent))
        patch.setenv("LRD_DEMO_DIR", str(whole_store.parent / "nothing-bundled"))
        load_config.cache_clear()
        yield visit
        load_config.cache_clear()


def check(app: AppTest) -> None:
    assert not app.exception
    assert not [box.value for box in app.error]


@pytest.mark.parametrize("name", PROFILES)
def test_depth_draws_each_quantity_alone(name: str, go: Callable[[str], AppTest]) -> None:
    app = go("depth")
    app.multiselect(key="metrics").set_value([name]).run()
    check(app)
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize("name", [series.name for series in SERIES])
def test_the_metrics_page_shows_each_quantity(name: str, go: Callable[[str], AppTest]) -> None:
    app = go("metrics")
    app.selectbox(key="metric").set_value(name).run()
    check(app)


@pytest.mark.parametrize("name", [level.name for level in all_levels()])
def test_selection_compares_by_each_number_alone(name: str, go: Callable[[str], AppTest]) -> None:
    app = go("selection")
    app.selectbox(key="metric").set_value(name).run()
    check(app)
    assert app.selectbox(key="metric").value == name


@pytest.mark.parametrize("name", layer_choice.picking())
def test_selection_picks_a_layer_by_each_quantity_alone(
    name: str, config: Config, whole_store: Path, open_page: Callable[..., AppTest]
) -> None:
    _give(config, whole_store)
    label = series_names.series_text(name)[0]
    app = open_page("selection", question="Choose a layer", layers_of="small", picks=[label])
    check(app)
    assert app.multiselect(key="picks").value == [name]


@pytest.mark.parametrize("metric", all_metrics(), ids=lambda metric: metric.name)
def test_every_page_opens_where_one_metric_is_all_there_is(
    metric: Metric, config: Config, empty_store: Config
) -> None:
    fill_metrics(config, [metric], models=[*MODELS][:2])
    for page in EVERY_PAGE if metric.name in ONE_OF_EACH_KIND else DRAWING:
        check(start(page).run())


@pytest.mark.parametrize(
    "query",
    [
        {"metrics": ["Measured score"], "view": "Small multiples"},
        {"vary": "pooling"},
        {"vary": "model revision", "view": "Play"},
        {"minus": "small", "axis": "Layer"},
        {"band": "Range over tasks", "tasks": ["bbc-news", "kjv"], "table": "true"},
        {"spread": "true", "enough": "true", "table": "true", "present": "true"},
        {"metrics": ["Prompt entropy"], "variants": ["published"], "marks": "false"},
    ],
)
def test_depth_with_imported_scores_alone(
    query: dict[str, str], empty_store: Config, open_page: Callable[..., AppTest]
) -> None:
    fill_scores_alone(empty_store)
    app = open_page("depth", **query)
    check(app)
    assert app.title[0].value == "Depth"


def _give(config: Config, database: Path) -> None:
    config.data_dir.mkdir(parents=True, exist_ok=True)
    shutil.copy(database, config.database)
