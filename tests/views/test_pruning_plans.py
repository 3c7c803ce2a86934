"""Plans as views: the grid of all, one over depth."""

import numpy as np

from lrd_core.config import Config
from lrd_core.pruning.plan import PlanRequest, make_plan, plan_by_hand
from lrd_core.pruning.settings import TrialSettings
from lrd_core.views.pruning_plans import PlansView, plan_of, plan_rows, plan_table, plans, toggled
from lrd_core.views.pruning_trials import TrialsRequest, tried

MINILM = "all-MiniLM-L6-v2"


def test_a_plan_is_one_row_a_block() -> None:
    table = plan_table([None, 0.5, 1.0, None], removed=(2,), protected=(0, 3))
    assert list(table["state"]) == ["protected", "kept", "removed", "protected"]
    assert list(table["middle"]) == [0.5, 1.5, 2.5, 3.5]
    assert np.isnan(table["score"][0])


def test_the_grid_has_a_row_a_plan_and_merges_budgets_that_are_one(pruned: Config) -> None:
    settings = TrialSettings(rules=("nrs", "frenet"), budgets=(0.1, 0.15, 0.5))
    view = plans(pruned, TrialsRequest(MINILM, ("lee-sts", "chatterbot"), settings))
    assert [plan.budget for plan in view.plans] == [0.1, 0.5]
    assert view.table["removed"].tolist() == [(2,), (2, 3)]
    assert view.table["plan"].tolist() == list(view.by_label)
    assert view.table["label"].tolist() == ["NRS: 10%, 15% (1 of 6)", "NRS: 50% (2 of 6)"]
    assert view.preview.missing == ("frenet",)
    assert view.command.startswith(
        f"python -m lrd_core prune --model {MINILM} --task lee-sts --task chatterbot --rule nrs"
    )


def test_one_plan_says_what_would_go_and_what_it_was_read_from(pruned: Config) -> None:
    settings = TrialSettings(rules=("nrs",), budgets=(0.5,))
    view_request = TrialsRequest(MINILM, ("lee-sts",), settings)
    view = plans(pruned, view_request)
    one = plan_of(view, view.plans[0], tried(pruned, view_request))
    assert one.table.loc[one.table["state"] == "removed", "block"].tolist() == [2, 3]
    assert one.notes == ("Blocks 2, 3 would go. Calibrated on 128 texts of lee-sts",)
    assert one.sentence == f"NRS at 50% removes blocks 2, 3 of {MINILM} (2 of 6)."
    assert one.known == "This size was not timed yet; never tried on these tasks."
    assert (one.model, one.command) == (MINILM, view.command)


def test_nothing_can_be_planned_before_the_model_was_asked(config: Config) -> None:
    settings = TrialSettings(rules=("nrs",), budgets=(0.1,))
    view = plans(config, TrialsRequest(MINILM, ("lee-sts",), settings))
    assert view.empty and view.preview.missing == ("nrs",)


def test_rules_that_name_the_same_blocks_are_one_row_that_says_both(config: Config) -> None:
    same = [
        make_plan("m", 6, PlanRequest(rule, budget=0.1)) for rule in ("last-keep-final", "even")
    ]
    hand = plan_by_hand("m", 6, same[0].removed)
    table = plan_rows([*same, hand])
    names = dict(zip(table["removed"], table["label"], strict=True))
    view = PlansView(table, model="m", plans=(*same, hand))
    said = plan_of(view, same[0], tried(config, TrialsRequest("m", ()))).sentence
    assert said == "Last blocks but the final one and By hand at 10% remove block 4 of m (1 of 6)."
    assert names[same[0].removed] == "Last blocks but the final one = By hand: 10% (1 of 6)"
    assert len(table) == len({same[0].removed, same[1].removed})


def test_a_block_is_taken_out_or_put_back() -> None:
    plan = plan_by_hand("m", 6, [2, 4])
    assert toggled(plan, 3) == (2, 3, 4)
    assert toggled(plan, 4) == (2,)
