"""Pooling: known answers, and the same answer on either padding side."""

import pytest
import torch

from lrd_core.errors import InputError
from lrd_core.extraction.pooling import pool
from lrd_core.settings import POOLINGS

TOKENS = torch.tensor([[[1.0], [2.0], [6.0]]])
EXPECTED = {
    "mean": 3.0,
    "cls": 1.0,
    "lasttoken": 6.0,
    "weightedmean": (1 + 4 + 18) / 6,
    "max": 6.0,
    "mean_sqrt_len": 9 / 3**0.5,
}
WITHOUT_THE_FIRST = {
    "mean": 4.0,
    "cls": 2.0,
    "lasttoken": 6.0,
    "weightedmean": (4 + 18) / 5,  # places are counted with the prompt
    "max": 6.0,
    "mean_sqrt_len": 8 / 2**0.5,
}


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


@pytest.mark.parametrize("how", POOLINGS)
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_tokens_of_a_prompt_can_be_left_out(how: str, side: str) -> None:
    padding = torch.full((1, 2, 1), 99.0)
    parts = [padding, TOKENS] if side == "left" else [TOKENS, padding]
    masks = [torch.zeros(1, 2), torch.ones(1, 3)]
    mask = torch.cat(masks if side == "left" else masks[::-1], dim=1)
    found = pool(torch.cat(parts, dim=1), mask, how, skip=1)
    assert found.item() == pytest.approx(WITHOUT_THE_FIRST[how])


def test_a_prompt_that_leaves_no_token_is_refused() -> None:
    with pytest.raises(InputError, match="no attended token after the first 3, which are the pro"):
        pool(TOKENS, torch.ones(1, 3), "mean", skip=3)


def test_joined_ways_stand_one_after_the_other() -> None:
    assert pool(TOKENS, torch.ones(1, 3), "cls+max+mean").tolist() == [[1.0, 6.0, 3.0]]


def test_the_largest_of_negative_values_is_no_padding() -> None:
    tokens = torch.tensor([[[-2.0], [-1.0], [5.0]]])
    assert pool(tokens, torch.tensor([[1, 1, 0]]), "max").item() == -1.0


def test_half_precision_is_summed_in_float32() -> None:
    tokens = torch.full((1, 4000, 1), 1.001, dtype=torch.float16)
    assert pool(tokens, torch.ones(1, 4000), "mean").dtype == torch.float32
    assert pool(tokens, torch.ones(1, 4000), "mean").item() == pytest.approx(1.001, abs=1e-3)


def test_unknown_pooling_is_named() -> None:
    for unknown in ("min", "cls+min", "cls+", ""):
        with pytest.raises(InputError, match=r"unknown pooling '.*'; choose one of mean, cls"):
            pool(TOKENS, torch.ones(1, 3), unknown)


def test_a_text_without_tokens_is_refused() -> None:
    with pytest.raises(InputError, match="no attended token"):
        pool(TOKENS, torch.zeros(1, 3), "mean")
