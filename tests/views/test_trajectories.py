"""What the Trajectories page draws, asked without any page."""

from dataclasses import replace

import numpy as np
import pytest

from lrd_core.config import Config
from lrd_core.errors import UnknownNameError
from lrd_core.plots.theme import Look
from lrd_core.store import connect
from lrd_core.store.matrices import Matrix
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metrics import save_metric
from lrd_core.store.runs import save_run
from lrd_core.views import layer_pairs, trajectories
from lrd_core.views.layer_pairs import CkaRequest
from lrd_core.views.trajectories import TrajectoryRequest
from lrd_core.views.view import Selection
from tests import map_store
from tests.example_store import run_record
from tests.shared_store import shared

FIRST, SECOND = (f"{model} on bbc-news" for model in (map_store.FIRST, map_store.SECOND))
BOTH = Selection((map_store.FIRST, map_store.SECOND), ("bbc-news",))
LOOK = Look(order=BOTH.models)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Config:
    config = Config(data_dir=tmp_path_factory.mktemp("views") / "data")
    map_store.fill(config)
    return shared(config)


@pytest.fixture(scope="module")
def found(store: Config) -> trajectories.Trajectories:
    return trajectories.trajectories(store, TrajectoryRequest(BOTH))


def test_choices_are_runs_with_a_path_and_the_thresholds_that_all_have(store):
    choices = trajectories.choices(store, BOTH)
    assert choices.names == (FIRST, SECOND)
    assert choices.variances == (0.9, 0.95)
    assert choices.can_stand_apart(2) and choices.can_stand_apart(3)
    alone = trajectories.choices(store, Selection((map_store.FIRST,), ("bbc-news",)))
    assert not alone.can_stand_apart(2)


def test_an_empty_store_and_a_run_without_a_path_give_empty_views(config):
    assert trajectories.choices(config, BOTH) == trajectories.TrajectoryChoices((), ())
    with connect(config) as connection:
        save_run(connection, run_record(map_store.FIRST))
    empty = trajectories.trajectories(config, TrajectoryRequest(BOTH))
    assert trajectories.choices(config, BOTH).names == ()
    assert empty.paths.empty and empty.motion.empty and empty.distances.empty
    assert not empty.thresholds.can_compare
    assert empty.paths.provenance == ()


def test_paths_say_what_they_show_and_what_computes_them_again(found):
    view = found.paths
    first = view.table[view.table["model"] == map_store.FIRST]
    np.testing.assert_allclose(first["x"], [-2, -1, 0, 1, 2], atol=1e-7)
    assert "path is the straighter one" in view.sentence
    assert view.alt == f"Paths of 2 models in 2 dimensions. {view.sentence}"
    assert "stress 0.00 (faithful)" in view.notes[0]
    assert "Aligned to all-MiniLM-L6-v2" in view.notes[0]
    assert view.numbers["rank"].tolist() == [16, 16]
    assert view.runs["model"].tolist() == list(BOTH.models)
    assert "Frenet v1, variance 95%" in view.provenance[0]
    assert "--metrics frenet" in view.command


def test_another_threshold_is_asked_for_by_its_number(store):
    request = TrajectoryRequest(BOTH, variance=0.9)
    view = trajectories.trajectories(store, request).paths
    assert "--metrics frenet:variance=0.9" in view.command
    assert "variance 90%" in view.metrics[0]


def test_one_path_alone_is_never_apart_from_itself(store):
    alone = Selection((map_store.FIRST,), ("bbc-news",))
    view = trajectories.trajectories(store, TrajectoryRequest(alone, together=False)).paths
    assert view.together


def test_motion_has_the_depth_that_all_models_share_or_none(store, found):
    assert found.motion.num_blocks is None
    assert set(found.motion.table["series"]) == {"speed", "curvature"}
    alone = Selection((map_store.FIRST,), ("bbc-news",))
    assert trajectories.trajectories(store, TrajectoryRequest(alone)).motion.num_blocks == 4


def test_distances_are_one_row_a_pair_of_layers(found):
    table = found.distances.table
    assert len(table) == 5 * 5 + 3 * 3
    row = table[(table["name"] == map_store.FIRST) & (table["layer"] == 1)].set_index("other_layer")
    assert row["distance"].tolist() == [1, 0, 1, 2, 3]


def test_missing_thresholds_are_named(found):
    assert found.thresholds.can_compare
    assert found.thresholds.missing == (0.8, 0.99)


def test_the_saved_comparison_has_a_column_a_layer(store):
    view = layer_pairs.cka(store, CkaRequest(BOTH, FIRST, SECOND))
    np.testing.assert_array_equal(view.cells, np.arange(15).reshape(5, 3) / 14)
    assert view.saved.columns.tolist() == ["layer", 0, 1, 2]
    assert view.sentence.endswith("the most alike are layers 4 and 2 (1.00).")
    assert view.metrics == ("linear CKA v1",)
    turned = layer_pairs.cka(store, CkaRequest(BOTH, SECOND, FIRST))
    np.testing.assert_array_equal(turned.cells, view.cells.T)


def test_a_comparison_that_was_not_computed_says_what_computes_it(config):
    first, second = map_store.fill(config)
    with connect(config) as connection:
        connection.execute("DELETE FROM matrices WHERE metric = 'cka'")
    view = layer_pairs.cka(config, CkaRequest(BOTH, FIRST, SECOND))
    assert view.empty and view.same_texts
    assert view.payload == {"first": first.run_key, "second": second.run_key}
    assert view.sentence == ""


def test_measures_that_order_layers_alike_agree():
    cells = np.arange(15, dtype=float).reshape(5, 3)
    known = {"cka": cells, "rsa": cells**2, "mutual_knn": -cells}
    table = layer_pairs.agreement_of(known)
    assert table["rho"].tolist() == pytest.approx([1, -1, -1])
    assert set(table["n"]) == {15}
    assert layer_pairs.agreement_words(table) == (
        "3 measures order these 15 pairs of layers with a median rank correlation of −1.00; least "
        "alike are linear CKA and mutual kNN (−1.00)."
    )
    assert layer_pairs.agreement_words(layer_pairs.agreement_of({"cka": cells})) == ""


def test_another_measure_of_the_same_two_is_shown_under_its_name(config):
    first, second = map_store.fill(config)
    request = CkaRequest(BOTH, FIRST, SECOND, "rsa")
    assert layer_pairs.cka(config, request).empty
    cells = np.linspace(-0.2, 1, 15).reshape(5, 3)
    with connect(config) as connection:
        save_metric(
            connection,
            first.run_key,
            MetricId.of("alikeness", 1, parameters={"other": second.run_key}),
            [],
            matrices=[Matrix(f"rsa:{second.run_key}", cells)],
        )
    view = layer_pairs.cka(config, request)
    np.testing.assert_array_equal(view.cells, cells)
    assert view.sentence.startswith("RSA of every layer of")
    assert view.metrics == ("RSA v1",)
    assert any("2 measures order these 15 pairs" in note for note in view.notes)
    with pytest.raises(UnknownNameError, match="no measure of layers is called 'cosine'"):
        layer_pairs.cka(config, CkaRequest(BOTH, FIRST, SECOND, "cosine"))


def test_runs_on_other_texts_are_not_compared(config):
    with connect(config) as connection:
        for model, seed in zip(BOTH.models, (0, 1), strict=True):
            save_run(connection, replace(run_record(model), seed=seed))
    view = layer_pairs.cka(config, CkaRequest(BOTH, FIRST, SECOND))
    assert not view.same_texts and view.empty
    with pytest.raises(UnknownNameError, match="no run is called 'nobody on bbc-news'"):
        layer_pairs.cka(config, CkaRequest(BOTH, "nobody on bbc-news", SECOND))
