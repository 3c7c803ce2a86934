"""Models ranked for a task without labels, from a store with known answers."""

import pytest

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.views import recommendation
from lrd_core.views.evidence import ModelEvidence
from lrd_core.views.recommendation import RankingRequest, ranking, ranking_choices
from tests.selection_store import MODELS, TASKS, UNLABELLED


def test_the_best_model_is_recommended_within_the_budget(evidence: ModelEvidence) -> None:
    ask = {"targets": [UNLABELLED], "candidates": list(MODELS), "metrics": ["d_0L"]}
    found = recommendation.recommend_models(evidence, **ask)
    assert found.candidates[0].model == MODELS[-1]
    assert found.hold_out is not None and found.hold_out.rho == pytest.approx(1)
    small = recommendation.recommend_models(evidence, most_parameters=90e6, **ask)
    assert small.candidates[0].model == "model-d"
    assert small.left_out["model-e"] == "over the budget"


def test_size_alone_is_tried_on_the_same_models_and_tasks(evidence: ModelEvidence) -> None:
    held = recommendation.rivals(evidence, ("d_0L",))
    (rule, tasks), (size, other) = held["metrics"], held[recommendation.SIZE]
    assert rule is not None and size is not None
    assert (tasks, rule.models) == (other, size.models)


def test_the_ranking_is_a_view_of_its_candidates(many_models: Config) -> None:
    request = RankingRequest((UNLABELLED,), metrics=("d_0L",), most_parameters=90e6, shortlist=1)
    view = ranking(many_models, request)
    assert view.table["model"].iloc[0] == "model-d" and len(view.table) == 4
    assert view.sentence.startswith(f"For {UNLABELLED}, model-d ranks first")
    assert view.alt == f"Ranking of 4 models. {view.sentence}"
    assert any("Left out: model-e (over the budget)" in note for note in view.notes)
    assert view.command == f"python -m lrd_core select models --task {UNLABELLED} --metric d_0L"
    assert set(view.runs["model"]) == set(MODELS)
    assert view.shortlist == 1 and list(view.labels) == ["d_0L"]
    assert view.thin and view.rivals["ranked by"].tolist()[1] == "Number of parameters alone"


def test_everybody_is_ranked_by_the_usual_metrics(many_models: Config) -> None:
    view = ranking(many_models, RankingRequest((UNLABELLED,)))
    assert sorted(view.table["model"]) == sorted(MODELS)
    assert list(view.labels) == ["d_0L", "nrs_mean", "gfmi_mean"]


def test_a_task_without_scores_comes_first(evidence: ModelEvidence) -> None:
    offered = ranking_choices(evidence, ["news"])
    assert offered.targets == (UNLABELLED,)
    assert offered.tasks == tuple(sorted((*TASKS, UNLABELLED)))
    assert offered.models == MODELS


def test_nothing_is_left_to_rank_in_an_empty_store(config: Config) -> None:
    with pytest.raises(InputError, match="compute them first"):
        ranking(config, RankingRequest((UNLABELLED,), metrics=("d_0L",)))
