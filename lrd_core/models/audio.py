"""What a speech or sound encoder is given recordings through, and which moments its frames are.

How long a recording is in the model's own frames follows from what is found by running it: how
its feature extractor steps through time, and the strides of the convolutions that come first.
"""

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
import transformers
from torch import nn

from lrd_core.errors import ModelError
from lrd_core.models.batch import Batch
from lrd_core.models.example import Company, Example
from lrd_core.models.modality import PROCESSOR_FILE
from lrd_core.models.reader import RASTER
from lrd_core.models.specs import ModelSpec
from lrd_core.models.trace import Call, token_vectors, traced
from lrd_core.models.weights import WeightsFolder

LONGEST_SECONDS = 30
"""Of a recording that are read by a model without a window of its own."""


@dataclass(frozen=True)
class Stride:
    """A convolution along time that gives fewer moments than it takes."""

    kernel: int
    step: int
    padding: int

    def after(self, moments: int) -> int:
        """Moments that it gives for so many."""
        return (moments + 2 * self.padding - self.kernel) // self.step + 1

    def before(self, moments: int) -> int:
        """The fewest moments of which it gives so many."""
        return (moments - 1) * self.step + self.kernel - 2 * self.padding


@dataclass(frozen=True)
class Pace:
    """How a feature extractor steps through time.

    hop: samples a step; 1 where the model takes the samples themselves. lag: samples that a step
    takes beyond those. window: steps that every recording is filled up to; None where each is as
    long as it is.
    """

    hop: int = 1
    lag: int = 0
    window: int | None = None

    def steps(self, samples: int) -> int:
        """Of a recording of so many samples."""
        return max(math.ceil((samples - self.lag) / self.hop), 0)

    def samples(self, steps: int) -> int:
        """The fewest samples that take so many steps."""
        return (steps - 1) * self.hop + 1 + self.lag


@dataclass(frozen=True)
class SoundReader:
    """How recordings become the inputs of one model, and which positions these take.

    extractor: of transformers. rows: positions of one moment; 1, or the patches above one another
    in a spectrogram. inner: whether moments follow one another within a row. leading: positions
    before the first moment, which are the same for every recording.
    """

    extractor: Any = field(repr=False)
    pace: Pace
    strides: tuple[Stride, ...]
    rows: int = 1
    inner: bool = True
    leading: int = 0

    @property
    def rate(self) -> int:
        """Samples a second that the model is trained with."""
        return int(self.extractor.sampling_rate)

    @property
    def pathless(self) -> str:
        """Frames follow one another; patches of a spectrogram lie in a raster."""
        return "" if self.rows == 1 else RASTER

    @property
    def most_samples(self) -> int:
        """Of a recording that are read."""
        if self.pace.window is None:
            return LONGEST_SECONDS * self.rate
        return self.pace.window * self.pace.hop + self.pace.lag

    @property
    def positions(self) -> int:
        """Of the hidden states of the longest recording."""
        return self.leading + self.rows * self.moments(self.most_samples)

    def moments(self, samples: int) -> int:
        """Frames, or columns of patches, of a recording; at least one."""
        found = self.pace.steps(samples)
        for stride in self.strides:
            found = stride.after(found)
        return max(found, 1)

    def samples(self, moments: int) -> int:
        """The fewest samples of which there are so many moments."""
        for stride in reversed(self.strides):
            moments = stride.before(moments)
        return self.pace.samples(moments)

    def own(self, samples: int) -> int:
        """Positions that a recording takes, those before it included."""
        return self.leading + self.rows * self.moments(samples)

    def size(self, samples: int) -> float:
        """Positions that the model computes; equal only where nothing is filled up."""
        if self.pace.window is not None:
            return self.positions
        return samples * self.rows / (self.pace.hop * math.prod(one.step for one in self.strides))

    def inputs(self, sounds: Sequence[np.ndarray]) -> dict[str, torch.Tensor]:
        """Samples (n,) of -1 to 1 at this reader's rate, as the model takes them."""
        return _inputs(self.extractor, sounds, filled=self.pace.window is not None)

    def batch(self, inputs: dict[str, torch.Tensor], samples: Sequence[int]) -> Batch:
        """Inputs with a mask over the positions of hidden states: those of the recordings.

        samples: of each recording.
        """
        counts = torch.tensor([self.moments(n) for n in samples])
        wide = self.pace.window is not None
        width = self.moments(self.most_samples) if wide else int(counts.max())
        places = torch.arange(self.rows * width)
        moment = places % width if self.inner else places // self.rows
        mask = torch.ones(len(counts), self.leading + len(places), dtype=torch.int64)
        mask[:, self.leading :] = moment < counts[:, None]
        special = torch.zeros_like(mask, dtype=torch.bool)
        special[:, : self.leading] = True
        return Batch(inputs, mask, special)

    def example(self, model: nn.Module) -> Example:
        """Noises of one length, and of two where recordings are as long as they are."""
        short, long = self.rate // 2, self.rate * 4 // 5
        if self.pace.window is not None:
            equal = self._company(model, self.most_samples, self.most_samples)
            return Example(short=equal.alone[0], other=None, mixed=None, equal=equal)
        mixed, equal = self._company(model, short, long), self._company(model, short, short)
        return Example(short=mixed.alone[0], other=None, mixed=mixed, equal=equal)

    def save(self, folder: Path) -> None:
        """Write the extractor's settings as transformers reads them."""
        self.extractor.save_pretrained(folder)

    def reread(self, folder: Path) -> Self:
        """The same through the feature extractor of another folder."""
        extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
        return replace(self, extractor=extractor)

    def _company(self, model: nn.Module, *samples: int) -> Company:
        weight, noises = next(model.parameters()), [_noise(n, n + i) for i, n in enumerate(samples)]
        both, *alone = (
            self.batch(self.inputs(some), [len(one) for one in some])
            .of_dtype(weight.dtype)
            .to(weight.device)
            for some in (noises, *([one] for one in noises))
        )
        return Company(both, tuple(alone))


def load_extractor(spec: ModelSpec, folder: WeightsFolder) -> Any:
    """The folder's feature extractor. Raises: ModelError without its settings."""
    place = folder.transformer_path
    if not (place / PROCESSOR_FILE).is_file():
        raise ModelError(
            f"{spec.name} lacks {PROCESSOR_FILE}, so at which rate it hears would be a guess; put "
            "it back, or fetch the model again"
        )
    return transformers.AutoFeatureExtractor.from_pretrained(place)


def sound_reader(model: nn.Module, extractor: Any) -> SoundReader:
    """How this model hears, as its extractor and one forward pass show it.

    Raises: ModelError where its frames cannot be told.
    """
    pace = _pace(type(model).__name__, extractor)
    rate = int(extractor.sampling_rate)
    samples = rate if pace.window is None else pace.samples(pace.window)
    weight = next(model.parameters())
    inputs = _inputs(extractor, [_noise(samples, 1)], filled=pace.window is not None)
    tried = Batch(inputs, torch.ones(1, 1)).of_dtype(weight.dtype).to(weight.device)
    with torch.inference_mode():
        calls, output = traced(model, tried)
    vectors = token_vectors(output, torch.ones(1, 1))
    if vectors is None:
        raise ModelError(
            f"{type(model).__name__} returns no vector for each frame; such a model cannot be read "
            "layer by layer"
        )
    strides, rows, inner = _strides(calls, pace.steps(samples))
    found = SoundReader(extractor, pace, strides, rows, inner)
    leading = int(vectors.shape[1]) - rows * found.moments(samples)
    if leading < 0:
        raise ModelError(
            f"{type(model).__name__} returns {vectors.shape[1]} positions for "
            f"{rows * found.moments(samples)} frames; models that merge frames on the way cannot "
            "be read layer by layer"
        )
    return SoundReader(extractor, pace, strides, rows, inner, leading)


def _pace(name: str, extractor: Any) -> Pace:
    """Found from noises of a quarter of a second and of half of one.

    Where recordings are filled up, time is the axis along which what fills them is all the same.
    Raises: ModelError where that axis cannot be told.
    """
    short, long = (int(extractor.sampling_rate) // part for part in (4, 2))
    first, second = (_features(extractor, n) for n in (short, long))
    filled = first.shape == second.shape
    counts = [
        [_sounding(one, axis) if filled else one.shape[axis] for one in (first, second)]
        for axis in range(first.ndim)
    ]
    axis = max(range(first.ndim), key=lambda place: counts[place][1] - counts[place][0])
    before, after = counts[axis]
    if after <= before:
        raise ModelError(f"the feature extractor of {name} gives the same for sounds of any length")
    hop = round((long - short) / (after - before))
    if hop == 1:
        return Pace()

    def count(samples: int) -> int:
        features = _features(extractor, samples)
        return _sounding(features, axis) if filled else int(features.shape[axis])

    least = bisect.bisect_left(range(short, long), before + 1, key=count) + short
    lag = max(least - before * hop - 1, 0)
    return Pace(hop, lag, int(first.shape[axis]) if filled else None)


def _sounding(features: torch.Tensor, axis: int) -> int:
    """How many slices along an axis come before the last ones, which are all the same."""
    slices = features.movedim(axis, 0).reshape(features.shape[axis], -1)
    other = (slices != slices[-1]).any(dim=1).nonzero()
    return int(other.max()) + 1 if len(other) else 0


def _strides(calls: Sequence[Call], steps: int) -> tuple[tuple[Stride, ...], int, bool]:
    """The convolutions that thin time out, positions a moment, and whether rows are of moments."""
    found: list[Stride] = []
    rows, inner = 1, True
    for call in calls:
        module = call.module
        if not isinstance(module, (nn.Conv1d, nn.Conv2d)) or max(module.stride) == 1:
            continue
        taken, given = call.inputs[0], call.outputs[None]
        axes = [axis for axis in range(2, taken.ndim) if taken.shape[axis] == steps]
        if not axes:
            continue
        side = axes[0] - 2
        kernel = (module.kernel_size[side] - 1) * module.dilation[side] + 1
        padding = module.padding[side]
        found.append(Stride(kernel, module.stride[side], int(padding)))
        steps = int(given.shape[axes[0]])
        if given.ndim == 4:
            rows, inner = int(given.shape[5 - axes[0]]), axes[0] == 3
    return tuple(found), rows, inner


def _features(extractor: Any, samples: int) -> torch.Tensor:
    """Of one noise, without the axis of the batch."""
    sound = _noise(samples, 1)
    made = extractor([sound], sampling_rate=extractor.sampling_rate, return_tensors="pt")
    return next(made[name][0] for name in extractor.model_input_names if name in made)


def _inputs(extractor: Any, sounds: Sequence[np.ndarray], filled: bool) -> dict[str, torch.Tensor]:
    more = {} if filled else {"padding": True}
    made = extractor(
        list(sounds), sampling_rate=extractor.sampling_rate, return_tensors="pt", **more
    )
    return {name: made[name] for name in extractor.model_input_names if name in made}


def _noise(samples: int, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 0.1, samples)
    return noise.astype(np.float32)
