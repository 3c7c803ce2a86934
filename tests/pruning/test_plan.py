"""Plans: which blocks go, by hand-checked numbers."""

import numpy as np
import pytest

from lrd_core.errors import InputError, PruningError, UnknownNameError
from lrd_core.pruning.plan import (
    PlanRequest,
    blocks_for_budget,
    candidate_blocks,
    make_plan,
    note_equal_plans,
    plan_by_hand,
)
from lrd_core.pruning.profile import Profile
from lrd_core.pruning.rules import all_rules

TWELVE = tuple(range(12))


def profile(num_blocks: int = 12, seed: int = 0, **given: object) -> Profile:
    draw = np.random.default_rng(seed)
    angle = np.abs(np.subtract.outer(np.arange(num_blocks + 1), np.arange(num_blocks + 1))) / 40
    values = {
        "speed": draw.random(num_blocks),
        "curvature": draw.random(num_blocks - 1),
        "nrs": draw.random(num_blocks),
        "gfmi": draw.random(num_blocks + 1),
        "token_cosine": draw.random(num_blocks),
        "pooled_cosine": draw.random(num_blocks),
        "angle": angle,
        "change_cosine": draw.random(num_blocks),
        "change_knn": draw.random(num_blocks),
        "change_kl": draw.random(num_blocks),
    } | given
    return Profile(tuple(range(num_blocks)), values)


def test_block_indexing_protects_both_ends():
    assert candidate_blocks(12, 3)[0] == (3, 4, 5, 6, 7, 8)


def test_published_indexing_leaves_out_three_layer_ids_at_each_end():
    assert candidate_blocks(12, 3, "published")[0] == (3, 4, 5, 6, 7, 8, 9)
    assert candidate_blocks(6, 3, "published")[0] == (3,)


@pytest.mark.parametrize(("num_blocks", "indexing"), [(6, "block"), (3, "published")])
def test_protecting_everything_falls_back_to_the_ends_and_says_so(num_blocks, indexing):
    candidates, notes = candidate_blocks(num_blocks, 3, indexing)
    assert candidates == tuple(range(1, num_blocks - 1))
    assert "only the first and the last are protected instead" in notes[0]


@pytest.mark.parametrize(
    ("num_blocks", "request_", "note"),
    [
        (3, PlanRequest("last", budget=0.1), "one candidate: no rule has a choice"),
        (6, PlanRequest("last", m=1, indexing="published"), "one candidate: no rule has a choice"),
        (6, PlanRequest("last", m=4), "all 4 candidates go: no rule has a choice"),
    ],
)
def test_a_plan_without_a_choice_says_so(num_blocks, request_, note):
    assert note in make_plan("m", num_blocks, request_).notes
    assert not make_plan("m", 6, PlanRequest("last", m=2)).notes


def test_fixed_blocks_are_no_candidates_and_the_reason_is_kept():
    candidates, notes = candidate_blocks(6, 0, fixed={0: "it owns the position bias"})
    assert candidates == (1, 2, 3, 4, 5)
    assert notes == ("block 0 stays: it owns the position bias",)


def test_no_candidates_is_an_error():
    with pytest.raises(PruningError, match="no block of 2 may go with 1 protected"):
        candidate_blocks(2, 1)
    with pytest.raises(InputError, match="protect is -1"):
        candidate_blocks(6, -1)


@pytest.mark.parametrize(
    ("budget", "candidates", "m"),
    [(0.1, 4, 1), (0.15, 7, 2), (0.2, 10, 2), (0.07, 100, 7), (0.01, 3, 1), (1.0, 5, 5)],
)
def test_budget_rounds_up_and_removes_at_least_one(budget, candidates, m):
    assert blocks_for_budget(budget, candidates) == m


@pytest.mark.parametrize("budget", [0.0, -0.1, 1.2])
def test_budget_outside_its_range(budget):
    with pytest.raises(InputError, match="give a share of the blocks"):
        blocks_for_budget(budget, 10)


def test_block_indexing_reads_the_blocks_own_transition():
    nrs = np.zeros(12)
    nrs[5] = 1.0
    plan = make_plan("m", 12, PlanRequest("nrs", m=1), profile(nrs=nrs))
    assert plan.removed == (5,)


def test_published_indexing_is_one_position_off():
    speed = np.ones(12)
    speed[[4, 5]] = 0.0  # layer 5 lies between the two slow transitions
    given = profile(speed=speed, curvature=np.ones(11))
    published = make_plan("m", 12, PlanRequest("frenet", m=1, indexing="published"), given)
    assert published.removed == (5,)
    assert published.protect == 3
    nrs = np.zeros(12)
    nrs[5] = 1.0
    nrs[4] = 0.5
    peak = make_plan("m", 12, PlanRequest("nrs", m=1, indexing="published"), profile(nrs=nrs))
    assert peak.removed == (5,)  # layer 5 takes (nrs[4] + nrs[5]) / 2
    gfmi = np.zeros(13)
    gfmi[6] = 1.0
    by_layer = PlanRequest("gfmi", m=1, indexing="published")
    assert make_plan("m", 12, by_layer, profile(gfmi=gfmi)).removed == (6,)


def test_gfmi_of_a_block_is_the_mean_of_the_layers_at_its_ends():
    gfmi = np.zeros(13)
    gfmi[[5, 6, 7]] = [0.6, 1.0, 0.5]
    assert make_plan("m", 12, PlanRequest("gfmi", m=1), profile(gfmi=gfmi)).removed == (5,)


def test_random_is_seeded_and_takes_every_block_while_protected_keeps_the_ends():
    taken, kept = set(), set()
    for seed in range(60):
        free = make_plan("m", 12, PlanRequest("random", m=2, seed=seed))
        assert free.removed == make_plan("m", 12, PlanRequest("random", m=2, seed=seed)).removed
        taken.update(free.removed)
        kept.update(make_plan("m", 12, PlanRequest("random-protected", m=2, seed=seed)).removed)
    assert taken == set(TWELVE)
    assert kept == set(TWELVE[1:-1])


def test_random_protected_keeps_the_ends_even_when_nothing_is_protected():
    request = PlanRequest("random-protected", m=2, protect=0)
    assert make_plan("m", 12, request).candidates == TWELVE[1:-1]


@pytest.mark.parametrize(
    ("rule", "removed"),
    [
        ("last", (8, 9, 10)),
        ("last-keep-final", (8, 9, 10)),
        ("middle", (5, 6, 7)),
        ("even", (2, 6, 9)),
    ],
)
def test_position_rules(rule, removed):
    assert make_plan("m", 12, PlanRequest(rule, m=3)).removed == removed


def test_last_and_last_keep_final_differ_when_nothing_is_protected():
    assert make_plan("m", 6, PlanRequest("last", m=2, protect=0)).removed == (4, 5)
    assert make_plan("m", 6, PlanRequest("last-keep-final", m=2, protect=0)).removed == (3, 4)


def test_angular_takes_the_window_with_the_least_distance():
    layers = np.array([0, 3, 6, 7, 8, 8.5, 12, 15, 18, 21, 24, 27, 30]) / 40
    angle = np.abs(np.subtract.outer(layers, layers))
    plan = make_plan("m", 12, PlanRequest("angular", m=3), profile(angle=angle))
    assert plan.removed == (2, 3, 4)
    assert plan.selection == "window"


def test_selection_is_independent_of_the_score():
    cosine = np.zeros(12)
    cosine[[2, 9, 5, 6, 7]] = [1.0, 0.95, 0.9, 0.9, 0.9]
    given = profile(token_cosine=cosine)
    assert make_plan("m", 12, PlanRequest("bi", m=3), given).removed == (2, 7, 9)
    window = PlanRequest("bi", m=3, selection="window")
    assert make_plan("m", 12, window, given).removed == (5, 6, 7)


def test_no_window_fits_between_fixed_blocks():
    fixed = {2: "shared", 4: "shared"}
    request = PlanRequest("bi", m=2, selection="window")
    with pytest.raises(PruningError, match="no window of 2 neighbouring blocks"):
        make_plan("m", 7, request, profile(7), fixed={**fixed, 5: "shared"})


def test_greedy_measures_again_after_each_removal():
    asked = []

    def remeasure(off: tuple[int, ...]) -> Profile:
        asked.append(off)
        blocks = tuple(b for b in range(6) if b not in off)
        # Once block 2 is gone its twin, block 3, is the one that matters most.
        change = np.array([9.0 if b == 3 else float(b) for b in blocks])
        return Profile(blocks, {"change_cosine": change})

    first = profile(6, change_cosine=np.array([9, 2, 0.1, 0.2, 3, 9]))
    plan = make_plan("m", 6, PlanRequest("greedy", m=2), first, remeasure=remeasure)
    assert plan.removed == (1, 2)
    assert asked == [(2,)]
    top = PlanRequest("drop-one", m=2)
    assert make_plan("m", 6, top, first).removed == (2, 3)


def test_greedy_without_a_model_to_measure():
    with pytest.raises(PruningError, match="measures the model anew"):
        make_plan("m", 6, PlanRequest("greedy", m=2), profile(6))


def test_exhaustive_finds_what_an_exhaustive_look_finds():
    worth = {frozenset((1, 4)): 3.0}
    plan = make_plan(
        "m",
        6,
        PlanRequest("exhaustive", m=2, protect=0),
        objective=lambda subsets: [worth.get(frozenset(s), 0.0) for s in subsets],
    )
    assert plan.removed == (1, 4)
    assert plan.notes == ("best of all 15 subsets",)
    with pytest.raises(PruningError, match="needs a calibration score"):
        make_plan("m", 6, PlanRequest("exhaustive", m=2))


def test_missing_calibration_is_named():
    with pytest.raises(PruningError, match="needs the calibration quantity 'gfmi'"):
        make_plan("m", 12, PlanRequest("gfmi", budget=0.1))


def test_too_many_blocks():
    with pytest.raises(PruningError, match="11 blocks cannot go: 10 of 12"):
        make_plan("m", 12, PlanRequest("last", m=11))
    with pytest.raises(PruningError, match="all 4 blocks would go"):
        make_plan("m", 4, PlanRequest("last", m=4, protect=0))


def test_neither_budget_nor_number():
    with pytest.raises(InputError, match="needs a budget"):
        make_plan("m", 12, PlanRequest("last"))


def test_unknown_rule_names_the_closest():
    with pytest.raises(UnknownNameError, match="did you mean frenet"):
        make_plan("m", 12, PlanRequest("frennet", m=1))


def test_budgets_that_are_one_plan_say_so():
    plans = [make_plan("m", 6, PlanRequest("last", budget=b)) for b in (0.1, 0.15, 0.2, 0.5)]
    noted = note_equal_plans(plans)
    assert noted[0].notes == ("budgets 10%, 15%, 20% are the same plan on 6 blocks",)
    assert noted[3].notes == ()


def test_by_hand_takes_any_set_and_refuses_what_cannot_go():
    plan = plan_by_hand("m", 6, [4, 1, 4])
    assert plan.removed == (1, 4)
    assert plan.kept == (0, 2, 3, 5)
    with pytest.raises(PruningError, match="there is no block 6"):
        plan_by_hand("m", 6, [6])
    with pytest.raises(PruningError, match="no block to remove"):
        plan_by_hand("m", 6, [])
    with pytest.raises(PruningError, match="all 6 blocks would go"):
        plan_by_hand("m", 6, range(6))
    with pytest.raises(PruningError, match="block 0 cannot go: it owns the bias"):
        plan_by_hand("m", 6, [0], {0: "it owns the bias"})


@pytest.mark.parametrize("name", [r.name for r in all_rules() if not r.oracle])
@pytest.mark.parametrize("indexing", ["block", "published"])
@pytest.mark.parametrize("m", [1, 3])
def test_every_rule_removes_m_candidates_and_keeps_the_protected(name, indexing, m):
    def remeasure(off: tuple[int, ...]) -> Profile:
        blocks = tuple(b for b in TWELVE if b not in off)
        return Profile(blocks, {"change_cosine": np.random.default_rng(1).random(len(blocks))})

    request = PlanRequest(name, m=m, indexing=indexing)
    plan = make_plan("m", 12, request, profile(), remeasure=remeasure)
    assert len(plan.removed) == m
    assert set(plan.removed) <= set(plan.candidates)
    assert not set(plan.removed) & set(plan.protected)
    assert sorted(plan.candidates + plan.protected) == list(TWELVE)
    assert plan == make_plan("m", 12, request, profile(), remeasure=remeasure)
