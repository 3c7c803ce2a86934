"""The last layer of a model that ran otherwise than as a whole, read as extraction reads it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from lrd_core.errors import ModelError
from lrd_core.models.anatomy import Anatomy, block_list, final_norm
from lrd_core.models.trace import token_vectors
from lrd_core.pruning.block_calls import hidden_in


class LastLayer:
    """What the last block gave and what the model returned, of the newest pass."""

    def __init__(self, model: nn.Module, anatomy: Anatomy) -> None:
        self._anatomy = anatomy
        self._norm = final_norm(model, anatomy)
        self._end: torch.Tensor | None = None
        self._name = type(model).__name__
        self._output: Any = None

    def take(self, module: nn.Module, args: Any, output: Any) -> None:
        """A forward hook of the last block; hooks also see what a block is made to give."""
        self._end = hidden_in(self._anatomy, output)

    def keep(self, module: nn.Module, args: Any, output: Any) -> None:
        """A forward hook of the model."""
        self._output = output

    def read(self, mask: torch.Tensor) -> torch.Tensor:
        """(batch, positions, width) of the newest pass, whose mask is (batch, positions).

        Raises: ModelError where the model returned no vector for each token.
        """
        if self._anatomy.last == "output":
            found = token_vectors(self._output, mask)
        else:
            found = self._end
            if found is not None:
                tokens = found[:, : mask.shape[1]]
                found = tokens if self._norm is None else self._norm(tokens)
        if found is None:
            raise ModelError(f"{self._name} returned no vector for each token")
        return found


@contextmanager
def last_layer(model: nn.Module, anatomy: Anatomy) -> Iterator[LastLayer]:
    """Within, the last layer of each pass of the model can be read."""
    reader = LastLayer(model, anatomy)
    last = block_list(model, anatomy)[anatomy.ran[-1]]
    with last.register_forward_hook(reader.take), model.register_forward_hook(reader.keep):
        yield reader
