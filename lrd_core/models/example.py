"""What a model is tried on, to find out how it is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from lrd_core.models.batch import Batch
from lrd_core.models.resolve import positions, text_config

SHORT, LONG = 9, 40
"""Tokens of the two texts: enough for a window or a convolution to show, and cheap."""


@dataclass(frozen=True)
class Company:
    """Items in one batch, and each of them alone."""

    together: Batch
    alone: tuple[Batch, ...]


@dataclass(frozen=True)
class Example:
    """A few items that show what a model does.

    short: one item. other: the same with another last position, or None where no input belongs
    to the last position alone. mixed: items of unequal length; None where all have the same.
    equal: items of equal length; None where no two have it.
    """

    short: Batch
    other: Batch | None
    mixed: Company | None
    equal: Company | None


def token_example(model: nn.Module, ids: Sequence[Sequence[int]] | None = None) -> Example:
    """For a model of texts. ids: those of two texts, the second longer; random ones without.

    Shape: every batch is on the model's device.
    """
    short, long = _rows(model, ids)
    n, width = short.shape[1], long.shape[1]
    other = short.clone()
    other[0, -1] = short[0, 1] if int(short[0, 1]) != int(short[0, -1]) else short[0, 0]
    if bool((other == short).all()):
        other[0, -1] += 1
    padded = torch.zeros_like(long)
    padded[:, :n] = short
    mask = torch.ones_like(long).repeat(2, 1)
    mask[0, n:] = 0
    both = Batch.of_ids(torch.cat([padded, long]), mask)
    mixed = Company(both, (Batch.of_ids(short), Batch.of_ids(long)))
    pair = torch.cat([short, short.flip(1)])
    equal = Company(Batch.of_ids(pair), tuple(Batch.of_ids(row[None]) for row in pair))
    return Example(
        short=Batch.of_ids(short),
        other=Batch.of_ids(other),
        mixed=mixed if n != width else None,
        equal=equal,
    )


def _rows(
    model: nn.Module, ids: Sequence[Sequence[int]] | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """A short and a long text as (1, tokens) ids on the model's device."""
    device = next(model.parameters()).device
    limit = max(2, min(positions(model), 10_000))
    if ids is not None and min(map(len, ids)) >= SHORT:
        rows = [list(ids[0][:SHORT]), list(ids[-1][:LONG])]
        if len(rows[1]) > SHORT and limit > SHORT:
            first, second = (torch.tensor([row[:limit]], device=device) for row in rows)
            return first, second
    words = _vocabulary(model)
    generator = torch.Generator().manual_seed(3)
    lengths = (min(SHORT, limit), min(LONG, limit))
    first = min(4, words - 2)
    drawn = [torch.randint(first, words, (1, n), generator=generator) for n in lengths]
    return drawn[0].to(device), drawn[1].to(device)


def _vocabulary(model: Any) -> int:
    text = text_config(getattr(model, "config", None))
    return max(4, int(getattr(text, "vocab_size", None) or 100))
