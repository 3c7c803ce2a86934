"""Model-level numbers from stored profiles."""

import pandas as pd
import pytest

import lrd_core.metrics  # noqa: F401  fills the registry
from lrd_core.analysis.levels import all_levels, level_label, level_values
from lrd_core.metrics.registry import find_series

SEVEN = "d_0L nrs_mean nrs_first_last nrs_trend gfmi_mean gfmi_late gfmi_slope"
"""metrics.md names these for choosing among models."""


def stored(series, values, positions, num_blocks=2):
    return pd.DataFrame(
        {
            "model": "m",
            "task": "t",
            "series": series,
            "position": positions,
            "value": values,
            "num_blocks": num_blocks,
        }
    )


def test_the_seven_of_the_paper_come_first_and_exist():
    assert [level.name for level in all_levels()[:7]] == SEVEN.split()
    assert all(level.published for level in all_levels()[:7])
    for level in all_levels():
        find_series(level.series)


def test_names_are_unique():
    names = [level.name for level in all_levels()]
    assert len(names) == len(set(names))


def test_stored_numbers_are_taken_and_profiles_reduced():
    table = pd.concat(
        [stored("d_0L", [1.5], [None]), stored("dataset_entropy", [0.2, 0.4, 0.9], [0, 1, 2])]
    )
    found = level_values(table).set_index("metric")["value"].to_dict()
    assert found == pytest.approx(
        {"d_0L": 1.5, "dataset_entropy_mean": 0.5, "dataset_entropy_last": 0.9}
    )


@pytest.mark.parametrize(
    "profile",
    [
        stored("dataset_entropy", [0.2, None, 0.9], [0, 1, 2]),
        stored("dataset_entropy", [0.2, 0.9], [0, 2]),
    ],
    ids=["missing value", "missing layer"],
)
def test_a_profile_with_a_gap_has_no_mean(profile):
    found = level_values(profile).set_index("metric")["value"]
    assert pd.isna(found["dataset_entropy_mean"])
    assert found["dataset_entropy_last"] == 0.9


def test_each_model_and_task_is_reduced_alone():
    """Of a model without its last layer there is no last value, whatever the other one has."""
    deep = stored("dataset_entropy", [0.2, 0.4, 0.9, 0.5], [0, 1, 2, 3], num_blocks=3)
    short = stored("dataset_entropy", [0.1, 0.3], [0, 1]).assign(model="a")
    found = level_values(pd.concat([deep, short])).set_index(["metric", "model"])["value"]
    assert found["dataset_entropy_mean", "m"] == pytest.approx(0.5)
    assert found["dataset_entropy_last", "m"] == 0.5
    assert found.loc[:, "a"].isna().tolist() == [True, True]
    assert found.index.get_level_values("model").tolist() == ["a", "m"] * 2


def test_nothing_stored_gives_an_empty_table():
    assert level_values(stored("speed", [1.0], [0.5])).empty


def test_labels_fall_back_to_names():
    assert level_label("d_0L") == "Distance from first to last layer"
    assert level_label("parameters") == "parameters"
