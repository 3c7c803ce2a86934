"""The map of correlations and the models behind a cell: cells, sentences, notes, marks."""

from dataclasses import replace

import pandas as pd
import pytest

from lrd_core.analysis.levels import level_label
from lrd_core.config import Config
from lrd_core.views import correlations as maps
from lrd_core.views.correlations import MEDIAN, CorrelationRequest, correlations, drawn_cells
from lrd_core.views.evidence import EvidenceRequest, ModelEvidence
from lrd_core.views.evidence_cell import CellRequest, cell_of, evidence_cell
from tests.selection_store import MODELS, TASKS


def test_evidence_finds_the_metric_that_follows_the_score(evidence: ModelEvidence) -> None:
    medians = {entry.metric: entry for entry in evidence.medians}
    assert medians["d_0L"].rho == pytest.approx(1)
    assert medians["d_0L"].direction == 1
    assert medians["d_0L"].models == tuple(sorted(MODELS))
    assert medians["nrs_mean"].direction == 0
    assert maps.verdict(medians["d_0L"]) == "higher goes with better, on thin evidence"
    assert maps.verdict(medians["nrs_mean"]) == "direction open"
    table = maps.correlations_of(evidence, CorrelationRequest(EvidenceRequest())).named_medians
    assert table["rho"].abs().dropna().is_monotonic_decreasing
    assert "median ρ 1.00" in maps.evidence_sentence(evidence, evidence.levels())


@pytest.mark.parametrize("given_size", [False, True])
def test_the_headline_names_the_strongest_of_what_the_map_draws(
    evidence: ModelEvidence, given_size: bool
) -> None:
    every = evidence.levels()
    tasks = maps.task_order(evidence, every)
    medians = maps.median_table(evidence)
    for metrics in (
        every,
        evidence.levels(only_published=True),
        every[1:],
        ["nrs_mean"],
        ["nrs_mean", "gfmi_mean"],
    ):
        map_ = drawn_cells(evidence.cells, medians, metrics, tasks, partial=given_size)
        drawn = map_ if given_size else map_[map_["row"] == MEDIAN]
        rows = drawn.dropna(subset="rho").groupby("metric")["rho"]
        strength = rows.median().abs()[rows.size() == rows.size().max()]
        best = max(metrics, key=lambda name: strength.get(name, -1))
        said = maps.evidence_sentence(evidence, metrics, tasks, partial=given_size)
        assert level_label(best).lower() in said.lower()
        assert f"{strength[best]:.2f}" in said
        others = set(strength.index) - maps.published_levels()
        assert ("largest of" in said) == (bool(others) and not given_size)


def test_the_map_is_a_view_of_what_it_draws(many_models: Config, evidence: ModelEvidence) -> None:
    view = correlations(many_models, CorrelationRequest())
    assert list(view.names) == evidence.levels(only_published=True)
    assert len(view.table) == (1 + len(TASKS) + 1) * len(view.names)
    assert view.table["row"].iloc[0] == MEDIAN
    assert "median ρ 1.00" in view.sentence and view.alt.endswith(view.sentence)
    assert any("MMLU were not run" in note for note in view.notes)
    assert view.command == "python -m lrd_core select evidence"
    assert set(view.runs["model"]) == set(MODELS) and "7 models" in view.provenance[0]
    pd.testing.assert_frame_equal(view.saved, evidence.cells)
    assert view.named_medians["metric"].iloc[0] == level_label(view.medians["metric"].iloc[0])


def test_the_marked_cell_is_the_strongest_until_another_is_asked_for(
    many_models: Config, evidence: ModelEvidence
) -> None:
    first = maps.correlation_choices(evidence)
    marks = correlations(many_models, CorrelationRequest()).marks
    assert marks is not None
    assert marks.loc[0].to_dict() == {"row": first.task, "metric": first.metric}
    asked = CorrelationRequest(
        metric="nrs_mean", task="MMLU", every=True, sort="name", partial=True
    )
    view = correlations(many_models, asked)
    assert view.marks is not None
    assert view.marks.loc[0].to_dict() == {"row": "MMLU", "metric": "nrs_mean"}
    assert MEDIAN not in set(view.table["row"])
    assert list(dict.fromkeys(view.table["row"])) == sorted({*TASKS, "MMLU"})


def test_a_store_without_evidence_has_an_empty_map(config: Config) -> None:
    view = correlations(config, CorrelationRequest())
    assert view.empty
    assert view.sentence.startswith("0 models have both metrics and scores")
    assert view.provenance == ()


def test_a_cell_shows_its_models(many_models: Config, evidence: ModelEvidence) -> None:
    view = evidence_cell(many_models, CellRequest("d_0L", "news", EvidenceRequest()))
    assert sorted(view.table["model"]) == sorted(MODELS) and len(view.table.columns) == 7
    assert view.table["score"].corr(view.table["value"], method="spearman") == pytest.approx(1)
    assert view.sentence.startswith("ρ 1.00 [") and view.sentence.endswith("n = 7 models.")
    assert view.title == f"{level_label('d_0L')} and the score on news"
    assert (view.series, view.score, view.notes) == ("d_0L", "Score on news", ())
    borrowed = cell_of(evidence, "nrs_mean", "MMLU")
    assert borrowed.notes[0].startswith("Metric: mean over ")
    assert cell_of(evidence, "nrs_mean", "nowhere").empty


def test_a_task_that_too_few_models_have_is_told_and_not_drawn(evidence: ModelEvidence) -> None:
    few = evidence.cells.assign(task="digits", rho=float("nan"), reason="2 models")
    more = replace(evidence, cells=pd.concat([evidence.cells, few], ignore_index=True))
    view = maps.correlations_of(more, CorrelationRequest(EvidenceRequest()))
    assert "digits" not in set(view.table["row"])
    assert "too few models have a score there: digits." in " ".join(view.notes)
    alone = replace(evidence, cells=few)
    assert maps.task_order(alone, alone.levels()) == ["digits"]
