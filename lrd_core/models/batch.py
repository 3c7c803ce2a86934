"""Items as a model takes them. What they were before, texts or else, shows here no more."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch


@dataclass(frozen=True)
class Batch:
    """What one forward pass is given, and which positions of its hidden states are an item's own.

    inputs: tensors by the name of the model's argument, of any dtype, one row an item.
    mask: (batch, positions) of 0 and 1, for the positions of hidden states and not of inputs: a
    model may make one position of many input values. An item's own positions come first.
    special: (batch, positions) bool, positions that stand for no part of an item, such as
    delimiters; None where that is not known.
    """

    inputs: Mapping[str, torch.Tensor]
    mask: torch.Tensor
    special: torch.Tensor | None = None

    @classmethod
    def of_ids(cls, ids: torch.Tensor, mask: torch.Tensor | None = None) -> "Batch":
        """Token ids (batch, tokens), one position each; without a mask all of them count."""
        mask = torch.ones_like(ids) if mask is None else mask
        return cls({"input_ids": ids, "attention_mask": mask}, mask)

    def of_dtype(self, dtype: torch.dtype) -> "Batch":
        """Inputs that are no whole numbers as a model of this number format takes them."""
        made = {n: x.to(dtype) if x.is_floating_point() else x for n, x in self.inputs.items()}
        return replace(self, inputs=made)

    def to(self, device: torch.device) -> "Batch":
        inputs = {name: tensor.to(device) for name, tensor in self.inputs.items()}
        special = None if self.special is None else self.special.to(device)
        return replace(self, inputs=inputs, mask=self.mask.to(device), special=special)
