"""Tokens of huge norm: what they do to a metric, and that leaving them out undoes it."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lrd_core.errors import MetricError
from lrd_core.metrics import (
    TokenLayer,
    prompt_entropy,
    prompt_entropy_without,
    token_curvature,
    token_curvature_without,
    token_norms,
)
from lrd_core.metrics.dominance import entropy_bound
from tests.metrics.examples import padded, token_texts

BOTH = [(prompt_entropy, prompt_entropy_without), (token_curvature, token_curvature_without)]
each = pytest.mark.parametrize(("everything", "without"), BOTH)


def random_tokens(n: int, d: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, d))


def with_huge(tokens: np.ndarray, place: int, times: float) -> np.ndarray:
    """One more token at this place, `times` as long as the median."""
    direction = random_tokens(1, tokens.shape[1], 99)[0]
    length = times * np.median(np.linalg.norm(tokens, axis=1)) / np.linalg.norm(direction)
    return np.insert(tokens, place, length * direction, axis=0)


@settings(max_examples=30)
@given(
    n=st.integers(4, 40),
    d=st.integers(3, 48),
    seed=st.integers(0, 10**6),
    times=st.floats(50, 1e6),
    share=st.floats(0, 1),
)
def test_one_huge_token_moves_all_tokens_as_the_bound_says_and_the_others_not(
    n: int, d: int, seed: int, times: float, share: float
) -> None:
    plain = random_tokens(n, d, seed)
    place = round(share * n)
    tokens = with_huge(plain, place, times)
    found = token_norms(tokens[None])
    (bound,) = found.entropy_bound
    assert prompt_entropy(tokens[None], recipe=None)[0] <= bound + 1e-6
    assert found.dominated[0] == 1
    assert found.norm_ratio[0] == pytest.approx(
        np.linalg.norm(tokens, axis=1).max() / np.median(np.linalg.norm(tokens, axis=1))
    )
    for everything, without in BOTH:
        np.testing.assert_allclose(
            without(tokens[None]), everything(plain[None]), rtol=1e-6, atol=1e-9
        )


def test_a_huge_token_takes_the_entropy_down_and_leaving_it_out_brings_it_back() -> None:
    plain = random_tokens(40, 64, 0)
    tokens = with_huge(plain, 0, 1000)
    before, after = prompt_entropy(plain[None])[0], prompt_entropy(tokens[None])[0]
    assert before > 0.9
    assert after < 0.2
    assert prompt_entropy_without(tokens[None])[0] == pytest.approx(before)


@each
def test_where_nothing_dominates_both_are_equal_bit_for_bit(everything, without) -> None:
    tokens, mask = padded(token_texts())
    assert token_norms(tokens, mask).dominated.sum() == 0
    np.testing.assert_array_equal(without(tokens, mask), everything(tokens, mask))


@each
@pytest.mark.parametrize("factor", [2.0**-30, 0.125, 8.0, 2.0**40])
def test_scale_changes_nothing(everything, without, factor: float) -> None:
    tokens = np.stack([with_huge(random_tokens(20, 8, seed), 3, 40) for seed in range(3)])
    np.testing.assert_array_equal(without(tokens * factor), without(tokens))
    for name in ("norm_ratio", "top_share", "dominated", "entropy_bound"):
        np.testing.assert_allclose(
            getattr(token_norms(tokens * factor), name), getattr(token_norms(tokens), name)
        )


@pytest.mark.parametrize("scale", [1e-200, 1e-30, 1e30, 1e200])
def test_norms_whose_squares_overflow_or_vanish_are_compared_all_the_same(scale: float) -> None:
    texts = [with_huge(random_tokens(12, 8, 1), 2, 40), random_tokens(5, 8, 2)]
    for side in ("left", "right"):
        tokens, mask = padded(texts, side)
        tokens[mask == 0] = np.nan
        small, plain = token_norms(tokens * scale, mask), token_norms(tokens, mask)
        np.testing.assert_allclose(small.norm_ratio, plain.norm_ratio)
        np.testing.assert_allclose(small.top_share, plain.top_share)
        np.testing.assert_array_equal(small.other, plain.other)


@each
@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_never_counts(everything, without, side: str) -> None:
    texts = [with_huge(random_tokens(n, 8, n), n // 2, 60) for n in (9, 20, 14)]
    tokens, mask = padded(texts, side)
    alone = [float(without(text[None])[0]) for text in texts]
    np.testing.assert_allclose(without(tokens, mask), alone, rtol=1e-6)
    together = token_norms(tokens, mask)
    for row, text in enumerate(texts):
        single = token_norms(text[None])
        for name in ("norm_ratio", "top_share", "dominated", "first", "last", "massive"):
            assert getattr(together, name)[row] == pytest.approx(getattr(single, name)[0]), name


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_place_of_the_largest_token(side: str) -> None:
    texts = [with_huge(random_tokens(10, 8, 5), place, 60) for place in (0, 10, 4, 6)]
    tokens, mask = padded([*texts, random_tokens(20, 8, 6)], side)
    special = np.zeros(mask.shape, dtype=bool)
    start = 0 if side == "right" else mask.shape[1] - 11
    special[:, start + 4] = True
    found = token_norms(TokenLayer(tokens, mask, special))
    assert found.first[:4].tolist() == [1, 0, 0, 0]
    assert found.last[:4].tolist() == [0, 1, 0, 0]
    assert found.special[:4].tolist() == [0, 0, 1, 0]
    assert found.other[:4].tolist() == [0, 0, 0, 1]
    total = found.first + found.last + found.special + found.other
    np.testing.assert_array_equal(total, np.ones(5))


def test_massive_activations_are_counted_and_found() -> None:
    tokens = np.stack([random_tokens(30, 16, seed) for seed in range(3)])
    tokens[0, 0, 5], tokens[0, 0, 9] = 3000, -5000
    tokens[1, 0, 5] = 99  # over a hundred times the median, but under 100 itself
    tokens[2] *= 1000
    found = token_norms(tokens)
    assert found.massive.tolist() == [2, 0, 0]
    assert found.massive_dimension[0] == 9
    assert np.isnan(found.massive_dimension[1:]).all()
    size = np.abs(tokens[0])
    assert ((size > 100) & (size > 1000 * np.median(size))).sum() == 2


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_massive_activations_are_those_that_sorting_finds(seed: int) -> None:
    random = np.random.default_rng(seed)
    tokens = random.standard_normal((1, *random.integers(1, 30, 2))) * random.choice([0.01, 1, 5])
    for _ in range(random.integers(0, 4)):
        place = tuple(random.integers(0, tokens.shape))
        tokens[place] = random.choice([-3000, 50, 101, 150, 1000, 1500, 20000])
    sizes = np.abs(tokens[0])
    median = np.sort(sizes.ravel())[(sizes.size - 1) // 2]
    massive = sizes * (sizes > max(100, 1000 * median))
    found = token_norms(tokens)
    assert found.massive[0] == np.count_nonzero(massive)
    if massive.any():
        assert found.massive_dimension[0] == massive.max(axis=0).argmax()


def test_without_under_two_tokens_left_there_is_no_value() -> None:
    tokens = np.array([[[1.0, 0.0], [4.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]]])
    values = prompt_entropy_without(tokens, factor=1.2)
    assert np.isnan(values[0])
    assert values[1] == prompt_entropy(tokens)[1]


def test_a_text_of_zeros_has_no_ratio() -> None:
    found = token_norms(np.zeros((1, 5, 3)))
    assert np.isnan(found.norm_ratio[0])
    assert np.isnan(found.top_share[0])
    assert found.dominated[0] == 0


@pytest.mark.parametrize("factor", [1, 0.5, 0, -3, float("nan")])
def test_a_factor_that_every_second_token_would_be_over_is_refused(factor: float) -> None:
    with pytest.raises(MetricError, match="must be above 1, such as 10"):
        token_norms(random_tokens(5, 3, 0)[None], factor=factor)


@pytest.mark.parametrize("rank", [2, 3, 17])
def test_the_bound_is_reached_by_a_spectrum_of_one_large_and_equal_small_parts(rank: int) -> None:
    for share in (1 / rank, 0.6, 0.99):
        p = np.array([share, *[(1 - share) / (rank - 1)] * (rank - 1)])
        entropy = -(p * np.log(p)).sum() / np.log(rank)
        (bound,) = entropy_bound(np.array([share]), np.array([rank]))
        assert bound == pytest.approx(entropy)
    ends = entropy_bound(np.array([1.0, 0.0, 1.0]), np.array([rank, rank, 1]))
    assert ends.tolist() == pytest.approx([0.0, 1.0, 0.0])


def test_what_metrics_share_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens, mask = padded(token_texts())
    layer = TokenLayer(torch.from_numpy(tokens), torch.from_numpy(mask))
    first = prompt_entropy(layer)
    monkeypatch.setattr("lrd_core.metrics.entropy.same_length_groups", None)
    assert prompt_entropy(layer) is first
    assert prompt_entropy_without(layer) is first
