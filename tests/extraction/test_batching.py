"""Batches: every text once, no batch over the budget, blank texts kept."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lrd_core.extraction.batching import MOST_CHARACTERS, batches, pad, tokenise


class WordTokenizer:
    """One id a word; the interface that extraction relies on, nothing more."""

    pad_token_id = 0
    eos_token_id = 1

    def __call__(self, texts, truncation, max_length, padding):  # type: ignore[no-untyped-def]
        return {"input_ids": [[2 + len(word) for word in t.split()][:max_length] for t in texts]}


@given(st.lists(st.integers(1, 50), min_size=1, max_size=60), st.integers(1, 200))
def test_batches_hold_every_text_once_within_the_budget(lengths: list[int], budget: int) -> None:
    array = np.array(lengths)
    found = list(batches(array, budget))
    assert sorted(np.concatenate(found)) == list(range(len(lengths)))
    for batch in found:
        assert len(batch) == 1 or array[batch].max() * len(batch) <= budget


def test_the_longest_texts_come_first() -> None:
    first = next(batches(np.array([3, 9, 1]), 9))
    assert list(first) == [1]


def test_padding_is_on_the_right() -> None:
    ids, mask = pad([np.array([5]), np.array([6, 7])], pad_id=0)
    assert ids.tolist() == [[5, 0], [6, 7]]
    assert mask.tolist() == [[1, 0], [1, 1]]


def test_blank_text_has_one_token_and_long_text_is_cut() -> None:
    ids = tokenise(WordTokenizer(), ["", "  ", "a b c d"], max_length=3)
    assert [row.tolist() for row in ids] == [[1], [1], [3, 3, 3]]


def test_the_prompt_goes_before_every_text() -> None:
    ids = tokenise(WordTokenizer(), ["b"], max_length=9, prompt="query: ")
    assert ids[0].tolist() == [8, 3]


class Watched(WordTokenizer):
    """Keeps how many characters of a text were shown."""

    def __init__(self) -> None:
        self.shown: list[int] = []

    def __call__(self, texts, truncation, max_length, padding):  # type: ignore[no-untyped-def]
        self.shown += map(len, texts)
        return super().__call__(texts, truncation, max_length, padding)


def test_of_a_very_long_text_only_the_start_is_shown() -> None:
    tokenizer = Watched()
    (ids,) = tokenise(tokenizer, ["ab " * 10_000_000], max_length=16)
    assert ids.tolist() == [4] * 16
    assert tokenizer.shown == [4096]


def test_a_start_that_gives_too_few_tokens_is_taken_longer() -> None:
    text = " " * 50_000 + "one three"
    assert tokenise(Watched(), [text], max_length=16)[0].tolist() == [5, 7]
    tokenizer = Watched()
    (ids,) = tokenise(tokenizer, ["x" * 10 * MOST_CHARACTERS], max_length=16)
    assert ids.tolist() == [2 + MOST_CHARACTERS]
    assert max(tokenizer.shown) == MOST_CHARACTERS


class CutsAtTheLeft(WordTokenizer):
    truncation_side = "left"

    def __call__(self, texts, truncation, max_length, padding):  # type: ignore[no-untyped-def]
        return {"input_ids": [[2 + len(word) for word in t.split()][-max_length:] for t in texts]}


def test_a_tokenizer_that_cuts_at_the_left_sees_the_end() -> None:
    (ids,) = tokenise(CutsAtTheLeft(), ["ab " * 10_000 + "three"], max_length=3)
    assert ids.tolist() == [4, 4, 7]
