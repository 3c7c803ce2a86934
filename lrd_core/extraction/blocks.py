"""The block list of a model of any architecture, and the norm that follows it."""

from dataclasses import dataclass

from torch import nn

from lrd_core.models.anatomies import anatomy_of
from lrd_core.models.anatomy import block_list, final_norm


@dataclass(frozen=True)
class BlockList:
    """The blocks of a model, in order, and the dotted path to their ModuleList.

    `shared` is True where one block's weights serve several layers (ALBERT): such a list is
    shorter than the model is deep, and its blocks cannot be removed one by one.
    """

    path: str
    blocks: nn.ModuleList
    shared: bool


def find_blocks(model: nn.Module) -> BlockList:
    """The list of modules that each hand their output to the next, as a forward pass shows.

    Raises: ModelError if the model has no such list.
    """
    anatomy = anatomy_of(model)
    return BlockList(anatomy.blocks, block_list(model, anatomy), anatomy.shared)


def block_path(model: nn.Module) -> str:
    """Dotted path of the block list inside the model, such as `encoder.layer`."""
    return anatomy_of(model).blocks


def find_final_norm(model: nn.Module) -> nn.Module | None:
    """The norm applied once after the last block; None where there is none, as in BERT."""
    return final_norm(model, anatomy_of(model))
