"""What there is to prune, and which trials are shown."""

import pytest

from lrd_core.config import Config
from lrd_core.errors import PruningError
from lrd_core.pruning.settings import TrialSettings
from lrd_core.pruning.summary import compare
from lrd_core.views import pruning
from lrd_core.views.pruning_trials import TrialForm, TrialsRequest, form, tried


def test_only_plans_of_the_chosen_options_are_shown(tables):
    trials, _ = tables
    options = TrialSettings(indexing="published")
    assert compare(pruning.chosen_trials(trials, options))["rule"].tolist() == [
        "by hand",
        "by hand",
    ]
    kept = pruning.chosen_trials(trials, TrialSettings(protect=1))
    assert len(kept) == len(trials)


def test_an_unknown_number_of_blocks(config):
    with pytest.raises(PruningError, match="number of blocks of org/thing is not known"):
        pruning.block_count(config, "org/thing")


def test_models_with_trials_come_first_with_the_tasks_that_they_were_tried_on(
    pruned: Config,
) -> None:
    offered = pruning.choices(pruned)
    assert offered.model == "small" and offered.models[0] == "small"
    assert "all-MiniLM-L6-v2" in offered.models
    tasks = pruning.task_choices(pruned, "small")
    assert tasks.first == tasks.tasks[:2] == ("news", "pairs")
    other = pruning.task_choices(pruned, "all-MiniLM-L6-v2")
    assert other.first == other.tasks[:1] and "news" not in other.tasks


def test_an_empty_store_offers_the_model_that_is_here(config: Config) -> None:
    assert pruning.choices(config).model == "all-MiniLM-L6-v2"


def test_the_form_knows_the_blocks_and_the_samples(pruned: Config) -> None:
    assert form(pruned, "small", ["news"]) == TrialForm(
        num_blocks=4, usual=TrialSettings(n=300, calibration_n=128, max_length=64)
    )


def test_plans_of_the_asked_rules_are_shown_and_all_where_there_are_none(pruned: Config) -> None:
    tasks = ("news", "pairs")
    found = tried(pruned, TrialsRequest("small", tasks, TrialSettings(rules=("last",))))
    assert found.compared["rule"].unique().tolist() == ["last", "by hand"]
    assert found.budgets == [0.1]
    assert found.sentence.startswith("At the 10% budget no rule shown beats chance")
    assert (found.note, found.timings) == ("", ["cpu, float32, 8 x 64 tokens"])
    assert found.command.startswith("python -m lrd_core prune --model small --task news --task")
    by_hand = TrialSettings(rules=(), removed=(2,))
    assert set(tried(pruned, TrialsRequest("small", tasks, by_hand)).compared["rule"]) == {
        "by hand"
    }
    other = tried(pruned, TrialsRequest("small", (), TrialSettings()))
    assert other.compared.empty and other.sentence.startswith("No trial of a rule")


def test_a_request_asks_something_with_a_task_and_a_plan() -> None:
    nothing = TrialSettings(rules=(), budgets=())
    assert not TrialsRequest("m", ()).asks_something
    assert not TrialsRequest("m", ("t",), nothing).asks_something
    assert TrialsRequest("m", ("t",)).asks_something
    assert TrialsRequest("m", ("t",), TrialSettings(rules=(), removed=(1,))).asks_something
