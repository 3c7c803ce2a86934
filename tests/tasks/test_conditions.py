"""Extreme inputs: what must change, what must stay, and that it can be repeated."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrd_core.errors import InputError
from lrd_core.tasks.conditions import Condition

VOCABULARY = 50
SPECIAL = {0, 1, 2}
ids = st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=60)
conditions = st.sampled_from(["", "repeat:0.5", "random:0.5", "length:3", "repeat:1", "random:1"])


def apply(text: str, tokens: list[int], seed: int = 0, index: int = 0) -> list[int]:
    return Condition.parse(text).apply(tokens, VOCABULARY, SPECIAL, seed, index)


@given(conditions, ids, st.integers(0, 9), st.integers(0, 9))
def test_repeatable_and_special_tokens_stay(
    text: str, tokens: list[int], seed: int, index: int
) -> None:
    changed = apply(text, tokens, seed, index)
    assert changed == apply(text, tokens, seed, index)
    assert [token for token in changed if token in SPECIAL] == [
        token for token in tokens if token in SPECIAL
    ]
    if not text.startswith("length"):
        assert len(changed) == len(tokens)
        kept = [place for place, token in enumerate(tokens) if token in SPECIAL]
        assert all(changed[place] == tokens[place] for place in kept)


@given(ids)
def test_strength_zero_changes_nothing(tokens: list[int]) -> None:
    assert apply("repeat:0", tokens) == apply("random:0", tokens) == tokens
    assert apply("", tokens) == apply("none", tokens) == tokens


def test_full_repetition_is_the_first_token() -> None:
    assert apply("repeat:1", [1, 7, 8, 9, 2]) == [1, 7, 7, 7, 2]


def test_share_of_repeated_tokens_is_the_probability() -> None:
    tokens = [3 + turn % 40 for turn in range(4000)]
    changed = np.array(apply("repeat:0.3", tokens))
    assert abs((changed[1:] == changed[:-1]).mean() - 0.3) < 0.03


def test_random_replaces_the_share_with_ordinary_tokens() -> None:
    tokens = [1, *[49] * 1000, 2]
    changed = np.array(apply("random:0.4", tokens))
    assert 370 <= (changed != np.array(tokens)).sum() <= 400, "a draw may hit the same token"
    assert not set(changed[1:-1].tolist()) & SPECIAL
    assert len(set(changed.tolist())) > 40


def test_a_larger_share_contains_the_smaller() -> None:
    tokens = [49] * 200
    small, large = np.array(apply("random:0.2", tokens)), np.array(apply("random:0.6", tokens))
    moved = small != 49
    assert (small[moved] == large[moved]).all()


def test_length_cuts_ordinary_tokens_and_keeps_the_frame() -> None:
    assert apply("length:2", [1, 7, 8, 9, 2]) == [1, 7, 8, 2]
    assert apply("length:9", [1, 7, 8, 9, 2]) == [1, 7, 8, 9, 2]


def test_texts_and_seeds_get_draws_of_their_own() -> None:
    tokens = list(range(3, 43))
    draws = {tuple(apply("random:0.5", tokens, seed, index)) for seed in (0, 1) for index in (0, 1)}
    assert len(draws) == 4


@pytest.mark.parametrize("text", ["repeat:0.3", "random:1", "length:64", ""])
def test_text_form_is_stable(text: str) -> None:
    assert str(Condition.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("shuffle:1", "there is no condition 'shuffle:1'; known: repeat:P, random:P, length:N"),
        ("repeat:2", r"'repeat' needs a probability, as in repeat:0\.3, not '2'"),
        ("random:", r"'random' needs a share, as in random:0\.3, not ''"),
        ("length:0", "'length' needs a number of tokens, as in length:64, not '0'"),
        ("length:2.5", "'length' needs a number of tokens"),
        ("repeat:nan", "'repeat' needs a probability"),
    ],
)
def test_wrong_conditions_say_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Condition.parse(text)
