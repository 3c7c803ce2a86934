"""Score kept against time saved: whole tasks only, unbeaten plans found, chance beside them."""

import pytest

from lrd_core.config import Config
from lrd_core.pruning.summary import compare
from lrd_core.views.pruning_frontier import frontier, frontier_points
from lrd_core.views.pruning_known import known_of
from lrd_core.views.pruning_results import ResultRequest, result_rows
from lrd_core.views.pruning_trials import TrialsRequest, tried
from tests.pruning.trial_table import frame, latency, trial

SMALL = TrialsRequest("small", ("news", "pairs"))


def test_a_point_is_the_median_share_of_the_score_and_the_time_of_its_size():
    trials = frame(
        [
            trial("gfmi", (1,), -8.0, budget=0.1),
            trial("gfmi", (1,), -4.0, budget=0.1, task="pairs"),
            trial("last", (1, 2), -16.0, budget=0.5),
            trial("last", (1, 2), -8.0, budget=0.5, task="pairs"),
            trial("gfmi", (2, 1), -40.0, budget=0.5),
            trial("gfmi", (2, 1), -40.0, budget=0.5, task="pairs"),
            trial("nrs", (2,), 40.0, budget=0.1),
        ]
    )
    timed = frame([latency(1, 1.25), latency(2, 2.0)])
    table = frontier_points(result_rows(compare(trials), timed)).set_index(["rule", "m"])
    assert ("nrs", 1) not in table.index, "tried on one of two tasks"
    first = table.loc[("gfmi", 1)]
    assert first["kept"] == pytest.approx(1 - 0.06 / 0.8)
    assert first["saved"] == pytest.approx(0.2)
    assert (first["low"], first["high"], first["n"]) == (pytest.approx(0.9), pytest.approx(0.95), 2)
    assert table["best"].to_dict() == {("gfmi", 1): True, ("last", 2): True, ("gfmi", 2): False}


def test_the_frontier_says_what_is_kept_and_saved(pruned: Config) -> None:
    view = frontier(pruned, ResultRequest(SMALL))
    assert view.sentence == (
        "GFMI without 1 of 4 blocks keeps 98.1% of the score in the median of 2 tasks and saves "
        "20% of the time."
    )
    assert view.table.loc[view.table["chance"], "kept"].iloc[0] < view.table["kept"].max()
    assert view.tasks == 2 and "median share" in view.notes[0]


def test_untimed_sizes_have_no_frontier(config: Config) -> None:
    view = frontier(config, ResultRequest(TrialsRequest("all-MiniLM-L6-v2", ("lee-sts",))))
    assert view.empty and "timed and tried on every chosen task" in view.sentence


def test_what_is_known_of_a_set_is_of_exactly_that_set(pruned: Config) -> None:
    found = tried(pruned, SMALL)
    assert known_of(found, (1,)) == (
        "1.25 times as fast on cpu; 0.0 million parameters, 80% of all; −1.5 points in the median "
        "of 2 tasks (−2.0 to −1.0)."
    )
    assert known_of(found, (0,)).endswith("−30.0 points in the median of 2 tasks (−40.0 to −20.0).")
    assert known_of(found, (1, 2)) == "This size was not timed yet; never tried on these tasks."
    assert "full model" in known_of(found, ())
