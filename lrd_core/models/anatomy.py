"""What a model is made of, as one short forward pass shows it."""

from dataclasses import dataclass
from typing import Literal

from torch import nn

Batching = Literal["any", "equal lengths", "alone"]
Last = Literal["output", "block", "closed"]


@dataclass(frozen=True)
class Anatomy:
    """How the layers of a model are read. Paths are dotted names inside the model.

    blocks: the list whose modules hand the hidden state on, each to the next.
    ran: which module of that list each step ran: 0, 1, 2, ...; 0, 0, 0, ... where one block's
        weights serve every step (ALBERT).
    entry, leave: where a block takes and gives the hidden state: position or name of the
        argument, and position or name in its output (None: the output itself).
    norm: the module between the last block and `last_hidden_state`; None where there is none.
    last: what the last layer is: the model's own `output`, or the last block's output under the
        norm: `block` where the model's own has another width or other tokens (OPT-350m projects
        it), `closed` where the model norms one position alone (CLIP its class token).
    norm_known: False where something else than one module lies between them.
    bidirectional: whether the last token reaches the first.
    batching: which texts may share a batch without changing one another.
    chained: False where something lies between two blocks (DeBERTa's convolution), so that
        leaving a block out means more than handing its input on.
    """

    blocks: str
    ran: tuple[int, ...]
    entry: int | str
    leave: int | str | None
    width: int
    norm: str | None
    norm_known: bool
    last: Last
    bidirectional: bool
    batching: Batching
    chained: bool

    @property
    def depth(self) -> int:
        """Blocks that a text passes; there is one layer more."""
        return len(self.ran)

    @property
    def shared(self) -> bool:
        """Whether one block's weights serve several layers."""
        return len(set(self.ran)) < len(self.ran)


def block_list(model: nn.Module, anatomy: Anatomy) -> nn.ModuleList:
    """The list that holds the blocks."""
    found = model.get_submodule(anatomy.blocks)
    return found if isinstance(found, nn.ModuleList) else nn.ModuleList(found.children())


def final_norm(model: nn.Module, anatomy: Anatomy) -> nn.Module | None:
    """The module between the last block and the model's output; None where there is none."""
    path = anatomy.norm
    return None if path is None else model.get_submodule(path)
