"""What the side bar offers: read once for all pages and visitors, until the store changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lrd_core.config import Config
from lrd_core.views import coverage, stored
from lrd_core.views.groups import Group, model_groups, task_groups
from lrd_core.views.pinned import pinned_names


@dataclass(frozen=True)
class Offered:
    """Everything that can be chosen, and what a first visitor sees.

    models: in their fixed order, which colours follow. revisions: names of single revisions of
    models that the store holds at several. settings: column of a run -> its values, of those that
    one model was run with in several ways.
    """

    models: tuple[str, ...]
    revisions: tuple[str, ...]
    tasks: tuple[str, ...]
    first_models: tuple[str, ...]
    first_tasks: tuple[str, ...]
    settings: Mapping[str, list[Any]]
    model_groups: tuple[Group, ...]
    task_groups: tuple[Group, ...]


def offered(config: Config) -> Offered:
    """What the store has runs or scores of."""
    return offered_of(stored.runs(config), stored.scores(config))


def offered_of(runs: pd.DataFrame, scores: pd.DataFrame) -> Offered:
    """What these rows of runs and scores offer."""
    order = coverage.model_order(runs, scores)
    tasks = tuple(sorted(set(runs["task"]) | set(scores["task"])))
    first_tasks = coverage.default_tasks(runs, scores)
    return Offered(
        models=order,
        revisions=tuple(pinned_names(runs, scores)),
        tasks=tasks,
        first_models=tuple(coverage.default_models(runs, first_tasks, order)),
        first_tasks=tuple(first_tasks),
        settings=coverage.ambiguous_settings(runs),
        model_groups=tuple(model_groups(order, runs, scores)),
        task_groups=tuple(task_groups(tasks, runs, scores)),
    )
