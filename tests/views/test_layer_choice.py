"""Layers compared: what metrics pick, curves, checkpoints, from a store with known answers."""

import pandas as pd
import pytest

from lrd_core.config import Config
from lrd_core.errors import InputError, UnknownNameError
from lrd_core.store import connect
from lrd_core.views import layer_choice, layer_tables
from lrd_core.views.best_layer import LayerRequest, best_layer, follow
from lrd_core.views.layer_choice import compare_layers
from lrd_core.views.layer_words import layer_sentence
from lrd_core.views.score_tables import score_table
from tests.example_store import fill
from tests.selection_store import CHECKPOINTS, TASKS, fill_selection


@pytest.fixture(scope="module")
def table(many_models: Config) -> pd.DataFrame:
    return score_table(many_models)


def test_layers_picked_by_metrics(many_models: Config, table: pd.DataFrame) -> None:
    found = compare_layers(many_models, table, "model-a", metrics=("dime", "dataset_entropy"))
    assert found.choice.best_layer == 6
    assert found.choice.strategy("dime").regret == pytest.approx(0)
    assert set(found.choice.strategy("dataset_entropy").layers) == {3}
    assert found.choice.strategy("dataset_entropy").regret == pytest.approx(0.03)
    assert found.mode == "exact"
    sentence = layer_sentence(found)
    assert "model-a is best at layer 6 of 10" in sentence and "DiME's pick" in sentence


def test_profiles_are_compared_layer_by_layer(many_models: Config, table: pd.DataFrame) -> None:
    found = compare_layers(many_models, table, "model-a", metrics=("dime",))
    table = layer_tables.profile_table(found)
    assert len(table) == len(TASKS)
    assert (table["rho"] < -0.9).all()
    assert (table["distance_correlation"] > table["shifted"]).all()


def test_a_subject_is_offered_with_the_tasks_that_know_every_layer(table: pd.DataFrame) -> None:
    gap = (table["subject"] == "model-b") & (table["task"] == "news") & (table["layer"] == 4)
    gone = (table["subject"] == "model-c") & (table["layer"] == 10)
    found = {one.subject: one for one in layer_choice.scored_subjects(table[~gap & ~gone])}
    assert found["model-a"].tasks == tuple(sorted(TASKS))
    assert found["model-b"].tasks == tuple(sorted(set(TASKS) - {"news"}))
    assert "model-c" not in found and "model-b (imported)" not in found
    steps = [found[f"model-a@{step}"].checkpoint for step in CHECKPOINTS]
    assert steps == [1, 1000, 64000] and found["model-a"].checkpoint is None


def test_the_rows_of_a_subject_are_enough_for_its_layers(
    many_models: Config, table: pd.DataFrame
) -> None:
    own = table[table["subject"] == "model-a"]
    whole = compare_layers(many_models, table, "model-a", metrics=("dime",))
    assert compare_layers(many_models, own, "model-a", metrics=("dime",)).scored == whole.scored
    (scored, *_) = layer_choice.scored_subjects(own)
    assert layer_choice.metrics_for(many_models, scored) == {
        "dime": "exact",
        "dataset_entropy": "exact",
    }


def test_checkpoints_share_their_tasks(table: pd.DataFrame) -> None:
    curves = layer_tables.checkpoint_curves(table, "model-a")
    assert curves["revision"].nunique() == 4
    assert curves["num_tasks"].unique().tolist() == [len(TASKS)]
    assert layer_tables.checkpoint_curves(table, "model-b").empty


def test_tables_for_download(many_models: Config, table: pd.DataFrame) -> None:
    choice = compare_layers(many_models, table, "model-a", metrics=("dime",)).choice
    strategies = layer_tables.strategy_table(choice).set_index("strategy")
    assert strategies.loc["best", "regret"] == 0
    assert strategies.loc["dime", "layers"] == "6"
    assert strategies.loc["average", "layers"] == "any"
    picks = layer_tables.pick_table(choice)
    assert set(picks["task"]) == set(TASKS) and "average" not in set(picks["strategy"])


def test_an_unknown_model_names_the_closest(many_models: Config, table: pd.DataFrame) -> None:
    with pytest.raises(UnknownNameError, match="did you mean model-"):
        compare_layers(many_models, table, "model-z")


def test_an_empty_store_has_no_layers_to_choose_from(config: Config) -> None:
    table = score_table(config)
    assert layer_choice.scored_subjects(table) == []
    with pytest.raises(InputError, match="no model has scores at every layer yet"):
        compare_layers(config, table, "model-a")
    with pytest.raises(InputError, match="no model has scores at every layer yet"):
        best_layer(config, LayerRequest("model-a"))


def test_a_model_with_checkpoints_is_shown_first_then_a_chosen_one(table: pd.DataFrame) -> None:
    subjects = layer_choice.scored_subjects(table)
    assert layer_choice.usual_subject(subjects, ["model-c"]).subject == "model-a"
    others = [one for one in subjects if one.model != "model-a"]
    assert layer_choice.usual_subject(others, ["model-c"]).subject == "model-c"
    steps = [one for one in subjects if one.checkpoint is not None]
    assert layer_choice.usual_subject(steps).checkpoint in (1, 1000, 64000)


def test_the_best_layer_in_views(many_models: Config, table: pd.DataFrame) -> None:
    request = LayerRequest("model-a", metrics=("dime", "dataset_entropy"))
    found = best_layer(many_models, request)
    assert found.metrics == ("dime", "dataset_entropy") and found.note == ""
    curve = found.curve
    assert curve.table.loc[curve.table["score"].idxmax(), "layer"] == 6
    assert "model-a is best at layer 6 of 10" in curve.sentence
    assert curve.notes[-2:] == (
        "4 tasks that all layers and metrics share; English subset of multilingual tasks. "
        "Metric values: exact.",
        "Scores: computed here, mean pooling.",
    )
    assert curve.marks is not None and "dime" in set(curve.marks["strategy"])
    assert len(curve.runs) == len(TASKS) and curve.provenance[0].startswith("model-a@main")
    again = "python -m lrd_core select layer --model model-a --metric dime --metric dataset_entropy"
    assert curve.command == found.strategies.command == again
    assert found.strategies.names["dime"] == "DiME's pick"
    assert found.strategies.alt.endswith(curve.sentence)
    assert "At step 1 layer 6 is best" in found.checkpoints.sentence
    assert found.checkpoints.table["revision"].nunique() == 4
    assert "Best single layer" in set(found.named_picks["strategy"])
    own = best_layer(many_models, request, table[table["model"] == "model-a"])
    pd.testing.assert_frame_equal(own.curve.table, curve.table)
    pd.testing.assert_frame_equal(own.checkpoints.table, found.checkpoints.table)


def test_a_run_that_picked_nothing_is_not_behind_the_figure(config: Config) -> None:
    fill_selection(config)
    request = LayerRequest("model-a", metrics=("dime",))
    before = best_layer(config, request).curve
    with connect(config) as connection:
        # The same texts, disturbed: its values are stored beside the plain ones, which are used.
        for table, changed in (
            ("runs", "'other' AS run_key, 'shuffled' AS condition"),
            ("metric_values", "'other' AS run_key"),
        ):
            copied = f"SELECT * REPLACE ({changed}) FROM {table} WHERE run_key = ?"
            connection.execute(f"INSERT INTO {table} {copied}", [before.runs["run_key"].iloc[0]])
    after = best_layer(config, request).curve
    assert set(after.runs["run_key"]) == set(before.runs["run_key"])


def test_a_model_without_checkpoints_has_no_curves_of_them(many_models: Config) -> None:
    found = best_layer(many_models, LayerRequest("model-b"))
    assert found.checkpoints.empty and found.checkpoints.sentence == ""


def test_curves_that_follow_the_score(many_models: Config) -> None:
    view = follow(many_models, LayerRequest("model-a", metrics=("dime",), tasks=("news", "pairs")))
    assert view.table["task"].tolist() == ["news", "pairs"]
    assert view.labels == {"dime": "DiME"}
    assert view.notes[0].startswith("Bar: median over tasks.")


def test_metrics_that_share_no_task_are_left_out_and_said(config: Config) -> None:
    fill(config)
    found = best_layer(config, LayerRequest("all-MiniLM-L6-v2"))
    assert found.metrics == ()
    assert found.note.startswith("Picks by metrics are not shown: ")
    assert "is best at" in found.curve.sentence
    few = follow(config, LayerRequest("all-MiniLM-L6-v2", metrics=()))
    assert few.empty and few.sentence == "7 layers are too few to compare curves."
