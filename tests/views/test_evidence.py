"""What counts as evidence, read from a store with known answers."""

import pandas as pd
import pytest

from lrd_core.config import Config
from lrd_core.store import connect
from lrd_core.store.trials import save_trials
from lrd_core.views import evidence as reading
from lrd_core.views.evidence import EvidenceRequest, ModelEvidence
from lrd_core.views.evidence_cell import borrowed_note
from lrd_core.views.score_tables import model_scores, score_table
from tests.pruning.trial_table import example_trials
from tests.selection_store import CHECKPOINTS, MODELS, TASKS, UNLABELLED, curve, fill_selection


@pytest.fixture(scope="module")
def table(many_models: Config) -> pd.DataFrame:
    return score_table(many_models)


def test_checkpoints_are_subjects_but_no_models_of_their_own(table: pd.DataFrame) -> None:
    assert {f"model-a@{step}" for step in CHECKPOINTS} <= set(table["subject"])
    assert not any("@" in subject for subject in model_scores(table)["subject"])


def test_own_scores_keep_the_plain_name_beside_imported_ones(table: pd.DataFrame) -> None:
    subjects = set(table["subject"])
    assert {"model-b", "model-b (imported)"} <= subjects


def test_last_and_best_layer_scores(table: pd.DataFrame) -> None:
    last = model_scores(table, "last").set_index(["model", "task"])["score"]
    best = model_scores(table, "best").set_index(["model", "task"])["score"]
    assert last["model-b", "news"] == pytest.approx(curve(1, "news")[10])
    assert best["model-b", "news"] == pytest.approx(curve(1, "news")[6])
    assert last["model-b", "MMLU"] == pytest.approx(0.29)
    assert ("model-b", "MMLU") not in best.index


def test_an_imported_column_borrows_metrics_of_the_tasks_that_all_models_share(
    evidence: ModelEvidence,
) -> None:
    assert evidence.borrowed == {"MMLU": tuple(sorted((*TASKS, UNLABELLED)))}
    assert "no text of MMLU was run" in borrowed_note(evidence, "MMLU")
    assert set(evidence.cells["task"]) == {*TASKS, "MMLU"}


def test_choices_are_what_is_stored(many_models: Config) -> None:
    found = reading.choices(many_models)
    assert found.families == ("base LM", "decoder embedder", "encoder embedder")
    assert found.task_types == ("classification", "sts")
    assert found.values == ("exact",)


def test_kinds_of_values_count_by_their_newest_version_alone(config: Config) -> None:
    assert reading.values_stored(config) == []
    fill_selection(config)
    assert reading.values_stored(config) == ["exact"]
    copied = "run_key, metric, series, version + {}, '{}', parameters, position, value, low, high"
    insert = f"INSERT INTO metric_values SELECT {copied}, n, reason, source FROM metric_values"
    with connect(config) as connection:
        connection.execute(insert.format(-1, "published"))
    assert reading.values_stored(config) == ["exact"]
    with connect(config) as connection:
        connection.execute("DELETE FROM metric_values WHERE version = 0")
        connection.execute(insert.format(0, "published"))
    assert reading.values_stored(config) == ["exact", "published"]


def test_evidence_has_a_new_version_when_one_of_its_tables_changes(config: Config) -> None:
    fill_selection(config)
    first = reading.version(config)
    with connect(config) as connection:
        save_trials(connection, example_trials())
    assert reading.version(config) == first
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
        seen.add(reading.version(config))
    assert len(seen) == 1 + len(changes)


def test_the_two_halves_of_the_evidence_are_the_whole(
    many_models: Config, table: pd.DataFrame, evidence: ModelEvidence
) -> None:
    levels = reading.stored_levels(many_models, EvidenceRequest(at="best").of_levels)
    found = reading.correlate(levels, table, EvidenceRequest())
    pd.testing.assert_frame_equal(found.cells, evidence.cells)
    best = reading.correlate(levels, table, EvidenceRequest(at="best"))
    assert best.cells["task"].nunique() == len(TASKS)


def test_filters_leave_families_and_types_out(many_models: Config) -> None:
    ask = EvidenceRequest(families=("base LM", "encoder embedder"))
    few = reading.model_evidence(many_models, ask)
    assert few.facts["family"].unique().tolist() == ["encoder embedder", "base LM"]
    sts = reading.model_evidence(many_models, EvidenceRequest(task_types=("sts",)))
    assert set(sts.cells["task"]) == {"pairs"}


def test_an_empty_store_has_no_evidence(config: Config) -> None:
    evidence = reading.model_evidence(config, EvidenceRequest())
    assert evidence.cells.empty and evidence.medians == ()
    assert not evidence.correlated and evidence.models == []
    assert evidence.shared_models.startswith("0 models have both metrics and scores")
    assert evidence.coverage.iloc[0].tolist() == [0, 0, 0]
    assert reading.choices(config).values == ("exact",)


def test_evidence_says_what_there_is_to_compare(evidence: ModelEvidence) -> None:
    assert evidence.correlated
    assert evidence.models == list(MODELS)
    assert evidence.coverage.iloc[0].tolist() == [len(MODELS), len(MODELS), len(TASKS) + 1]
