"""Findings from trials whose answers are known by hand."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from lrd_core.pruning.summary import (
    chosen_options,
    compare,
    evaluator_noise,
    hierarchical_interval,
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
    rows += [trial("random-protected", (2,), -2.0, seed=0)]
    row = pick(compare(table(rows)), "gfmi")
    assert (row["n_random"], row["n_protected"]) == (4, 1)
    assert row["random"] == pytest.approx(-1.5)
    assert row["win_protected"] == 1.0
    assert np.isnan(row["regret"])


def test_a_set_drawn_twice_is_one_opponent():
    rows = [trial("gfmi", (1,), -1.0, budget=0.1)]
    rows += [
        trial("random", (gone,), change, seed=seed)
        for seed, (gone, change) in enumerate(((0, -20.0), (2, 3.0), (0, -20.0)))
    ]
    row = pick(compare(table(rows)), "gfmi")
    assert row["n_random"] == 2
    assert row["win_random"] == 0.5


def only_candidate(task="news", change=-3.0):
    """A plan whose only candidate is block 1, with every subset tried."""
    every = [trial("every subset", (gone,), change, task=task) for gone in range(4)]
    return [trial("gfmi", (1,), change, task=task, budget=0.1, candidates=(1,)), *every]


def test_a_rule_without_a_choice_neither_wins_nor_loses(trials):
    alone = table(only_candidate())
    row = pick(compare(alone), "gfmi")
    assert row["no_choice"]
    assert np.isnan(row[["win_protected", "random_protected"]].astype(float)).all()
    assert row["win_random"] == 0.5, "all blocks may go at random"
    assert not compare(trials)["no_choice"].any()
    both = pd.concat([trials, table(only_candidate("alone"))], ignore_index=True)
    both = both[both["rule"] != "last"]
    found = summarise(both, budget=0.1).set_index("rule").loc["gfmi"]
    assert (found["no_choice"], found["n"], found["pairs_protected"]) == (1, 3, 2)
    assert found["win_protected"] == pytest.approx(0.75)
    assert (found["n_random"], found["n_protected"]) == ("4", "2")


def test_protected_draws_count_only_against_plans_with_the_same_candidates():
    draws = [
        trial("random-protected", (gone,), -2.0, seed=0, num_blocks=8, candidates=c, protect=p)
        for gone, c, p in ((1, (1, 2, 3, 4, 5, 6), 1), (3, (3, 4), 3))
    ]
    shared = {"num_blocks": 8, "budget": 0.1}
    free = trial("gfmi", (2,), -1.0, candidates=range(1, 7), **shared)
    kept = trial("nrs", (4,), -1.0, candidates=(3, 4), protect=3, **shared)
    compared = compare(table([free, kept, *draws]))
    assert list(compared["n_protected"]) == [1, 1]
    lonely = trial("bi", (4,), -1.0, candidates=(2, 3, 4, 5), protect=2, **shared)
    assert pick(compare(table([lonely, *draws])), "bi")["n_protected"] == 0


def test_every_subset_of_a_plan_under_other_protection_is_no_opponent(trials):
    """Published indexing on few blocks: one candidate, whatever the others could draw."""
    row = trial("gfmi", (1,), -1.0, budget=0.1, candidates=(1,), indexing="published", protect=3)
    every = trials[trials["rule"] == "every subset"]
    compared = compare(pd.concat([every, table([row])], ignore_index=True))
    assert compared["no_choice"].all()


def test_one_row_a_rule_and_budget_the_newest():
    rows = [
        trial("gfmi", (1,), -1.0, budget=0.1),
        trial("gfmi", (2,), -2.0, budget=0.1, indexing="published", protect=3),
        trial("by hand", (1,), -1.0),
        trial("by hand", (2,), -2.0),
        trial("by hand", (2,), -2.0),
    ]
    compared = compare(table(rows))
    assert list(compared["rule"]) == ["gfmi", "by hand", "by hand"]
    assert pick(compared, "gfmi")["indexing"] == "published"


def test_options_of_the_plan_are_chosen_not_pooled():
    rows = [
        trial("gfmi", (1,), -1.0, budget=0.1),
        trial("gfmi", (2,), -2.0, budget=0.1, indexing="published", protect=3),
        trial("by hand", (2,), -2.0, protect=0),
        trial("every subset", (2,), -2.0, protect=0),
    ]
    kept = chosen_options(table(rows), "block", 1, None)
    assert list(kept["change"]) == [-1.0, -2.0, -2.0]
    published = chosen_options(table(rows), "published", 3, None)
    assert list(published["rule"]) == ["gfmi", "by hand", "every subset"]
    assert "gfmi" not in set(chosen_options(table(rows), "block", 1, "window")["rule"])


def test_trials_of_another_device_are_never_compared_with(trials):
    gpu = table([trial("gfmi", (2,), -2.0, budget=0.1, device="NVIDIA H100")])
    both = compare(pd.concat([trials, gpu], ignore_index=True))
    assert both.loc[both["device"] == "NVIDIA H100", "n_random"].tolist() == [0]


def test_the_evaluators_own_noise_comes_with_every_trial(trials):
    seeds = [0.70, 0.74, 0.72]
    full = table([trial("full", (), 0.0, evaluator_scores=seeds)])
    known = pd.concat([full, trials[trials["rule"] != "full"]], ignore_index=True)
    row = pick(compare(known), "gfmi")
    assert row["evaluator_sd"] == pytest.approx(2.0)
    assert row["evaluator_seeds"] == 3
    assert np.isnan(pick(compare(known), "gfmi", "pairs")["evaluator_sd"])
    drawless = evaluator_noise(table([trial("full", (), 0.0, evaluator_scores=[])]))
    assert list(drawless.values()) == [(0.0, 0)]


def test_the_summary_says_sizes_and_budgets_that_are_one_plan(trials):
    found = summarise(trials, budget=0.1).set_index("rule")
    assert found.loc["gfmi", "m / L"] == "1/4"
    assert found.loc["gfmi", "same_plan"] == "20% on 2 pairs"
    assert found.loc["last", "same_plan"] == ""
    larger = [
        trial("gfmi", (1, 2), -1.0, budget=0.1, num_blocks=12, model="large"),
        trial("last", (1, 2), -1.0, budget=0.1, num_blocks=12, model="large"),
    ]
    both = pd.concat([trials, table(larger)], ignore_index=True)
    assert set(summarise(both, budget=0.1)["m / L"]) == {"1/4, 2/12"}


def test_other_settings_are_never_compared_with(trials):
    other = table([trial("gfmi", (2,), -2.0, budget=0.1, settings='{"n":7}')])
    both = pd.concat([trials, other.assign(created_at=pd.Timestamp("2027-01-01"))])
    rows = compare(both)
    alone = rows[rows["settings"] == '{"n":7}'].iloc[0]
    assert alone["n_random"] == 0
    assert np.isnan(alone["random"])


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
