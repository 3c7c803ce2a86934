"""Groups of models and tasks: families, types, the papers' panels; toggled as a whole."""

import pandas as pd

from lrd_core.views.groups import Group, in_groups, model_groups, task_groups, toggled

RUNS = pd.DataFrame(
    {
        "model": ["gpt2", "gpt2-xl", "mine", "gte-base", "e5-base-v2"],
        "family": ["base LM", "base LM", "", "encoder embedder", "encoder embedder"],
        "task": ["NFCorpus", "SciFact", "own", "own", "own"],
        "task_type": ["retrieval", "retrieval", "texts", "texts", "texts"],
    }
)
SCORES = pd.DataFrame({"model": ["mine"], "family": ["base LM"], "task": ["x"], "task_type": [""]})


def test_models_by_family_then_by_panel() -> None:
    order = ["gpt2", "gpt2-xl", "mine", "gte-base", "e5-base-v2"]
    found = {group.name: group.members for group in model_groups(order, RUNS, SCORES)}
    assert found == {
        "Encoder embedders": ("gte-base", "e5-base-v2"),
        "Base LMs": ("gpt2", "gpt2-xl", "mine"),
        "LRD panel": ("gpt2", "gpt2-xl", "gte-base", "e5-base-v2"),
    }


def test_tasks_by_type_and_panel_without_groups_of_one() -> None:
    found = {
        group.name: group.members
        for group in task_groups(["NFCorpus", "SciFact", "own"], RUNS, SCORES)
    }
    assert found == {"Retrieval": ("NFCorpus", "SciFact"), "LRD panel": ("NFCorpus", "SciFact")}


def test_a_group_is_added_or_taken_away_as_a_whole() -> None:
    group = Group("g", ("b", "c"))
    assert toggled(["a", "b"], group, ["a", "b", "c", "d"]) == ["a", "b", "c"]
    assert toggled(["a", "b", "c"], group, ["a", "b", "c", "d"]) == ["a"]


def test_what_is_chosen_is_told_by_group() -> None:
    groups = [Group("Base LMs", ("a", "b")), Group("Encoders", ("c",))]
    assert in_groups(["a"], groups) == "1 of 2 base LMs"
    assert in_groups([], groups) == ""
