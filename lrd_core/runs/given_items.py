"""Items that are given: those of a task, or a list."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from lrd_core.errors import InputError
from lrd_core.extraction.inputs import Modality, modality_of
from lrd_core.tasks import TaskItems, TaskSpec
from lrd_core.tasks.content import GIVEN, noun_of


def as_sample(
    items: TaskItems | Iterable[Any],
    task: str,
    modality: str = "text",
    labels: Sequence[str] | None = None,
) -> TaskItems:
    """The items as a sample of a task that has no other; what `load_task` gave stays as it is.

    task: what the list is called. Its revision is a digest over the items and labels, so that two
    lists of one name are two tasks' revisions.
    Raises: InputError for no items, one string, or a list that holds something else than texts.
    """
    if isinstance(items, TaskItems):
        return items
    if isinstance(items, (str, bytes)):
        raise InputError("texts is one string; give a list of texts, such as [text]")
    given = list(items)
    if not given:
        raise InputError(f"no {noun_of(modality)}s were given; give at least one")
    kind = modality_of(modality)
    if modality == "text":
        _refuse_other_than_texts(given)
    spec = TaskSpec(
        name=task,
        label=task,
        type="texts",
        source="folder",
        revision=f"{GIVEN}{_digest(given, kind, labels or ())}",
        licence="",
        language="",
        description="given as a list",
        split="all",
        modality=modality,
    )
    ids = np.arange(len(given))
    read = tuple(kind.as_read(item) for item in given)
    classes = None if labels is None else tuple(labels)
    return TaskItems(spec, read, labels=classes, ids=ids, n_total=len(given), seed=0)


def _refuse_other_than_texts(given: Sequence[Any]) -> None:
    for place, item in enumerate(given):
        if not isinstance(item, str):
            raise InputError(
                f"text {place} is a {type(item).__name__} ({item!r:.40}); give strings alone, "
                "empty ones for what is missing"
            )


def _digest(given: Sequence[Any], kind: Modality, labels: Sequence[str]) -> str:
    total = hashlib.sha256()
    for item in given:
        key = kind.key(item)
        content = key if isinstance(key, bytes) else str(key).encode(errors="surrogatepass")
        total.update(len(content).to_bytes(8, "big") + content)
    for label in labels:
        total.update(f"\n{len(label)} {label}".encode(errors="surrogatepass"))
    return total.hexdigest()[:12]
