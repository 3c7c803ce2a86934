"""Findings from trials whose answers are known by hand."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from lrd_core.pruning.summary import (
    compare,
    hierarchical_interval,
    newest_settings,
    summarise,
    win_share,
)
from tests.pruning.trial_table import example_trials, trial


def table(rows) -> pd.DataFrame:
    stamps = pd.date_range("2026-01-01", periods=len(rows), freq="min")
    return pd.DataFrame([asdict(row) for row in rows]).assign(created_at=stamps)


@pytest.fixture
def trials() -> pd.DataFrame:
    return table(example_trials())


def pick(frame: pd.DataFrame, rule: str, task: str = "news", budget: float = 0.1) -> pd.Series:
    rows = frame[(frame["rule"] == rule) & (frame["task"] == task) & (frame["budget"] == budget)]
    assert len(rows) == 1
    return rows.iloc[0]


def test_random_means_are_exact_where_every_subset_was_tried(trials):
    row = pick(compare(trials), "gfmi")
    assert row["n_random"] == 4
    assert row["random"] == pytest.approx(-(20 + 1 + 2 + 20) / 4)
    assert row["n_protected"] == 2
    assert row["random_protected"] == pytest.approx(-1.5)


def test_win_rates_count_ties_as_half(trials):
    row = pick(compare(trials), "gfmi")
    assert row["win_random"] == pytest.approx((3 + 0.5) / 4)
    assert row["win_protected"] == pytest.approx((1 + 0.5) / 2)
    worst = pick(compare(trials), "last")
    assert worst["win_protected"] == 0.0
    assert win_share(1.0, np.array([1.0, 1.0])) == 0.5


def test_regret_is_the_distance_to_the_best_subset(trials):
    compared = compare(trials)
    assert pick(compared, "gfmi")["regret"] == pytest.approx(0.0)
    assert pick(compared, "last")["regret"] == pytest.approx(19.0)
    assert pick(compared, "last", "pairs")["oracle"] == pytest.approx(-2.0)


def test_the_noise_floor_is_the_distance_of_the_two_full_runs(trials):
    assert pick(compare(trials), "gfmi")["noise"] == pytest.approx(0.2)


def test_seeded_draws_serve_where_subsets_are_many():
    rows = [trial("gfmi", (1,), -1.0, budget=0.1)]
    rows += [trial("random", (seed,), -float(seed), seed=seed) for seed in range(4)]
    rows += [trial("random-protected", (1,), -2.0, seed=0)]
    row = pick(compare(table(rows)), "gfmi")
    assert (row["n_random"], row["n_protected"]) == (4, 1)
    assert row["random"] == pytest.approx(-1.5)
    assert np.isnan(row["regret"])


def test_other_settings_are_never_compared_with(trials):
    other = table([trial("gfmi", (2,), -2.0, budget=0.1, settings='{"n":7}')])
    both = pd.concat([trials, other.assign(created_at=pd.Timestamp("2027-01-01"))])
    rows = compare(both)
    alone = rows[rows["settings"] == '{"n":7}'].iloc[0]
    assert alone["n_random"] == 0
    assert np.isnan(alone["random"])
    kept = newest_settings(both)
    assert set(kept.loc[kept["task"] == "news", "settings"]) == {'{"n":7}'}
    assert len(kept[kept["task"] == "pairs"]) == len(trials[trials["task"] == "pairs"])


def test_summary_over_tasks(trials):
    found = summarise(trials, budget=0.1).set_index("rule")
    assert found.loc["gfmi", "median"] == pytest.approx(-1.5)
    assert found.loc["gfmi", "worst"] == pytest.approx(-2.0)
    assert found.loc["gfmi", "worst_task"] == "small on pairs"
    assert found.loc["gfmi", "win_random"] == pytest.approx(3.5 / 4)
    assert found.loc["last", "regret"] == pytest.approx((19 + 38) / 2)
    assert (found["n"] == 2).all()
    assert next(iter(found.index)) == "gfmi"


def test_rules_are_summarised_over_the_pairs_they_share(trials):
    more = table([trial("gfmi", (1,), 50.0, task="only gfmi", budget=0.1)])
    found = summarise(pd.concat([trials, more]), budget=0.1).set_index("rule")
    assert found.loc["gfmi", "n"] == 2
    assert found.loc["gfmi", "dropped"] == 1
    assert found.loc["gfmi", "median"] == pytest.approx(-1.5)


def test_no_trials_give_an_empty_table(trials):
    assert summarise(trials, budget=0.77).empty


def test_interval_covers_the_median_and_shrinks_with_more_models():
    draw = np.random.default_rng(0)
    few = [(f"m{g}", v) for g in range(2) for v in draw.normal(0, 1, 5)]
    many = [(f"m{g}", v) for g in range(40) for v in draw.normal(0, 1, 5)]
    wide = hierarchical_interval([v for _, v in few], [g for g, _ in few])
    narrow = hierarchical_interval([v for _, v in many], [g for g, _ in many])
    assert wide[0] <= np.median([v for _, v in few]) <= wide[1]
    assert narrow[1] - narrow[0] < (wide[1] - wide[0]) / 2
    assert hierarchical_interval([v for _, v in few], [g for g, _ in few]) == wide


def test_interval_of_models_that_differ_is_wider_than_the_flat_one():
    """Tasks of one model are no independent evidence: two models, each of one mind."""
    values = [0.0] * 20 + [10.0] * 20
    grouped = hierarchical_interval(values, ["a"] * 20 + ["b"] * 20)
    flat = hierarchical_interval(values, [str(i) for i in range(40)])
    assert grouped == (0.0, 10.0)
    assert flat[1] - flat[0] <= 10.0
    assert np.isnan(hierarchical_interval([1.0], ["a"])).all()
