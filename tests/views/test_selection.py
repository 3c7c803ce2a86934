"""Evidence, recommendation and layer choice read from a store with known answers."""

import pandas as pd
import pytest

from lrd_core.analysis.levels import level_label
from lrd_core.config import Config
from lrd_core.errors import InputError, UnknownNameError
from lrd_core.plots.selection import MEDIAN, prepare_heatmap
from lrd_core.store import connect
from lrd_core.store.trials import save_trials
from lrd_core.views import layer_choice, selection, selection_words
from lrd_core.views import stored as results
from lrd_core.views.score_tables import model_scores, score_table
from tests.pruning.trial_table import example_trials
from tests.selection_store import CHECKPOINTS, MODELS, TASKS, UNLABELLED, curve, fill_selection


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Only read by the tests, so one is enough."""
    config = Config(data_dir=tmp_path_factory.mktemp("selection"))
    fill_selection(config)
    return config


@pytest.fixture(scope="module")
def table(filled: Config) -> pd.DataFrame:
    return score_table(filled)


@pytest.fixture(scope="module")
def evidence(filled: Config) -> selection.ModelEvidence:
    return selection.model_evidence(filled)


def test_checkpoints_are_subjects_but_no_models_of_their_own(filled: Config) -> None:
    table = score_table(filled)
    assert {f"model-a@{step}" for step in CHECKPOINTS} <= set(table["subject"])
    assert not any("@" in subject for subject in model_scores(table)["subject"])


def test_own_scores_keep_the_plain_name_beside_imported_ones(filled: Config) -> None:
    subjects = set(score_table(filled)["subject"])
    assert {"model-b", "model-b (imported)"} <= subjects


def test_last_and_best_layer_scores(filled: Config) -> None:
    table = score_table(filled)
    last = model_scores(table, "last").set_index(["model", "task"])["score"]
    best = model_scores(table, "best").set_index(["model", "task"])["score"]
    assert last["model-b", "news"] == pytest.approx(curve(1, "news")[10])
    assert best["model-b", "news"] == pytest.approx(curve(1, "news")[6])
    assert last["model-b", "MMLU"] == pytest.approx(0.29)
    assert ("model-b", "MMLU") not in best.index


def test_evidence_finds_the_metric_that_follows_the_score(
    evidence: selection.ModelEvidence,
) -> None:
    medians = {entry.metric: entry for entry in evidence.medians}
    assert medians["d_0L"].rho == pytest.approx(1)
    assert medians["d_0L"].direction == 1
    assert medians["d_0L"].models == tuple(sorted(MODELS))
    assert medians["nrs_mean"].direction == 0
    assert selection.verdict(medians["d_0L"]) == "higher goes with better, on thin evidence"
    assert selection.verdict(medians["nrs_mean"]) == "direction open"
    levels = selection.level_order(evidence)
    assert "median ρ 1.00" in selection_words.evidence_sentence(evidence, levels)


@pytest.mark.parametrize("given_size", [False, True])
def test_the_headline_names_the_strongest_of_what_the_map_draws(
    evidence: selection.ModelEvidence, given_size: bool
) -> None:
    every = selection.level_order(evidence)
    tasks = selection.task_order(evidence, every)
    medians = selection.median_table(evidence)
    for metrics in (
        every,
        selection.level_order(evidence, only_published=True),
        every[1:],
        ["nrs_mean"],
        ["nrs_mean", "gfmi_mean"],
    ):
        map_ = prepare_heatmap(evidence.cells, medians, metrics, tasks, partial=given_size)
        drawn = map_ if given_size else map_[map_["row"] == MEDIAN]
        rows = drawn.dropna(subset="rho").groupby("metric")["rho"]
        strength = rows.median().abs()[rows.size() == rows.size().max()]
        best = max(metrics, key=lambda name: strength.get(name, -1))
        said = selection_words.evidence_sentence(evidence, metrics, tasks, partial=given_size)
        assert level_label(best).lower() in said.lower()
        assert f"{strength[best]:.2f}" in said
        others = set(strength.index) - selection_words.published_levels()
        assert ("largest of" in said) == (bool(others) and not given_size)


def test_an_imported_column_borrows_metrics_of_the_tasks_that_all_models_share(
    evidence: selection.ModelEvidence,
) -> None:
    assert evidence.borrowed == {"MMLU": tuple(sorted((*TASKS, UNLABELLED)))}
    assert "no text of MMLU was run" in selection_words.borrowed_note(evidence, "MMLU")
    assert set(evidence.cells["task"]) == {*TASKS, "MMLU"}


def test_filters_offer_what_is_stored(filled: Config) -> None:
    found = selection.filters_of(results.runs(filled), results.scores(filled))
    assert found.families == ["base LM", "decoder embedder", "encoder embedder"]
    assert found.task_types == ["classification", "sts"]


def test_kinds_of_values_count_by_their_newest_version_alone(config: Config) -> None:
    assert selection.modes_stored(config) == []
    fill_selection(config)
    assert selection.modes_stored(config) == ["exact"]
    copied = "run_key, metric, series, version + {}, '{}', parameters, position, value, low, high"
    insert = f"INSERT INTO metric_values SELECT {copied}, n, reason, source FROM metric_values"
    with connect(config) as connection:
        connection.execute(insert.format(-1, "published"))
    assert selection.modes_stored(config) == ["exact"]
    with connect(config) as connection:
        connection.execute("DELETE FROM metric_values WHERE version = 0")
        connection.execute(insert.format(0, "published"))
    assert selection.modes_stored(config) == ["exact", "published"]


def test_evidence_has_a_new_version_when_one_of_its_tables_changes(config: Config) -> None:
    fill_selection(config)
    first = selection.evidence_version(config)
    with connect(config) as connection:
        save_trials(connection, example_trials())
    assert selection.evidence_version(config) == first
    changes = (
        "UPDATE metric_values SET value = value + 1 WHERE series = 'd_0L'",
        "UPDATE runs SET family = 'other' WHERE model = 'model-b'",
        "UPDATE scores SET score = score + 0.01 WHERE layer = 3",
        "DELETE FROM scores WHERE layer = 3",
    )
    seen = {first}
    for change in changes:
        with connect(config) as connection:
            connection.execute(change)
        seen.add(selection.evidence_version(config))
    assert len(seen) == 1 + len(changes)


def test_the_two_halves_of_the_evidence_are_the_whole(
    filled: Config, table: pd.DataFrame, evidence: selection.ModelEvidence
) -> None:
    levels = selection.stored_levels(filled)
    found = selection.correlate(levels, table)
    pd.testing.assert_frame_equal(found.cells, evidence.cells)
    assert selection.correlate(levels, table, at="best").cells["task"].nunique() == len(TASKS)


def test_filters_leave_families_and_types_out(filled: Config) -> None:
    few = selection.model_evidence(filled, families=("base LM", "encoder embedder"))
    assert few.facts["family"].unique().tolist() == ["encoder embedder", "base LM"]
    sts = selection.model_evidence(filled, task_types=("sts",))
    assert set(sts.cells["task"]) == {"pairs"}


def test_the_best_model_is_recommended_within_the_budget(evidence: selection.ModelEvidence) -> None:
    ask = {"targets": [UNLABELLED], "candidates": list(MODELS), "metrics": ["d_0L"]}
    found = selection.recommend_models(evidence, **ask)
    assert found.candidates[0].model == MODELS[-1]
    assert found.hold_out is not None and found.hold_out.rho == pytest.approx(1)
    small = selection.recommend_models(evidence, most_parameters=90e6, **ask)
    assert small.candidates[0].model == "model-d"
    assert small.left_out["model-e"] == "over the budget"


def test_size_alone_is_tried_on_the_same_models_and_tasks(
    evidence: selection.ModelEvidence,
) -> None:
    held = selection.rivals(evidence, ("d_0L",))
    (rule, tasks), (size, other) = held["metrics"], held[selection.SIZE]
    assert rule is not None and size is not None
    assert (tasks, rule.models) == (other, size.models)


def test_layers_picked_by_metrics(filled: Config, table: pd.DataFrame) -> None:
    view = layer_choice.layer_view(filled, table, "model-a", metrics=("dime", "dataset_entropy"))
    assert view.choice.best_layer == 6
    assert view.choice.strategy("dime").regret == pytest.approx(0)
    assert set(view.choice.strategy("dataset_entropy").layers) == {3}
    assert view.choice.strategy("dataset_entropy").regret == pytest.approx(0.03)
    assert view.mode == "exact"
    sentence = selection_words.layer_sentence(view)
    assert "model-a is best at layer 6 of 10" in sentence and "DiME's pick" in sentence


def test_profiles_are_compared_layer_by_layer(filled: Config, table: pd.DataFrame) -> None:
    table = layer_choice.profile_table(filled, table, "model-a", metrics=("dime",))
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
    filled: Config, table: pd.DataFrame
) -> None:
    own = table[table["subject"] == "model-a"]
    whole = layer_choice.layer_view(filled, table, "model-a", metrics=("dime",))
    assert layer_choice.layer_view(filled, own, "model-a", metrics=("dime",)).scored == whole.scored
    (scored, *_) = layer_choice.scored_subjects(own)
    assert layer_choice.metrics_for(filled, scored) == {"dime": "exact", "dataset_entropy": "exact"}


def test_checkpoints_share_their_tasks(table: pd.DataFrame) -> None:
    curves = layer_choice.checkpoint_curves(table, "model-a")
    assert curves["revision"].nunique() == 4
    assert curves["num_tasks"].unique().tolist() == [len(TASKS)]
    assert layer_choice.checkpoint_curves(table, "model-b").empty


def test_tables_for_download(filled: Config, table: pd.DataFrame) -> None:
    choice = layer_choice.layer_view(filled, table, "model-a", metrics=("dime",)).choice
    strategies = layer_choice.strategy_table(choice).set_index("strategy")
    assert strategies.loc["best", "regret"] == 0
    assert strategies.loc["dime", "layers"] == "6"
    assert strategies.loc["average", "layers"] == "any"
    picks = layer_choice.pick_table(choice)
    assert set(picks["task"]) == set(TASKS) and "average" not in set(picks["strategy"])


def test_an_unknown_model_names_the_closest(filled: Config, table: pd.DataFrame) -> None:
    with pytest.raises(UnknownNameError, match="did you mean model-"):
        layer_choice.layer_view(filled, table, "model-z")


def test_an_empty_store_has_no_evidence(config: Config) -> None:
    evidence = selection.model_evidence(config)
    assert evidence.cells.empty and evidence.medians == ()
    table = score_table(config)
    assert layer_choice.scored_subjects(table) == []
    with pytest.raises(InputError, match="no model has scores at every layer yet"):
        layer_choice.layer_view(config, table, "model-a")


def test_family_view(filled: Config) -> None:
    _, summaries, picked = selection.family_view(filled)
    speeds = {entry.family: entry for entry in summaries if entry.series == "speed"}
    assert len(speeds["encoder embedder"].models) == 3
    assert speeds["encoder embedder"].median == pytest.approx(0.45)
    assert len(picked) == len(MODELS) * (len(TASKS) + 1)
    assert "moves fastest for" in selection_words.family_sentence(summaries)
