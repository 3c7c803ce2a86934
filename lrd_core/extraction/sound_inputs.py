"""Recordings as batches: what the model's own feature extractor makes of their samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lrd_core.errors import InputError
from lrd_core.extraction.encoded import Encoded
from lrd_core.settings import RunSettings
from lrd_core.tasks.sound_conditions import SoundCondition
from lrd_core.tasks.sounds import Sound

if TYPE_CHECKING:
    from lrd_core.models.audio import SoundReader
    from lrd_core.models.batch import Batch
    from lrd_core.models.load import LoadedModel


def encode_sounds(loaded: LoadedModel, sounds: Sequence[Sound], settings: RunSettings) -> Encoded:
    """Samples are read when a batch is made. Of a long recording the start is read, and one that
    is shorter than a frame is followed by silence.

    Raises: InputError for a prompt, a class token that the model lacks, or a condition that
        recordings do not have.
    """
    reader = _reader(loaded, settings)
    condition = SoundCondition.parse(settings.condition)
    longest = settings.max_length or loaded.max_length
    least = reader.samples(1)
    most = reader.most_samples
    if longest < reader.positions:
        most = min(most, reader.samples(longest - reader.leading))
    there = [sound.samples_at(reader.rate) for sound in sounds]
    kept = [n if condition is None else condition.kept(n, reader.rate) for n in there]
    taken = [max(min(n, most), least) for n in kept]

    def read(place: int) -> np.ndarray:
        samples = sounds[place].array(reader.rate)
        if condition is not None:
            samples = condition.apply(samples, reader.rate, settings.seed, place)
        samples = samples[: taken[place]]
        return np.pad(samples, (0, taken[place] - len(samples)))

    def batch(places: np.ndarray) -> Batch:
        inputs = reader.inputs([read(int(place)) for place in places])
        return reader.batch(inputs, [taken[place] for place in places]).of_dtype(loaded.dtype)

    return Encoded(
        lengths=np.array([reader.own(n) for n in taken]),
        batch=batch,
        computed=np.array([reader.size(n) for n in taken]),
    )


def _reader(loaded: LoadedModel, settings: RunSettings) -> SoundReader:
    from lrd_core.models.audio import SoundReader

    name = loaded.spec.name
    if not isinstance(loaded.reader, SoundReader):
        raise InputError(f"{name} has no feature extractor; load it with load_model")
    if settings.prompt:
        raise InputError(f"{name} hears recordings; a prompt is put before texts alone")
    ways = (settings.pooling or loaded.pooling).split("+")
    if "cls" in ways and not loaded.reader.leading:
        raise InputError(f"{name} has no class token; pool its frames, such as by mean")
    return loaded.reader
