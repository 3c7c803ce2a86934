"""Token ids, and batches of similar length cut by a token budget."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from lrd_core.models.anatomy import Batching

TOKENISE_CHUNK = 2048


def tokenise(
    tokenizer: Any, texts: Sequence[str], max_length: int, prompt: str = ""
) -> list[np.ndarray]:
    """Token ids of each text, special tokens included, cut at `max_length`.

    A blank text is a single space, and a text that still gives no token is one end (or pad)
    token: every text has an embedding.
    """
    filler = next(
        (
            token
            for name in ("eos_token_id", "pad_token_id")
            if (token := getattr(tokenizer, name, None)) is not None
        ),
        0,
    )
    ids: list[np.ndarray] = []
    for start in range(0, len(texts), TOKENISE_CHUNK):
        chunk = [
            prompt + (text if text.strip() else " ") for text in texts[start:][:TOKENISE_CHUNK]
        ]
        encoded = tokenizer(chunk, truncation=True, max_length=max_length, padding=False)
        ids += [np.asarray(row or [filler], dtype=np.int32) for row in encoded["input_ids"]]
    return ids


def batches(
    lengths: np.ndarray, token_budget: int, together: Batching = "any"
) -> Iterator[np.ndarray]:
    """Indices of texts, longest first; texts x longest text of a batch <= `token_budget`.

    Longest first, so that running out of memory shows at once and not after an hour. A text
    longer than the budget is a batch of its own. `together`: which texts may share a batch.
    """
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        longest = max(int(lengths[order[start]]), 1)
        stop = start + max(token_budget // longest, 1)
        if together == "alone":
            stop = start + 1
        elif together == "equal lengths":
            same = int((lengths[order[start:stop]] == lengths[order[start]]).sum())
            stop = start + same
        yield order[start:stop]
        start = stop


def pad(ids: Sequence[np.ndarray], pad_id: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(batch, tokens) ids and mask, padded on the right whatever the tokenizer prefers.

    On the right a causal model never sees the padding and absolute positions start at 0, so
    an embedding cannot depend on its batch.
    """
    longest = max(len(row) for row in ids)
    padded = np.full((len(ids), longest), pad_id, dtype=np.int64)
    mask = np.zeros((len(ids), longest), dtype=np.int64)
    for index, row in enumerate(ids):
        padded[index, : len(row)] = row
        mask[index, : len(row)] = 1
    return torch.from_numpy(padded), torch.from_numpy(mask)
