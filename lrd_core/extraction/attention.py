"""Attention weights of every block, which models compute only when asked to and at a price."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from lrd_core.errors import MetricError
from lrd_core.extraction.inputs import encode
from lrd_core.models.batch import Batch
from lrd_core.models.load import LoadedModel
from lrd_core.models.trace import run
from lrd_core.progress import Progress, silent
from lrd_core.settings import RunSettings


def read_attention(
    loaded: LoadedModel, items: Sequence[Any], settings: RunSettings, progress: Progress = silent
) -> Iterator[tuple[torch.Tensor, tuple[torch.Tensor, ...]]]:
    """For each item its mask (1, positions), and a (1, heads, positions, positions) tensor a block.

    A model may have positions that are not the item's own, such as the rest of its window.

    One item at a time: all blocks' weights of a batch would take gigabytes. Weights are computed
    eagerly, because fused kernels never hold them.
    Raises: MetricError for a model that does not give the weights of every block.
    """
    encoded = encode(loaded, items, settings)
    with _eager(loaded), torch.inference_mode():
        for place in range(len(items)):
            progress("attention weights", place, len(items))
            batch = encoded.batch(np.array([place])).to(loaded.device)
            yield batch.mask, _weights(loaded, batch)


def _weights(loaded: LoadedModel, batch: Batch) -> tuple[torch.Tensor, ...]:
    try:
        output = run(loaded.model, batch, output_attentions=True)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise MetricError(
            f"{loaded.spec.name} cannot be asked for its attention weights: {error}"
        ) from error
    found = getattr(output, "attentions", None) or ()
    given = [one for one in found if isinstance(one, torch.Tensor) and one.ndim == 4]
    if len(given) != loaded.num_blocks or len(found) != loaded.num_blocks:
        raise MetricError(
            f"{loaded.spec.name} gives attention weights of {len(given)} of its "
            f"{loaded.num_blocks} blocks"
        )
    return tuple(given)


@contextmanager
def _eager(loaded: LoadedModel) -> Iterator[None]:
    """The model with attention written out, and as it was afterwards."""
    model = loaded.model
    before = getattr(model.config, "_attn_implementation", None)
    if not hasattr(model, "set_attn_implementation") or before in (None, "eager"):
        yield
        return
    try:
        model.set_attn_implementation("eager")
        yield
    finally:
        model.set_attn_implementation(before)
