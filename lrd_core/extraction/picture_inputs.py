"""Pictures as batches: pixels by the model's own processor, changed by a condition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lrd_core.errors import InputError
from lrd_core.extraction.encoded import Encoded
from lrd_core.settings import RunSettings
from lrd_core.tasks.picture_conditions import PictureCondition
from lrd_core.tasks.pictures import Picture

if TYPE_CHECKING:
    from lrd_core.models.batch import Batch
    from lrd_core.models.load import LoadedModel
    from lrd_core.models.vision import PictureReader


def encode_pictures(
    loaded: LoadedModel, pictures: Sequence[Picture], settings: RunSettings
) -> Encoded:
    """Pixels are read when a batch is made; every picture takes the same positions.

    Raises: InputError for a prompt, a class token that the model lacks, or a condition that
        pictures do not have.
    """
    from lrd_core.models.vision import PictureReader

    if not isinstance(loaded.reader, PictureReader):
        raise InputError(f"{loaded.spec.name} has no image processor; load it with load_model")
    _refuse(loaded, loaded.reader, settings)
    reader = loaded.reader
    condition = PictureCondition.parse(settings.condition)

    def batch(places: np.ndarray) -> Batch:
        import torch

        inputs = reader.inputs([pictures[place].array() for place in places])
        if condition is not None:
            name, pixels = next(iter(inputs.items()))
            changed = [
                condition.apply(one, reader.grid, settings.seed, int(place))
                for one, place in zip(pixels.numpy(), places, strict=True)
            ]
            inputs[name] = torch.from_numpy(np.stack(changed))
        return reader.batch(inputs).of_dtype(loaded.dtype)

    lengths = np.full(len(pictures), reader.positions)
    return Encoded(lengths, batch)


def _refuse(loaded: LoadedModel, reader: PictureReader, settings: RunSettings) -> None:
    name = loaded.spec.name
    if settings.prompt:
        raise InputError(f"{name} reads pictures; a prompt is put before texts alone")
    ways = (settings.pooling or loaded.pooling).split("+")
    if "cls" in ways and not reader.leading:
        raise InputError(f"{name} has no class token; pool its patches, such as by mean")
    if settings.condition and not reader.reads_pixels:
        raise InputError(
            f"{name} is given names of colours and no brightness, so that a picture cannot be "
            "masked, noised or blurred as it sees it; leave the condition out"
        )
