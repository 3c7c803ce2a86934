"""What is tried together, and the settings that travel with a job."""

from dataclasses import replace

import numpy as np
import pytest

from lrd_core.errors import InputError
from lrd_core.pruning.comparison import EVERY_SUBSET, distinct_removals, guided_plans, opponents
from lrd_core.pruning.plan import Plan, PlanRequest, make_plan
from lrd_core.pruning.profile import Profile
from lrd_core.pruning.settings import TrialSettings, needed_quantities


def guided(num_blocks=6, **settings):
    chosen = TrialSettings(**({"rules": ("bi", "last"), "budgets": (0.1, 0.5)} | settings))
    profile = Profile(tuple(range(num_blocks)), {"token_cosine": np.arange(num_blocks) / 10})
    return guided_plans("m", num_blocks, chosen, profile, {}), chosen


def test_every_rule_at_every_budget_and_the_plan_by_hand():
    plans, _ = guided(removed=(0, 5))
    assert [(p.rule, p.budget) for p in plans] == [
        *(("bi", 0.1), ("bi", 0.5), ("last", 0.1), ("last", 0.5)),
        ("by hand", None),
    ]
    assert plans[-1].removed == (0, 5)


def test_few_subsets_are_all_tried_and_include_the_ends():
    plans, settings = guided()
    others = opponents(plans, settings, {})
    assert {p.rule for p in others} == {EVERY_SUBSET}
    assert len(others) == 6 + 15
    assert (0, 5) in distinct_removals(others)


def test_many_subsets_are_drawn_from_with_both_random_rules():
    plans, settings = guided(30, budgets=(0.5,), seeds=7)
    others = opponents(plans, settings, {})
    assert [p.rule for p in others] == ["random"] * 7 + ["random-protected"] * 7
    assert {p.m for p in others} == {14}
    protected = [p for p in others if p.rule == "random-protected"]
    assert all(not {0, 29} & set(p.removed) for p in protected)
    assert any({0, 29} & set(p.removed) for p in others if p.rule == "random")


def test_random_draws_are_different_sets_and_keep_those_of_the_first_seeds():
    plans, settings = guided(12, budgets=(0.15,), seeds=20)
    assert plans[0].m == 2
    others = [p for p in opponents(plans, settings, {}) if p.rule == "random"]
    assert len(others) == len(distinct_removals(others)) == 20
    draws = [make_plan("m", 12, PlanRequest("random", m=2, seed=s)).removed for s in range(20)]
    assert len(set(draws)) < 20, "a positive control: some seeds draw a set again"
    assert set(draws) <= set(distinct_removals(others))


def test_where_fewer_sets_exist_all_of_them_are_drawn():
    plans, settings = guided(8, rules=("last",), budgets=(0.9,), subset_limit=1, seeds=20)
    others = opponents(plans, settings, {})
    counts = {rule: sum(p.rule == rule for p in others) for rule in ("random", "random-protected")}
    assert counts == {"random": 20, "random-protected": 1}
    assert opponents(plans, replace(settings, seeds=0), {}) == ()


def test_the_random_rule_ignores_the_protection_and_its_opponent_keeps_it():
    plans, settings = guided(30, budgets=(0.2,), protect=5, seeds=20)
    others = opponents(plans, settings, {})
    protected = {b for p in others if p.rule == "random-protected" for b in p.removed}
    free = {b for p in others if p.rule == "random" for b in p.removed}
    assert protected <= set(range(5, 25))
    assert free - set(range(5, 25))


def test_fixed_blocks_never_go():
    plans, settings = guided()
    others = opponents(plans, settings, {0: "it owns the position bias"})
    assert all(0 not in plan.removed for plan in others)


def test_blocks_that_cannot_go_together_are_no_opponents():
    plans, settings = guided()
    others = opponents(plans, settings, {}, can_go=lambda removed: 3 not in removed)
    assert others
    assert all(3 not in plan.removed for plan in others)
    assert any(3 in plan.removed for plan in opponents(plans, settings, {}))


def test_settings_survive_a_payload():
    settings = TrialSettings(rules=("gfmi",), removed=(1, 2), protect=3, indexing="published")
    assert TrialSettings.from_json(settings.to_json()) == settings
    with pytest.raises(InputError, match="no settings of a trial"):
        TrialSettings.from_json({"budgte": 0.1})


def test_plans_survive_a_payload():
    plan = guided()[0][0]
    assert Plan.from_json(plan.to_json()) == plan


def test_only_what_rules_read_is_calibrated():
    assert needed_quantities(TrialSettings(rules=("gfmi", "last"))) == {"gfmi"}
    assert needed_quantities(TrialSettings(rules=("last", "random"))) == set()


def test_nothing_to_try():
    with pytest.raises(InputError, match="name a rule and a budget"):
        guided(rules=())
