"""What the items of a model are called, and what each of their vectors stands for."""

from collections.abc import Iterable

import pandas as pd

from lrd_core.models.modality import NOT_KNOWN
from lrd_core.models.specs import known_model
from lrd_core.tasks.content import noun_of, unit_of
from lrd_core.tasks.specs import TaskSpec, known_task


def modality_of(model: str) -> str:
    """What a registered model reads; NOT_KNOWN of any other, whose files say it."""
    known = known_model(model)
    return known.modality if known else NOT_KNOWN


def item_noun(model: str) -> str:
    """text, image or recording; text where it is not known."""
    return noun_of(modality_of(model) or "text")


def noun_of_runs(runs: pd.DataFrame) -> str:
    """text, image or recording, as the runs say; item where they read different kinds."""
    read = {str(kind) for kind in runs["modality"].dropna()} if "modality" in runs else set()
    return "item" if len(read) > 1 else noun_of(next(iter(read), "text"))


def noun_of_task(task: str, models: Iterable[str] = ()) -> str:
    """What an item of a task is called: by the task's name, else by what these models read.

    item where no registry knows any of them.
    """
    known = known_task(task)
    kinds = {known.modality} if known else {modality_of(model) for model in models} - {NOT_KNOWN}
    return noun_of(kinds.pop()) if len(kinds) == 1 else "item"


def vector_noun(model: str) -> str:
    """token of a text; position of what has patches or frames, and class tokens among them."""
    return unit_of(item_noun(model))


def loaded_by(model: str) -> str:
    """The libraries that load a folder written of this model, in words."""
    of_texts = modality_of(model) in ("text", NOT_KNOWN)
    return "transformers and sentence-transformers" if of_texts else "transformers"


def can_read(model: str, task: TaskSpec) -> bool:
    """Whether the task's items may be what the model reads, as far as that is known by name."""
    return modality_of(model) in (task.modality, NOT_KNOWN)
