"""The Depth page: empty, filled, every control, and what it says when nothing fits."""

import time
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from lrd_core.config import Config
from lrd_core.errors import StoreBusyError
from lrd_core.store import connect
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metric_values import Value
from lrd_core.store.metrics import save_metric
from lrd_core.store.runs import save_run
from pages._shared import frame, widgets
from tests.example_store import run_record


def sentence_of(app: AppTest) -> str:
    """The computed sentence under the title."""
    bodies = [element.proto.body for element in app.get("html")]
    return next(body for body in bodies if "lrd-sentence" in body and "<p" in body)


def test_an_empty_store_explains_the_first_step(
    empty_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("depth")
    assert not app.exception
    assert "Nothing to draw yet" in app.header[0].value
    assert "python -m lrd_core run" in app.code[0].value


def test_the_default_view_is_a_good_picture(
    filled_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("depth")
    assert not app.exception
    assert app.multiselect(key="metrics").value == ["prompt_entropy", "speed", "score"]
    assert "SmolLM2-135M's prompt entropy falls to 0.41 at layer 12 of 30" in (
        sentence_of(app).replace("&#x27;", "'")
    )
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize(
    "query",
    [
        {"axis": "Layer", "view": "Small multiples"},
        {"view": "Play", "vary": "condition"},
        {"band": "Range over tasks", "tasks": ["bbc-news", "kjv"]},
        {"minus": "all-MiniLM-L6-v2", "vary": "condition"},
        {"variants": ["published"], "metrics": ["Prompt entropy"]},
        {"spread": "true", "enough": "true", "table": "true"},
        {"present": "true", "marks": "false"},
    ],
)
def test_every_control_draws(
    query: dict[str, str], filled_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("depth", **query)
    assert not app.exception
    assert not app.error
    assert len(app.get("plotly_chart")) >= 1


def test_no_model_says_what_to_do(filled_store: Config, open_page: Callable[..., AppTest]) -> None:
    app = open_page("depth")
    app.sidebar.multiselect(key="models").set_value([]).run()
    assert not app.exception
    assert app.header[0].value == "Choose a model in the side bar"
    app.button(key="next_nothing_chosen").click().run()
    assert app.sidebar.multiselect(key="models").value
    assert app.title[0].value == "Depth"


def test_what_could_not_be_computed_says_why(
    config: Config, open_page: Callable[..., AppTest]
) -> None:
    why = "k = 20 neighbours need at least 21 texts, got n = 8"
    run = run_record("few-texts", n=8)
    with connect(config) as connection:
        save_run(connection, run)
        missing = [Value("nrs", None, None, 8, reason=why)]
        save_metric(connection, run.run_key, MetricId.of("nrs", 1), missing)
    app = open_page("depth")
    assert not app.exception
    because = f"Neighbour retention of few-texts on bbc-news could not be computed: {why}."
    assert widgets.plain(because) in [one.value for one in app.caption]
    assert app.header[0].value == "Choose models, tasks and metrics"


def test_a_busy_store_is_an_error_in_words(
    filled_store: Config, open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*args: object) -> None:
        raise StoreBusyError("another process has held x for over 15 s; try again")

    monkeypatch.setattr("lrd_core.views.lines.read_values", busy)
    app = open_page("depth")
    assert not app.exception
    assert "The store is busy" in app.error[0].value
    assert "try again" in app.error[0].value
    assert "This page tries again every 5 seconds." in [one.value for one in app.caption]
    monkeypatch.undo()
    monkeypatch.setenv("LRD_DATA_DIR", str(filled_store.data_dir))
    assert not app.run().error


def test_a_busy_page_is_run_again_later_and_not_while_it_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs = []
    monkeypatch.setattr(frame.st, "rerun", lambda: runs.append("again"))
    retry = frame._try_again.__wrapped__
    now = time.monotonic()
    retry(now)
    assert runs == []
    retry(now - frame.RETRY_S)
    assert runs == ["again"]


def test_an_unforeseen_error_shows_no_traceback(
    filled_store: Config, open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("lrd_core.views.lines.read_values", broken)
    app = open_page("depth")
    assert not app.exception
    assert "not foreseen" in app.error[0].value
    assert "secret detail" not in app.error[0].value
