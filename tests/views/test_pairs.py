"""Two models number by number, and rows of two models: on tables where the truth is known."""

import math

import pandas as pd
import pytest

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.views.pairs import PairView, pair_by_task, pair_table
from lrd_core.views.questions import ask
from lrd_core.views.row_pairs import BESIDE, row_pairs
from lrd_core.views.view import Selection
from tests.example_store import fill

BOTH = ("a", "b")


@pytest.fixture
def filled(config: Config) -> Config:
    fill(config)
    return config


def values(rows: list[tuple[str, str, float]], metric: str = "speed") -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["model", "task", "value"])
    return table.assign(metric=metric, n=100)


def test_only_tasks_that_both_have_take_part() -> None:
    table = pair_table(
        values([("a", "x", 1), ("b", "x", 3), ("a", "y", 9), ("c", "x", 0)]), BOTH, ["speed"]
    )
    row = table.iloc[0]
    assert (row["first"], row["second"], row["difference"], row["n"]) == (1, 3, 2, 1)
    assert (row["lowest"], row["highest"], row["num_models"]) == (0, 3, 3)
    assert math.isnan(row["low"])  # one task has no interval


def test_the_difference_is_paired_by_task() -> None:
    rows = [("a", t, v) for t, v in zip("xyz", (1, 5, 9), strict=True)]
    rows += [("b", t, v) for t, v in zip("xyz", (2, 6, 10), strict=True)]
    row = pair_table(values(rows), BOTH, ["speed"]).iloc[0]
    assert row["difference"] == row["low"] == row["high"] == 1
    assert row["n"] == 3


def test_a_missing_value_leaves_the_task_out_and_no_number_is_no_row() -> None:
    rows = [("a", "x", float("nan")), ("b", "x", 3.0)]
    assert pair_table(values(rows), BOTH, ["speed", "nothing"]).empty


def test_one_quantity_has_a_row_a_task_on_one_scale() -> None:
    rows = [("a", "x", 1.0), ("b", "x", 3.0), ("a", "y", 9.0), ("b", "y", 4.0)]
    view = pair_by_task(values(rows), BOTH, "Speed", "radians")
    assert list(view.table["number"]) == ["x", "y"]
    assert set(view.table["lowest"]) == {1.0} and set(view.table["highest"]) == {9.0}
    assert view.sentence == "Speed: higher for b than for a on 1 of 2 tasks that both have."
    alone = pair_by_task(values(rows[:2]), BOTH, "Speed", "radians")
    assert alone.sentence == "Speed on x: 1.00 for a and 3.00 for b, n=100 texts."


def test_the_view_is_asked_by_name_and_wants_two_models(filled: Config) -> None:
    view = ask(filled, "pair", ["all-MiniLM-L6-v2", "SmolLM2-135M"])
    assert isinstance(view, PairView)
    assert view.models == ("all-MiniLM-L6-v2", "SmolLM2-135M")
    assert view.models[0] in view.sentence and view.models[1] in view.sentence
    with pytest.raises(InputError, match="two models; 1 were named"):
        ask(filled, "pair", ["SmolLM2-135M"])


def test_rows_about_the_same_thing_stand_below_each_other(filled: Config) -> None:
    models = ("all-MiniLM-L6-v2", "SmolLM2-135M")
    found = row_pairs(filled, "runs", Selection(models, ("bbc-news",)))
    first, second = found.table.iloc[0], found.table.iloc[1]
    assert (first["model"], second["model"]) == models
    assert first["task"] == second["task"]
    assert "num_blocks" in first[BESIDE] and first[BESIDE] == second[BESIDE]
    assert bool(found.differs["num_blocks"].iloc[0]) and not found.differs["task"].any()
    assert not found.differs["run_key"].any()  # a name always differs and says nothing
