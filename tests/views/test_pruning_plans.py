"""Plans as views: the grid of all, one over depth."""

import numpy as np

from lrd_core.config import Config
from lrd_core.pruning.settings import TrialSettings
from lrd_core.views.pruning_plans import plan_of, plan_table, plans
from lrd_core.views.pruning_trials import TrialsRequest

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
    assert view.table["label"].tolist() == list(view.by_label)
    assert view.preview.missing == ("frenet",)
    assert view.command.startswith(
        f"python -m lrd_core prune --model {MINILM} --task lee-sts --task chatterbot --rule nrs"
    )


def test_one_plan_says_what_would_go_and_what_it_was_read_from(pruned: Config) -> None:
    settings = TrialSettings(rules=("nrs",), budgets=(0.5,))
    view = plans(pruned, TrialsRequest(MINILM, ("lee-sts",), settings))
    one = plan_of(view, view.plans[0])
    assert one.table.loc[one.table["state"] == "removed", "block"].tolist() == [2, 3]
    assert one.notes == ("Blocks 2, 3 would go. Calibrated on 128 texts of lee-sts",)
    assert one.sentence == f"{view.table['label'][0]} removes blocks 2, 3 of {MINILM}."
    assert (one.model, one.command) == (MINILM, view.command)


def test_nothing_can_be_planned_before_the_model_was_asked(config: Config) -> None:
    settings = TrialSettings(rules=("nrs",), budgets=(0.1,))
    view = plans(config, TrialsRequest(MINILM, ("lee-sts",), settings))
    assert view.empty and view.preview.missing == ("nrs",)
