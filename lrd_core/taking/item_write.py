"""A folder of a taken layer that reads pictures or sound: what it cannot hold, and whether it is
right."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from lrd_core.errors import InputError, ModelError
from lrd_core.models.specs import ModelSpec
from lrd_core.pruning.item_folder import read_back
from lrd_core.pruning.same_numbers import tolerance
from lrd_core.taking.readout import CutModel
from lrd_core.taking.request import Taken
from lrd_core.taking.settings import YES, TakeSettings
from lrd_core.tasks.content import noun_of


def refuse_what_no_folder_holds(model: ModelSpec, settings: TakeSettings) -> None:
    """Raises: InputError for what only modules of sentence-transformers do after pooling."""
    asked = {"components": settings.pca > 0, "scaling to length 1": settings.normalise == YES}
    for what, wanted in asked.items():
        if wanted:
            raise InputError(
                f"{what} would be a module of sentence-transformers, which pools class tokens and "
                f"what fills {noun_of(model.modality)}s up too; {model.name} is taken as "
                "transformers loads it, so leave it out and do it to the vectors"
            )


def check_item_folder(
    folder: Path, taken: Taken, cut: CutModel, items: Sequence[Any], part: str
) -> float:
    """Load the folder as transformers does and compare every vector with ours.

    part: where the model is in what is loaded. Returns: the largest difference of any value.
    Raises: ModelError where the folder does not load or gives other numbers.
    """
    loaded, ours = taken.loaded, taken.embed(list(items))
    places = cut.readout.weighed(taken.weights.values())
    theirs = read_back(folder, loaded, items, taken.run, part=part, places=places)
    off = (
        float(np.abs(theirs.astype(np.float64) - ours).max())
        if theirs.shape == ours.shape
        else math.inf
    )
    allowed = tolerance(torch.empty(0, dtype=loaded.dtype)) * max(1.0, np.abs(ours).max())
    if not off <= allowed:
        raise ModelError(
            f"the folder of {loaded.spec.name} gives other vectors than were measured (by up to "
            f"{off:.1e}), so it was not kept; report the model with this message"
        )
    return off
