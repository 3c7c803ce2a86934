"""A block that does nothing, to compare with one that was taken out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from lrd_core.extraction.inputs import encode
from lrd_core.models.anatomy import block_list
from lrd_core.models.load import LoadedModel
from lrd_core.pruning.surgery import prune


@contextmanager
def passing(block: nn.Module) -> Iterator[None]:
    """Within, a block gives back what it takes."""

    def hand_on(module: nn.Module, args: tuple, kwargs: dict, output: object) -> object:
        given = args[0] if args else kwargs["hidden_states"]
        return (given, *output[1:]) if isinstance(output, tuple) else given

    handle = block.register_forward_hook(hand_on, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()


def check_taking_out(loaded: LoadedModel, items: Sequence[Any], block: int) -> None:
    """What is left without a block gives what the whole gives when that block hands its input on.

    To 1e-5, at every position.
    """
    inputs = encode(loaded, items).batch(np.arange(len(items))).inputs
    with torch.inference_mode(), passing(block_list(loaded.model, loaded.anatomy)[block]):
        expected = loaded.model(**inputs).last_hidden_state
    with torch.inference_mode():
        found = prune(loaded.model, (block,))(**inputs).last_hidden_state
        whole = loaded.model(**inputs).last_hidden_state
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5, msg=loaded.spec.name)
    assert not torch.allclose(whole, expected, rtol=0, atol=1e-3), "a block that does something"
