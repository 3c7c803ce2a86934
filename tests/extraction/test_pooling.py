"""Pooling: known answers, and the same answer on either padding side."""

import pytest
import torch

from lrd_core.errors import InputError
from lrd_core.extraction.pooling import POOLINGS, pool

TOKENS = torch.tensor([[[1.0], [2.0], [6.0]]])
EXPECTED = {"mean": 3.0, "cls": 1.0, "lasttoken": 6.0, "weightedmean": (1 + 4 + 18) / 6}


@pytest.mark.parametrize("how", POOLINGS)
def test_known_answer(how: str) -> None:
    assert pool(TOKENS, torch.ones(1, 3), how).item() == pytest.approx(EXPECTED[how])


@pytest.mark.parametrize("how", POOLINGS)
@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_changes_nothing(how: str, side: str) -> None:
    padding = torch.full((1, 2, 1), 99.0)
    parts = [padding, TOKENS] if side == "left" else [TOKENS, padding]
    masks = [torch.zeros(1, 2), torch.ones(1, 3)]
    mask = torch.cat(masks if side == "left" else masks[::-1], dim=1)
    assert pool(torch.cat(parts, dim=1), mask, how).item() == pytest.approx(EXPECTED[how])


@pytest.mark.parametrize("how", POOLINGS)
def test_padding_may_hold_nan(how: str) -> None:
    tokens = torch.cat([TOKENS, torch.full((1, 2, 1), torch.nan)], dim=1)
    mask = torch.tensor([[1, 1, 1, 0, 0]])
    assert pool(tokens, mask, how).item() == pytest.approx(EXPECTED[how])


def test_half_precision_is_summed_in_float32() -> None:
    tokens = torch.full((1, 4000, 1), 1.001, dtype=torch.float16)
    assert pool(tokens, torch.ones(1, 4000), "mean").dtype == torch.float32
    assert pool(tokens, torch.ones(1, 4000), "mean").item() == pytest.approx(1.001, abs=1e-3)


def test_unknown_pooling_is_named() -> None:
    with pytest.raises(InputError, match="unknown pooling 'max'; choose one of mean, cls"):
        pool(TOKENS, torch.ones(1, 3), "max")


def test_a_text_without_tokens_is_refused() -> None:
    with pytest.raises(InputError, match="no attended token"):
        pool(TOKENS, torch.zeros(1, 3), "mean")
