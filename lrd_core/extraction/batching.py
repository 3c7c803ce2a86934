"""Token ids, and batches of similar length cut by a token budget."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from lrd_core.models.anatomy import Batching

TOKENISE_CHUNK = 2048
CHARACTERS_A_TOKEN = 64
MOST_CHARACTERS = 2**22


def tokenise(
    tokenizer: Any, texts: Sequence[str], max_length: int, prompt: str = ""
) -> list[np.ndarray]:
    """Token ids of each text, special tokens included, cut at `max_length`.

    A blank text is a single space, and a text that still gives no token is one end (or pad)
    token: every text has an embedding. Of a very long text only the start is shown to the
    tokenizer, which would take many times its size in memory: see `_encode`.
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
        ids += [
            np.asarray(row or [filler], dtype=np.int32)
            for row in _encode(tokenizer, chunk, max_length)
        ]
    return ids


def _encode(tokenizer: Any, texts: Sequence[str], max_length: int) -> list[list[int]]:
    """Ids of each text, from as much of its start as `max_length` tokens need.

    Of its end, for a tokenizer that cuts at the left. A start that gives fewer tokens, such as one
    long run of spaces, is taken again eight times as long, up to MOST_CHARACTERS: what a text
    gives is what all of it would give.
    """
    from_left = getattr(tokenizer, "truncation_side", "right") == "left"

    def part(text: str, size: int) -> str:
        return text[-size:] if from_left else text[:size]

    def encode(starts: list[str]) -> list[list[int]]:
        encoded = tokenizer(starts, truncation=True, max_length=max_length, padding=False)
        return [list(row) for row in encoded["input_ids"]]

    limit = max(CHARACTERS_A_TOKEN * max_length, 4096)
    found = encode([part(text, limit) for text in texts])
    for place, text in enumerate(texts):
        shown = limit
        while len(text) > shown and len(found[place]) < max_length and shown < MOST_CHARACTERS:
            shown = min(8 * shown, MOST_CHARACTERS)
            (found[place],) = encode([part(text, shown)])
    return found


def batches(
    sizes: np.ndarray, token_budget: int, together: Batching = "any"
) -> Iterator[np.ndarray]:
    """Indices of items, longest first; items x longest item of a batch <= `token_budget`.

    sizes: (n,) positions that a model computes for each item, see `Encoded`.

    Longest first, so that running out of memory shows at once and not after an hour. An item
    longer than the budget is a batch of its own. `together`: which items may share a batch.
    """
    # Stable, so that items of one length keep their order and a rerun makes the same batches: sums
    # of floats are equal bit for bit only in the same company.
    order = np.argsort(-sizes, kind="stable")
    start = 0
    while start < len(order):
        longest = max(int(sizes[order[start]]), 1)
        stop = start + max(token_budget // longest, 1)
        if together == "alone":
            stop = start + 1
        elif together == "equal lengths":  # sorted by length, so they are the first ones
            same = int((sizes[order[start:stop]] == sizes[order[start]]).sum())
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
