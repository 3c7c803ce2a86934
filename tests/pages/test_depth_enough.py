"""The Depth page on metrics of the whole data set: the button first, then curves and warnings."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from lrd_core.config import Config
from lrd_core.metrics.registry import find_metric
from lrd_core.store import connect
from lrd_core.store.metric_id import MetricId
from lrd_core.store.subsamples import SubsampleCurve, save_subsamples
from tests.example_store import run_record

QUERY = {
    "enough": "true",
    "enough_metrics": ["Effective rank"],
    "models": ["all-MiniLM-L6-v2"],
    "tasks": ["bbc-news"],
}


def test_the_button_then_the_curve_with_its_warning(
    filled_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("depth", **QUERY)
    assert not app.exception
    assert "start_enough_job" in [button.key for button in app.button]
    command = "python -m lrd_core enough --model all-MiniLM-L6-v2 --task bbc-news"
    assert any(code.value == f"{command} --metric effective_rank" for code in app.code)
    metric = find_metric("effective_rank")
    identity = MetricId.of(metric.name, metric.version, "exact", dict(metric.parameters))
    curves = [
        SubsampleCurve(
            "effective_rank",
            6.0,
            [500, 500, 1000],
            [0, 1, 0],
            [300.0, 310.0, 600.0],
            True,
            True,
            0.5,
        )
    ]
    before = len(app.get("plotly_chart"))
    with connect(filled_store) as connection:
        key = run_record("all-MiniLM-L6-v2").run_key
        save_subsamples(connection, key, identity, "{}", curves)
    app.run()
    assert not app.exception
    assert "start_enough_job" not in [button.key for button in app.button]
    assert len(app.get("plotly_chart")) == before + 1
    assert "Effective rank at the output is capped by n" in app.warning[0].value
