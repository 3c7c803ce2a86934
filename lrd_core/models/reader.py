"""What a model is given items through where these are no texts: one kind of reader a modality."""

from pathlib import Path
from typing import Protocol, Self

import torch
from torch import nn

from lrd_core.errors import ModelError
from lrd_core.models.anatomy import Anatomy
from lrd_core.models.example import Example

RASTER = "patches of a raster have no path from one to the next"


class ItemReader(Protocol):
    """How items become the inputs of one model, as far as any modality has it."""

    @property
    def positions(self) -> int:
        """Of the hidden states of an item, at most."""

    @property
    def leading(self) -> int:
        """Positions before an item's own, which are the same for every item."""

    @property
    def pathless(self) -> str:
        """Why positions do not follow one another; empty where they do, such as in time."""

    def example(self, model: nn.Module) -> Example:
        """Items to try the model on."""

    def save(self, folder: Path) -> None:
        """Write what items go through as transformers reads it."""

    def reread(self, folder: Path) -> Self:
        """The same, through what lies in this folder."""


def check_leading(
    model: nn.Module, anatomy: Anatomy, reader: ItemReader, first: torch.Tensor
) -> None:
    """See that what stands before the items' own positions is what no item changes, and only that.

    first: (2, positions, width), what enters the first block for two items.
    Raises: ModelError where an item's own positions cannot be told from others.
    """
    same = (first[0] == first[1]).all(dim=1)
    # Two pictures may have the same colour somewhere, where single pixels are what is read.
    most = bool(same[reader.leading :].float().mean() > 0.5)
    if most or not bool(same[: reader.leading].all()):
        raise ModelError(
            f"of the {len(same)} positions of {type(model).__name__} the first {reader.leading} "
            "are taken for none of an item's own, and its first layer says otherwise; it cannot be "
            f"read layer by layer ({anatomy.blocks})"
        )
