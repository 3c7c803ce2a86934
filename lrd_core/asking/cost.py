"""What it costs to come to each layer, measured in one run."""

import time
from collections.abc import Sequence

import numpy as np
import torch

from lrd_core.extraction.hidden_states import LayerReader
from lrd_core.extraction.inputs import encode
from lrd_core.models.anatomy import block_list
from lrd_core.models.load import LoadedModel
from lrd_core.settings import RunSettings

BATCH, LENGTH, WARM_UPS, RUNS = 8, 64, 2, 15


def layer_milliseconds(loaded: LoadedModel, texts: Sequence[str]) -> np.ndarray:
    """(num_blocks + 1,) milliseconds of a forward pass until each layer is there.

    On a batch of 8 texts of at most 64 tokens, the fastest of 15 passes: what else the machine does
    only makes a pass slower, and models are timed one after the other.
    """
    chosen = [texts[place % len(texts)] for place in range(BATCH)]
    encoded = encode(loaded, chosen, RunSettings(max_length=min(LENGTH, loaded.max_length)))
    same = BATCH if loaded.anatomy.batching == "any" else 1
    batch = encoded.batch(np.arange(same)).to(loaded.device)
    reader = LayerReader(loaded)
    taken = np.zeros((RUNS, loaded.num_blocks + 1))
    for attempt in range(-WARM_UPS, RUNS):
        _wait(loaded)
        started = time.perf_counter()

        reached: dict[int, float] = {}

        def mark(layer: int, _: torch.Tensor, reached: dict[int, float] = reached) -> None:
            _wait(loaded)
            reached[layer] = time.perf_counter()

        reader.read(batch.inputs, batch.mask, mark)
        if attempt >= 0:
            taken[attempt] = [1000 * (reached[layer] - started) for layer in sorted(reached)]
    fastest: np.ndarray = taken.min(axis=0)
    return fastest


def layer_megabytes(loaded: LoadedModel) -> np.ndarray:
    """(num_blocks + 1,) megabytes (2^20 bytes) of weights that each layer needs."""
    blocks = list(block_list(loaded.model, loaded.anatomy))
    sizes = np.array([_bytes(blocks[index]) for index in loaded.anatomy.ran])
    own = sum(_bytes(block) for block in blocks)
    outside = _bytes(loaded.model) - own
    needed = np.concatenate([[0], np.minimum(np.cumsum(sizes), own)])
    megabytes: np.ndarray = (outside + needed) / 2**20
    return megabytes


def _bytes(module: torch.nn.Module) -> int:
    return sum(value.numel() * value.element_size() for value in module.parameters())


def _wait(loaded: LoadedModel) -> None:
    if loaded.device.type == "cuda":
        torch.cuda.synchronize(loaded.device)
