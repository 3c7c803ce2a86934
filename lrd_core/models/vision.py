"""What a vision encoder is given pictures through: its own processor, and what they become.

Which of its positions are patches is found by running it, not by its name: the first convolution
over a picture gives one vector a patch, and positions before those are the same for every picture
(a class token, registers, a distillation token).
"""

import inspect
import json
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
from lrd_core.models.trace import run_safely, token_vectors
from lrd_core.models.weights import WeightsFolder

_TRIED, _COARSE = (24, 40), 4
"""Rows and columns of colours in the pictures that a model is tried on, and pixels a side of each.
They are no squares, so that what a processor cuts off shows."""


@dataclass(frozen=True)
class PictureReader:
    """How pictures become the inputs of one model, and which positions these take.

    processor: of transformers, on pillow. grid: rows and columns of patches, or of pixels where a
    model reads those one by one. leading: positions before the first patch, which are the same for
    every picture. shuffles: whether the model would shuffle its patches unless it is told an order.
    """

    processor: Any = field(repr=False)
    grid: tuple[int, int]
    leading: int
    shuffles: bool = False

    @property
    def positions(self) -> int:
        """Of the hidden states of every picture."""
        return self.leading + self.grid[0] * self.grid[1]

    @property
    def pathless(self) -> str:
        """Why patches do not follow one another."""
        return RASTER

    @property
    def reads_pixels(self) -> bool:
        """Whether the model is given numbers of brightness, and not names of colours."""
        names: Sequence[str] = self.processor.model_input_names
        return "pixel_values" in names

    def inputs(self, pictures: Sequence[np.ndarray]) -> dict[str, torch.Tensor]:
        """Pictures (height, width, 3) of 0 to 255, of any sizes, as the model takes them."""
        return _inputs(self.processor, pictures)

    def batch(self, inputs: dict[str, torch.Tensor]) -> Batch:
        """Inputs with a mask over the positions of hidden states; leading ones are special."""
        n = len(next(iter(inputs.values())))
        mask = torch.ones(n, self.positions, dtype=torch.int64)
        special = torch.zeros_like(mask, dtype=torch.bool)
        special[:, : self.leading] = True
        if self.shuffles:
            inputs = inputs | {"noise": _in_order(n, self.grid[0] * self.grid[1])}
        return Batch(inputs, mask, special)

    def example(self, model: nn.Module) -> Example:
        """Two pictures, alone and together; no input belongs to a single position."""
        weight, two = next(model.parameters()), _tried_pictures()
        first, second, both = (
            self.batch(self.inputs(some)).of_dtype(weight.dtype).to(weight.device)
            for some in (two[:1], two[1:], two)
        )
        return Example(short=first, other=None, mixed=None, equal=Company(both, (first, second)))

    def save(self, folder: Path) -> None:
        """Write the processor's settings as transformers reads them."""
        self.processor.save_pretrained(folder)

    def reread(self, folder: Path) -> Self:
        """The same through the processor of another folder."""
        return replace(self, processor=_processor(folder))


def load_processor(spec: ModelSpec, folder: WeightsFolder) -> Any:
    """The folder's image processor, on pillow whatever else is installed: one model, one number.

    Raises: ModelError without its settings.
    """
    place = folder.transformer_path
    if not (place / PROCESSOR_FILE).is_file():
        raise ModelError(
            f"{spec.name} lacks {PROCESSOR_FILE}, so how it scales pictures would be a guess; put "
            "it back, or fetch the model again"
        )
    return _processor(place)


def _processor(place: Path) -> Any:
    try:
        return transformers.AutoImageProcessor.from_pretrained(place, backend="pil")
    except ImportError:  # a processor that transformers has for torchvision alone (DINOv3)
        settings = json.loads((place / PROCESSOR_FILE).read_text(encoding="utf-8"))
        settings.pop("image_processor_type", None)
        return transformers.ViTImageProcessorPil(**settings)


def unmasked(settings: Any) -> Any:
    """A configuration under which nothing of a picture is hidden; MAE hides most of it."""
    if getattr(settings, "mask_ratio", None):
        settings.mask_ratio = 0.0
    return settings


def picture_reader(model: nn.Module, processor: Any) -> PictureReader:
    """How this model reads pictures, as one short forward pass shows it.

    Raises: ModelError where its patches cannot be told from its other positions.
    """
    weight = next(model.parameters())
    tried = Batch(_inputs(processor, _tried_pictures()[:1]), torch.ones(1, 1))
    maps: list[torch.Tensor] = []
    handles = [
        module.register_forward_hook(lambda _m, _i, out: maps.append(out))
        for module in model.modules()
        if isinstance(module, nn.Conv2d)
    ]
    try:
        with torch.inference_mode():
            output = run_safely(model, tried.of_dtype(weight.dtype).to(weight.device))
    finally:
        for handle in handles:
            handle.remove()
    vectors = token_vectors(output, torch.ones(1, 1))
    if vectors is None:
        raise ModelError(
            f"{type(model).__name__} returns no vector for each patch; such a model cannot be read "
            "layer by layer"
        )
    positions = int(vectors.shape[1])
    grid = _grid(maps[0] if maps else None, positions)
    leading = positions - grid[0] * grid[1]
    if leading < 0:
        raise ModelError(
            f"{type(model).__name__} returns {positions} positions for {grid[0]} x {grid[1]} "
            "patches; models that merge patches on the way cannot be read layer by layer"
        )
    return PictureReader(processor, grid, leading, "noise" in _parameters(model))


def _grid(found: torch.Tensor | None, positions: int) -> tuple[int, int]:
    """Rows and columns of patches: of the first map of a convolution, else of all positions."""
    if found is not None and found.ndim == 4:
        return int(found.shape[2]), int(found.shape[3])
    side = round(positions**0.5)
    return (side, side) if side * side == positions else (1, positions)


def _inputs(processor: Any, pictures: Sequence[np.ndarray]) -> dict[str, torch.Tensor]:
    made = processor(images=list(pictures), return_tensors="pt", input_data_format="channels_last")
    return {name: made[name] for name in processor.model_input_names if name in made}


def _tried_pictures() -> list[np.ndarray]:
    """Two fields of colours, coarse enough that scaling them down does not leave plain grey."""
    generator = np.random.default_rng(5)
    fields = generator.integers(0, 256, (2, *_TRIED, 3), dtype=np.uint8)
    return list(fields.repeat(_COARSE, axis=1).repeat(_COARSE, axis=2))


def _in_order(n: int, patches: int) -> torch.Tensor:
    """What MAE sorts its patches by: rising numbers leave them where they are."""
    return torch.arange(patches, dtype=torch.float32).repeat(n, 1)


def _parameters(model: nn.Module) -> Sequence[str]:
    return list(inspect.signature(model.forward).parameters)
