"""To add a metric is one decorated function: here is one, and it is found everywhere."""

import json
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lrd_core.analysis.levels import fallback_levels, level_label
from lrd_core.cli import main
from lrd_core.config import Config
from lrd_core.evaluation.metric_tables import published_series
from lrd_core.jobs.estimate import work_of
from lrd_core.metrics import Card, Mark, Names, Published, Series, find_metric, metric, registry
from lrd_core.models.specs import find_model
from lrd_core.plots.figures import figure_of
from lrd_core.plots.theme import Look
from lrd_core.pruning.profile import quantities
from lrd_core.settings import RunSettings
from lrd_core.store import connect
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metric_values import Value
from lrd_core.store.metrics import save_metric
from lrd_core.store.runs import save_run
from lrd_core.store.scores import save_scores
from lrd_core.views import layer_choice, overview
from lrd_core.views import metrics as metric_pages
from lrd_core.views.depth import DepthRequest, choices, depth
from lrd_core.views.enough import dataset_series
from lrd_core.views.evidence import EvidenceRequest, stored_levels
from lrd_core.views.families import family_panels
from lrd_core.views.layer_words import layer_sentence
from lrd_core.views.score_tables import score_table
from lrd_core.views.series_names import SCORE
from lrd_core.views.view import Selection
from tests.example_store import layer_scores, run_record, valley

Open = Callable[..., AppTest]
MODEL, TASK = "all-MiniLM-L6-v2", "bbc-news"
CARD = Card("Mean distance to the mean.", "0 or more.", "Low: near each other.", "None known.")


def toy_spread(z: np.ndarray) -> float:
    """Mean distance of the rows from their mean."""
    return float(np.linalg.norm(z - z.mean(axis=0), axis=1).mean())


@pytest.fixture(autouse=True)
def added() -> Iterator[None]:
    """The metric, registered for one test as its module would do it for good."""
    metric(
        "toy_spread",
        inputs="layer",
        series=(
            Series(
                "toy_spread",
                "Toy spread",
                "toys",
                "layer",
                CARD,
                bounds=(0.0, np.inf),
                ignores=("turn", "shift", "order"),
                names=Names(short="Toy", peak="Where toys spread most"),
                mark=Mark("valley", "lowest toy spread"),
                pick="lowest",
                spare="lowest",
                ranks=dict.fromkeys(("depth", "shape", "means", "picks", "enough", "peaks"), 0),
                chosen=("depth", "picks", "enough"),
                published=Published("toys", "raw"),
            ),
        ),
        version=1,
        source="This test",
        group="companion",
    )(toy_spread)
    try:
        yield
    finally:
        del registry._METRICS["toy_spread"]


@pytest.fixture
def filled(empty_store: Config) -> Config:
    """One model whose toys spread least at layer 2, with a score of every layer."""
    run = run_record(MODEL, TASK)
    values = [
        Value("toy_spread", float(layer), value, run.n)
        for layer, value in enumerate(valley(run.num_blocks, 0.5))
    ]
    with connect(empty_store) as connection:
        save_run(connection, run)
        save_metric(connection, run.run_key, MetricId.of("toy_spread", 1), values)
        save_scores(connection, layer_scores(run, best=5))
    return empty_store


def test_it_runs_is_stored_and_shown(
    empty_store: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--model", MODEL, "--task", "lee-news", "--metrics", "toy_spread"]
    assert main(["run", *asked, "--n", "24", "--max-length", "16"]) == 0
    assert main(["run", *asked, "--n", "24", "--max-length", "16"]) == 0  # cached by now
    assert main(["show", "--metric", "toy_spread", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [row["position"] for row in shown] == list(range(7))
    assert all(row["value"] > 0 for row in shown)
    assert main(["enough", "--model", MODEL, "--task", "lee-news", "--metric", "toy_spread"]) == 0


def test_depth_offers_it_first_draws_it_and_marks_it(filled: Config) -> None:
    offered = choices(filled)
    assert offered.series == ("toy_spread", SCORE)
    assert offered.default == ("toy_spread", SCORE)
    view = depth(filled, DepthRequest(Selection((MODEL,), (TASK,))))
    assert [panel.label for panel in view.panels] == ["Toy spread", "Measured score"]
    assert "toy spread falls to 0.4" in view.sentence
    assert view.marks is not None
    assert set(view.marks["kind"]) == {"valley", "best", "pick"}
    pick = view.marks.set_index("kind").loc["pick"]
    assert (pick["position"], pick["text"]) == (2, "Toy spread would pick")
    assert figure_of(view, Look(order=(MODEL,))).data


def test_selection_picks_a_layer_with_it_and_compares_models_by_its_mean(filled: Config) -> None:
    assert layer_choice.picking()[0] == layer_choice.default_metrics()[0] == "toy_spread"
    table = score_table(filled)
    subject = layer_choice.scored_subjects(table)[0].subject
    compared = layer_choice.compare_layers(filled, table, subject, metrics=("toy_spread",))
    assert compared.choice.strategy("toy_spread").layers.tolist() == [2]
    assert "Toy's pick" in layer_sentence(compared)
    assert fallback_levels()[0] == "toy_spread_mean"
    assert level_label("toy_spread_mean") == "Toy spread, mean over layers"
    values = stored_levels(filled, EvidenceRequest()).values
    assert set(values["metric"]) == {"toy_spread_mean", "toy_spread_last"}
    assert "toy_spread" in family_panels()


def test_overview_enough_pruning_and_imports_know_it(filled: Config) -> None:
    assert overview.headline_series(["speed", "toy_spread"]) == ["toy_spread", "speed"]
    assert dataset_series()[0] == "toy_spread"
    assert quantities()["toy_spread"] == "layer"
    assert published_series()["toys", "raw"][0] == "toy_spread"


def test_its_card_and_its_page_say_what_it_declares(filled: Config, open_page: Open) -> None:
    catalogue = metric_pages.catalogue().set_index("Quantity")
    assert catalogue.loc["Toy spread", "From"] == "Companions"
    app = open_page("metrics", metric="Toy spread")
    assert not app.exception and not app.error
    said = " ".join(element.value for element in [*app.markdown, *app.caption])
    assert "**Range.** 0 or more." in said and "Source: This test. Version 1." in said
    assert "--metrics toy_spread" in app.code[0].value
    app = open_page("depth", models=[MODEL], tasks=[TASK])
    assert app.multiselect(key="metrics").value == ["toy_spread", SCORE]


def test_the_runs_page_offers_it(filled: Config, open_page: Open) -> None:
    assert "toy_spread" in open_page("runs").multiselect(key="run_metrics").options


def test_an_estimate_counts_what_it_costs() -> None:
    spec, settings = find_model(MODEL), RunSettings(n=100)
    metric(
        "toy_tokens",
        inputs="tokens",
        series=find_metric("toy_spread").series[:0],
        version=1,
        source="This test",
        group="companion",
        cost=3.0,
    )(lambda tokens, mask: tokens)
    try:
        forward, one, three = (
            work_of(spec, settings, names).forward
            for names in ([], ["prompt_entropy"], ["toy_tokens"])
        )
    finally:
        del registry._METRICS["toy_tokens"]
    assert three - forward == pytest.approx(3 * (one - forward))
