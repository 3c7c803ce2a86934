"""Texts and labels: from installed packages, a user's folder, or the hub."""

from lrd_core.tasks.specs import (
    TaskContent,
    TaskItems,
    TaskSpec,
    all_tasks,
    broken_tasks,
    find_task,
    known_task,
    load_calibration_items,
    load_content,
    load_task,
)

__all__ = [
    "TaskContent",
    "TaskItems",
    "TaskSpec",
    "all_tasks",
    "broken_tasks",
    "find_task",
    "known_task",
    "load_calibration_items",
    "load_content",
    "load_task",
]
