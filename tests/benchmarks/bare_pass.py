"""The forward pass that everything else is measured against."""

import time
from collections.abc import Sequence

import numpy as np
import torch

from lrd_core.extraction.batching import batches, pad, tokenise
from lrd_core.extraction.hidden_states import TOKEN_BUDGET
from lrd_core.extraction.inputs import pad_id
from lrd_core.models.load import LoadedModel


def bare(loaded: LoadedModel, texts: Sequence[str], max_length: int) -> float:
    """Seconds of tokenising and one forward pass with mean pooling of the last layer."""
    started = time.perf_counter()
    ids = tokenise(loaded.tokenizer, texts, max_length)
    lengths = np.array([len(row) for row in ids])
    for batch in batches(lengths, TOKEN_BUDGET["cpu"]):
        tokens, mask = pad([ids[index] for index in batch], pad_id(loaded))
        with torch.inference_mode():
            last = loaded.model(input_ids=tokens, attention_mask=mask).last_hidden_state
            _ = (last * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
    return time.perf_counter() - started
