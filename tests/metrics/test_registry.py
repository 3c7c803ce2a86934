"""The registry: lookups, groups, what the engine passes; rows and matrices of results."""

from dataclasses import dataclass

import numpy as np
import pytest

from lrd_core.errors import InputError, UnknownNameError
from lrd_core.metrics import (
    Card,
    Metric,
    Series,
    all_metrics,
    find_metric,
    find_series,
    frenet,
    metric,
    select_metrics,
    to_matrices,
    to_rows,
)

CARD = Card("d", "r", "r", "p")


@dataclass(frozen=True)
class Result:
    profile: np.ndarray
    bend: np.ndarray
    level: np.ndarray
    total: float
    pairs: np.ndarray


def toy(inputs: str = "embeddings") -> Metric:
    series = (
        Series("step", "Step", "x", "transition", CARD, attribute="profile"),
        Series("bend", "Bend", "x", "interior", CARD),
        Series("level", "Level", "x", "layer", CARD),
        Series("total", "Total", "x", "model", CARD),
        Series("pairs", "Pairs", "x", "layer_pair", CARD),
    )
    return Metric("toy", lambda z, k: (z, k), inputs, series, 1, "none", "lrd")


def test_lookup_and_suggestion():
    assert find_metric("frenet").function is frenet
    assert find_series("nrs").attribute == "profile"
    assert find_series("speed").attribute == "speed"
    with pytest.raises(UnknownNameError, match="did you mean frenet"):
        find_metric("frent")
    with pytest.raises(UnknownNameError, match=r"did you mean .*speed"):
        find_series("sped")


def test_groups_and_order():
    groups = [entry.group for entry in all_metrics()]
    assert groups == sorted(groups, key=("lrd", "lbl", "dominance", "companion").index)
    assert {e.name for e in select_metrics(("lrd",))} == {"frenet", "nrs", "gfmi"}
    assert len(select_metrics(("all", "nrs"))) == len(all_metrics())
    with pytest.raises(UnknownNameError, match="no metric or group is called 'lrdd'"):
        select_metrics(("lrdd",))


def test_a_name_is_registered_once():
    with pytest.raises(InputError, match="'frenet' is registered twice"):
        metric("frenet", inputs="layer", series=(), version=1, source="", group="lrd")(frenet)


def test_sampling_is_in_the_key_but_not_passed():
    infonce = find_metric("infonce")
    assert infonce.parameters == {"temperature": 0.1, "q": 2, "n_texts": 500}
    views = np.random.default_rng(0).standard_normal((6, 2, 3))
    result = infonce(views[:, 0], views[:, 1], **infonce.parameters)
    assert result.loss > 0


def test_rows_have_the_right_positions():
    result = Result(np.array([1.0, 2]), np.array([3.0]), np.array([4.0, 5, 6]), 7, np.eye(3))
    assert to_rows(toy(), result, 2) == [
        ("step", 0.5, 1.0),
        ("step", 1.5, 2.0),
        ("bend", 1.0, 3.0),
        ("level", 0.0, 4.0),
        ("level", 1.0, 5.0),
        ("level", 2.0, 6.0),
        ("total", None, 7.0),
    ]
    [(name, matrix)] = to_matrices(toy(), result)
    assert name == "pairs" and matrix.tolist() == np.eye(3).tolist()


def test_rows_of_a_metric_of_one_layer_at_a_time():
    entropy = find_metric("dataset_entropy")
    rows = to_rows(entropy, [0.5, float("nan"), 0.25], 2)
    assert rows[0] == ("dataset_entropy", 0.0, 0.5)
    assert np.isnan(rows[1][2])


def test_a_result_of_another_depth_is_refused():
    result = Result(np.array([1.0, 2]), np.array([3.0]), np.array([4.0, 5, 6]), 7, np.eye(3))
    with pytest.raises(InputError, match="step has 2 values for 3 places of a model with 3 blocks"):
        to_rows(toy(), result, 3)
