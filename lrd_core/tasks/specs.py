"""The registry of tasks, and the one door to their items."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrd_core.errors import InputError, TaskError, UnknownNameError
from lrd_core.tasks import folder, saved
from lrd_core.tasks.content import (
    MAIN_SCORES,
    TASK_TYPES,
    TaskContent,
    TaskSpec,
    TaskType,
    noun_of,
    spoken,
)
from lrd_core.tasks.mteb_panels import MTEB_TASKS
from lrd_core.tasks.offline_entries import OFFLINE_TASKS

__all__ = [
    "MAIN_SCORES",
    "TASK_TYPES",
    "TaskContent",
    "TaskItems",
    "TaskSpec",
    "TaskType",
    "all_tasks",
    "broken_tasks",
    "find_task",
    "known_task",
    "load_calibration_items",
    "load_content",
    "load_task",
]


LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True)
class TaskItems:
    """A seeded sample of a task's evaluated items; `ids` are positions in the full set.

    items, labels, ids: all of length n. columns: further ones of the task's own table.
    """

    spec: TaskSpec
    items: tuple[Any, ...] = field(repr=False)
    labels: tuple[str, ...] | None = field(repr=False)
    ids: np.ndarray = field(repr=False)
    n_total: int
    seed: int
    columns: Mapping[str, tuple[Any, ...]] = field(default_factory=dict, repr=False)

    @property
    def n(self) -> int:
        return len(self.items)


def all_tasks() -> tuple[TaskSpec, ...]:
    """Offline tasks, the user's own in the data folder, then the MTEB tasks of both papers."""
    offline = tuple(spec for spec, _ in OFFLINE_TASKS.values())
    own = tuple(task.spec for task in saved.saved_tasks() if task.spec is not None)
    return offline + own + MTEB_TASKS


def broken_tasks() -> dict[str, str]:
    """Saved tasks that are left out, with the reason: what in their files cannot be read."""
    return {task.name: task.fault for task in saved.saved_tasks() if task.spec is None}


def known_task(name: str) -> TaskSpec | None:
    """The registered or saved task of this name, in any case; opens no path that a name is."""
    known = {spec.name: spec for spec in all_tasks()}
    by_folded_name = {known_name.lower(): spec for known_name, spec in known.items()}
    return known.get(name) or by_folded_name.get(name.lower())


def find_task(name: str) -> TaskSpec:
    """The task of this name: registered, saved, a path, computed on before by its path, or MTEB's.

    Raises: UnknownNameError with the closest names; TaskError when a path cannot be used.
    """
    known = known_task(name)
    if known is not None:
        return known
    taken = [spec.name for spec in all_tasks()]
    if folder.looks_like_path(name):
        return folder.folder_spec(name, taken)
    broken = broken_tasks()
    if name in broken:
        raise TaskError(f"the saved task {name!r} cannot be read: {broken[name]}")
    remembered = folder.remembered_spec(name, taken)
    if remembered is not None:
        return remembered
    # MTEB's names have capitals; asking it takes ten seconds, too long for a typing error.
    if name != name.lower():
        from lrd_core.tasks import hub

        found = hub.mteb_spec(name)
        if found is not None:
            return found
    raise UnknownNameError("task", name, taken)


def load_content(task: TaskSpec | str) -> TaskContent:
    """All tables of a task: what is evaluated, trained on, kept apart.

    Raises: TaskError when the data cannot be read.
    """
    spec = find_task(task) if isinstance(task, str) else task
    return _load_content(spec)


@functools.lru_cache(maxsize=4)
def _load_content(spec: TaskSpec) -> TaskContent:
    if spec.source == "offline":
        return TaskContent(spec, OFFLINE_TASKS[spec.name][1]())
    if spec.source == "folder":
        return folder.read_folder_task(spec)
    from lrd_core.tasks import hub

    return hub.read_mteb_task(spec)


def load_task(task: TaskSpec | str, n: int | None = None, seed: int = 0) -> TaskItems:
    """Items of the evaluated split: all (`n` None) or a seeded sample without replacement.

    The sample keeps the original order. Where `n` exceeds the set, all of it is given; `n_total`
    says how many there are. A blank text becomes a single space.

    task: a name of `tasks list`, an MTEB name, or a folder or file of texts.

    Raises: UnknownNameError with the closest names; InputError for n < 1; TaskError when the data
        cannot be read or has no item.

    Example:
        >>> import lrd_core
        >>> sample = lrd_core.load_task("lee-news", n=20, seed=1)
        >>> sample.n, sample.n_total, len(set(sample.ids))
        (20, 343, 20)
    """
    content = load_content(task)
    spec, table = content.spec, dict(content.evaluated_items())
    items = table.pop(spec.item_column)
    if not items:
        noun = noun_of(spec.modality)
        raise TaskError(f"task {spec.name!r} has no {noun} in split {spec.split!r}")
    ids = sample_positions(len(items), n, seed)
    labels = table.pop("label", None)

    def at(column: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(column[row] for row in ids)

    return TaskItems(
        spec=spec,
        items=as_read(spec, at(items)),
        labels=None if labels is None else tuple(str(label) for label in at(labels)),
        ids=ids,
        n_total=len(items),
        seed=seed,
        columns={name: at(column) for name, column in table.items()},
    )


def load_calibration_items(task: TaskSpec | str, n: int | None, seed: int) -> tuple[Any, ...]:
    """A seeded sample of items of the same source that the task's score never sees.

    Raises: TaskError when the task keeps none apart.
    """
    content = load_content(task)
    items = content.calibration_items()
    positions = sample_positions(len(items), n, seed)
    return as_read(content.spec, tuple(items[row] for row in positions))


def as_read(spec: TaskSpec, items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Items as models are shown them."""
    return tuple(map(spoken, items)) if spec.modality == "text" else items


def check_seed(seed: int) -> None:
    """Raises: InputError for a seed that no generator takes or the store cannot keep."""
    if not 0 <= seed <= LARGEST_SEED:
        raise InputError(f"the seed is {seed}; give a whole number from 0 to {LARGEST_SEED}")


def sample_positions(total: int, n: int | None, seed: int) -> np.ndarray:
    """min(n, total) sorted positions out of range(total); all of them for n None."""
    check_seed(seed)
    if n is not None and n < 1:
        raise InputError(f"the number of texts must be at least 1, not {n}")
    if n is None or n >= total:
        return np.arange(total)
    return np.sort(np.random.default_rng(seed).choice(total, n, replace=False))
