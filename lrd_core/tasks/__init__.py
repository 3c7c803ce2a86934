"""Texts and labels: from installed packages, a user's folder, or the hub."""

from lrd_core.tasks.specs import (
    TaskContent,
    TaskSpec,
    TaskTexts,
    all_tasks,
    broken_tasks,
    find_task,
    known_task,
    load_calibration_texts,
    load_content,
    load_texts,
)

__all__ = [
    "TaskContent",
    "TaskSpec",
    "TaskTexts",
    "all_tasks",
    "broken_tasks",
    "find_task",
    "known_task",
    "load_calibration_texts",
    "load_content",
    "load_texts",
]
