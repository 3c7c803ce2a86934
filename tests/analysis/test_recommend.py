"""The recommender: follows evidence, doubts noise, never looks at the targets' scores."""

import numpy as np
import pandas as pd
import pytest

from lrd_core.analysis.recommend import check_on_labelled_tasks, recommend
from lrd_core.errors import InputError

MODELS = [f"m{i:02d}" for i in range(12)]
TASKS = [f"t{i}" for i in range(6)]


def world(link, seed=0, models=MODELS, tasks=TASKS):
    """values and scores in which the metric follows quality with strength `link`."""
    generator = np.random.default_rng(seed)
    rows = []
    quality = generator.normal(size=len(models))
    for task in tasks:
        noise = generator.normal(size=len(models))
        metric = link * quality + np.sqrt(1 - link**2) * noise
        score = quality + 0.1 * generator.normal(size=len(models))
        rows += [
            {"model": m, "task": task, "metric": "d_0L", "value": v, "score": s}
            for m, v, s in zip(models, metric, score, strict=True)
        ]
    frame = pd.DataFrame(rows)
    return frame[["model", "task", "metric", "value"]], frame[["model", "task", "score"]], quality


def test_it_finds_the_best_model_where_the_metric_tells():
    values, scores, quality = world(0.98)
    result = recommend(values, scores, metrics=["d_0L"], targets=["t0"], candidates=MODELS)
    assert result.candidates[0].model == MODELS[int(np.argmax(quality))]
    assert result.weights["d_0L"] > 0.8
    assert result.thin == ()
    assert result.hold_out.rho > 0.8
    assert result.evidence_tasks == tuple(TASKS[1:])


def test_a_metric_with_the_opposite_sign_is_turned_round():
    values, scores, quality = world(0.98)
    values["value"] = -values["value"]
    result = recommend(values, scores, metrics=["d_0L"], targets=["t0"], candidates=MODELS)
    assert result.weights["d_0L"] < -0.8
    assert result.candidates[0].model == MODELS[int(np.argmax(quality))]


def test_noise_is_doubted_and_its_ranks_are_wide():
    values, scores, _ = world(0.0, seed=4)
    result = recommend(values, scores, metrics=["d_0L"], targets=["t0"], candidates=MODELS)
    assert any("held out" in reason for reason in result.thin)
    assert result.candidates[0].high - result.candidates[0].low > 6
    assert result.candidates[0].chance_best < 0.35


def test_scores_of_the_targets_change_nothing():
    values, scores, _ = world(0.8)
    other = scores.copy()
    other.loc[other.task == "t0", "score"] = np.arange(12.0)
    ask = {"metrics": ["d_0L"], "targets": ["t0"], "candidates": MODELS}
    assert recommend(values, scores, **ask) == recommend(values, other, **ask)


def test_chances_add_up_and_the_shortlist_grows():
    values, scores, _ = world(0.7)
    result = recommend(values, scores, metrics=["d_0L"], targets=["t0"], candidates=MODELS)
    chances = [result.chance_among_first(k) for k in range(1, 13)]
    assert chances == sorted(chances)
    assert chances[-1] == pytest.approx(1)


def test_without_labels_it_says_that_it_follows_the_papers():
    values, scores, _ = world(0.9)
    result = recommend(values, scores.iloc[:0], metrics=["d_0L"], targets=["t0"], candidates=MODELS)
    assert not result.learned
    assert result.weights == {"d_0L": 1.0}
    assert np.isnan(result.candidates[0].low)
    assert "0 models share 0 labelled tasks" in result.thin[0]


def test_few_models_are_thin_evidence_even_when_they_agree():
    values, scores, _ = world(0.98, models=MODELS[:6])
    result = recommend(values, scores, metrics=["d_0L"], targets=["t0"], candidates=MODELS[:6])
    assert any("only 6 models" in reason for reason in result.thin)


def test_candidates_without_values_are_named():
    values, scores, _ = world(0.8)
    values = values[~((values.model == "m03") & (values.task == "t0"))]
    result = recommend(values, scores, metrics=["d_0L"], targets=["t0"], candidates=MODELS)
    assert list(result.left_out) == ["m03"]
    assert "m03" not in [entry.model for entry in result.candidates]


def test_one_candidate_is_no_choice():
    values, scores, _ = world(0.8)
    with pytest.raises(InputError, match=r"1 of 1 candidates have d_0L on t0; compute them"):
        recommend(values, scores, metrics=["d_0L"], targets=["t0"], candidates=["m00"])


def test_hold_out_beats_chance_only_where_there_is_something_to_find():
    good = check_on_labelled_tasks(*world(0.98)[:2], ["d_0L"])
    assert good.rho > 0.8 and good.regret < good.chance_regret / 3
    assert check_on_labelled_tasks(*world(0.9, models=MODELS[:3])[:2], ["d_0L"]) is None
