"""Model-level evidence: known correlations, common sets, honest intervals."""

import numpy as np
import pandas as pd
import pytest

from lrd_core.analysis.evidence import association_table, metric_evidence


def long(values, name, metric=None):
    """{task: {model: number}} as rows."""
    rows = [
        {"model": model, "task": task, name: number}
        for task, by_model in values.items()
        for model, number in by_model.items()
    ]
    frame = pd.DataFrame(rows)
    return frame if metric is None else frame.assign(metric=metric)


def ordered(tasks, models, numbers):
    return {task: dict(zip(models, numbers, strict=True)) for task in tasks}


MODELS = list("abcdef")


def test_association_by_hand():
    values = long(ordered(["t"], MODELS, [1, 2, 3, 4, 5, 6.0]), "value", "d_0L")
    scores = long(ordered(["t"], MODELS, [0.1, 0.2, 0.3, 0.4, 0.6, 0.5]), "score")
    (row,) = association_table(values, scores).to_dict("records")
    assert row["rho"] == pytest.approx(1 - 6 * 2 / (6 * 35))
    assert (row["n"], row["metric"], row["task"]) == (6, "d_0L", "t")
    assert row["low"] < row["rho"] <= row["high"]


def test_partial_is_given_where_sizes_are_known():
    sizes = pd.Series({model: 2**i for i, model in enumerate(MODELS)})
    values = long(ordered(["t"], MODELS, [1.0, 3, 2, 5, 4, 6]), "value", "d_0L")
    scores = long(ordered(["t"], MODELS, [2.0, 1, 4, 3, 6, 5]), "score")
    (row,) = association_table(values, scores, sizes).to_dict("records")
    assert row["rho"] > 0.4 > row["partial"]
    assert row["partial_n"] == 6


def test_median_over_tasks_and_signs():
    values = long(ordered(["s", "t", "u"], MODELS, [1.0, 2, 3, 4, 5, 6]), "value", "d_0L")
    scores = long(
        {
            "s": dict(zip(MODELS, [1, 2, 3, 4, 5, 6.0], strict=True)),
            "t": dict(zip(MODELS, [6, 5, 4, 3, 2, 1.0], strict=True)),
            "u": dict(zip(MODELS, [1, 2, 3, 4, 6, 5.0], strict=True)),
        },
        "score",
    )
    (found,) = metric_evidence(values, scores)
    assert found.rho == pytest.approx(1 - 12 / 210)
    assert (found.positive, found.negative) == (2, 1)
    assert found.tasks == ("s", "t", "u") and found.models == tuple(MODELS)


def test_models_that_lack_a_task_are_left_out_and_named():
    values = long(ordered(["s", "t"], MODELS, [1.0, 2, 3, 4, 5, 6]), "value", "d_0L")
    values = values[~((values.model == "f") & (values.task == "t"))]
    scores = long(ordered(["s", "t"], MODELS, [1.0, 2, 3, 4, 5, 0]), "score")
    (found,) = metric_evidence(values, scores)
    assert found.models == tuple("abcde")
    assert found.dropped_models == ("f",)
    assert found.rho == pytest.approx(1)


def test_thirty_copies_of_a_task_are_no_more_evidence_than_one():
    generator = np.random.default_rng(2)
    x, y = np.arange(8.0), np.arange(8.0) + generator.normal(0, 2, 8)
    models = list("abcdefgh")

    def width(tasks):
        values = long(ordered(tasks, models, x), "value", "d_0L")
        (found,) = metric_evidence(values, long(ordered(tasks, models, y), "score"))
        return found.high - found.low

    assert width([f"t{i}" for i in range(30)]) == pytest.approx(width(["t0"]), rel=0.05)


def test_too_few_models_say_so():
    values = long(ordered(["t"], list("abc"), [1.0, 2, 3]), "value", "d_0L")
    (found,) = metric_evidence(values, long(ordered(["t"], list("abc"), [1.0, 2, 3]), "score"))
    assert np.isnan(found.rho)
    assert found.reason == "3 models share a task; 4 are needed"
    assert found.direction == 0
