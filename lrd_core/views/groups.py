"""Models and tasks by what they have in common, so that many are chosen at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from lrd_core.models.specs import all_models
from lrd_core.settings import family_rank, family_title
from lrd_core.tasks.mteb_panels import MTEB_TASKS

PANELS = {"lrd": "LRD panel", "lbl": "Layer by Layer"}
"""The sets of models and tasks that the two papers use."""


@dataclass(frozen=True)
class Group:
    """Some of what can be chosen, under one name."""

    name: str
    members: tuple[str, ...]


def model_groups(order: Iterable[str], runs: pd.DataFrame, scores: pd.DataFrame) -> list[Group]:
    """The families that the store holds, then the papers' panels; members in the given order."""
    families = known("model", "family", runs, scores)
    panels = {model.name: model.panels for model in all_models()}
    names = sorted(set(families.values()) - {""}, key=family_rank)
    groups = [(family_title(name), {m for m in families if families[m] == name}) for name in names]
    return _groups(order, [*groups, *_panels(panels)])


def task_groups(tasks: Iterable[str], runs: pd.DataFrame, scores: pd.DataFrame) -> list[Group]:
    """The types of task that the store holds, then the papers' panels; members as given."""
    types = known("task", "task_type", runs, scores)
    panels = {task.name: task.panels for task in MTEB_TASKS}
    names = sorted(set(types.values()) - {""})
    groups = [
        (name[0].upper() + name[1:], {t for t in types if types[t] == name}) for name in names
    ]
    return _groups(tasks, [*groups, *_panels(panels)])


def in_groups(chosen: Iterable[str], groups: Iterable[Group]) -> str:
    """How many of each group are chosen: "13 of 13 encoder embedders, 2 of 6 base LMs"."""
    names = set(chosen)
    counts = [(group, len(names & set(group.members))) for group in groups]
    return ", ".join(
        f"{count} of {len(group.members)} {group.name[0].lower()}{group.name[1:]}"
        for group, count in counts
        if count
    )


def toggled(chosen: Iterable[str], group: Group, order: Iterable[str]) -> list[str]:
    """The chosen names with a whole group added, or taken away where all of it was there."""
    names = set(chosen)
    members = set(group.members)
    wanted = names - members if members <= names else names | members
    return [name for name in order if name in wanted]


def known(name: str, column: str, *tables: pd.DataFrame) -> dict[str, str]:
    """Each model or task -> what the first table that knows it says in a column."""
    found: dict[str, str] = {}
    for table in tables:
        for who, what in table.drop_duplicates(name)[[name, column]].itertuples(index=False):
            if who not in found or not found[who]:
                found[str(who)] = "" if pd.isna(what) else str(what)
    return found


def _panels(panels: Mapping[str, tuple[str, ...]]) -> list[tuple[str, set[str]]]:
    return [(title, {n for n in panels if key in panels[n]}) for key, title in PANELS.items()]


def _groups(order: Iterable[str], wanted: Iterable[tuple[str, set[str]]]) -> list[Group]:
    """Groups with two members or more that can be chosen."""
    names = list(order)
    found = [Group(title, tuple(n for n in names if n in members)) for title, members in wanted]
    return [group for group in found if len(group.members) > 1]
