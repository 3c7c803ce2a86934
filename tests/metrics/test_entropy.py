"""Matrix, prompt and data set entropy, effective rank: theorems, padding, precision."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lrd_core.errors import MetricError, UnknownNameError
from lrd_core.metrics import (
    dataset_entropy,
    effective_rank,
    effective_ranks,
    matrix_entropy,
    prompt_entropy,
    rankme,
    token_layer,
)
from lrd_core.metrics.registry import find_series
from lrd_core.metrics.spectral import spectrum_entropy
from tests.metrics.examples import drifting_layers, padded, token_texts

SEEDS = st.integers(0, 2**32 - 1)
ALPHAS = st.sampled_from([0.5, 1.0, 1.5, 2.0, 3.0])


def matrix(seed: int, n: int = 12, d: int = 7) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, d))


@pytest.mark.parametrize("alpha", [0.5, 1, 1.5, 2, 5, 1000])
def test_orthonormal_rows_have_the_entropy_of_their_number(alpha):
    assert matrix_entropy(np.eye(5), alpha, "raw", recipe=None) == pytest.approx(np.log(5))
    assert matrix_entropy(np.eye(5), alpha, recipe=None) == pytest.approx(1)


def test_known_spectrum():
    z = np.diag(np.sqrt([0.5, 0.25, 0.25]))
    assert matrix_entropy(z, 1, "raw", recipe=None) == pytest.approx(1.5 * np.log(2))
    assert matrix_entropy(z, 2, "raw", recipe=None) == pytest.approx(-np.log(0.375))


def test_a_large_alpha_nears_the_logarithm_of_the_largest_share():
    z = np.diag(np.sqrt([0.05] * 8 + [0.3, 0.3]))
    assert matrix_entropy(z, 2000, "raw", recipe=None) == pytest.approx(-np.log(0.3), rel=1e-3)


def test_centred_simplex_uses_one_direction_less():
    assert matrix_entropy(np.eye(6), 1, "raw") == pytest.approx(np.log(5))


@given(SEEDS, ALPHAS, st.sampled_from([(12, 7), (7, 12), (9, 9)]))
@settings(max_examples=40)
def test_bounds_and_invariances(seed, alpha, shape):
    z = matrix(seed, *shape)
    rng = np.random.default_rng(seed)
    entropy = matrix_entropy(z, alpha, "raw")
    assert -1e-12 <= entropy <= np.log(np.linalg.matrix_rank(z - z.mean(axis=0))) + 1e-9
    turn = np.linalg.qr(rng.standard_normal((shape[1], shape[1])))[0]
    changed = 3.7 * z[rng.permutation(shape[0])] @ turn + rng.standard_normal(shape[1])
    assert matrix_entropy(changed, alpha, "raw") == pytest.approx(entropy, abs=1e-8)


@given(SEEDS, ALPHAS)
@settings(max_examples=30)
def test_gram_side_equals_covariance_side(seed, alpha):
    z = matrix(seed, 12, 7)
    wide = np.concatenate([z, np.zeros((12, 8))], axis=1)  # 12 <= 15: the Gram side
    assert matrix_entropy(z, alpha, "raw") == pytest.approx(
        matrix_entropy(wide, alpha, "raw"), abs=1e-8
    )


@given(SEEDS)
@settings(max_examples=20)
def test_entropy_falls_with_alpha_and_is_continuous_at_one(seed):
    p = torch.from_numpy(np.random.default_rng(seed).uniform(0.01, 1, 20))
    values = [float(spectrum_entropy(p, alpha)) for alpha in (0.5, 0.9999, 1, 1.0001, 2, 4)]
    assert values == sorted(values, reverse=True)
    assert values[1] == pytest.approx(values[3], abs=1e-3)
    for near in (1 - 1e-16, 1 + 1e-12, 1 + 1e-7):
        assert float(spectrum_entropy(p, near)) == pytest.approx(values[2], abs=1e-6)


@pytest.mark.parametrize(
    ("name", "divisor"),
    [("raw", 1.0), ("logN", np.log(12)), ("logD", np.log(7)), ("maxEntropy", np.log(7))],
)
def test_normalisations(name, divisor):
    z = matrix(0)
    assert matrix_entropy(z, 1, name) == pytest.approx(matrix_entropy(z, 1, "raw") / divisor)


def test_golden(golden):
    layers = drifting_layers()
    for key, expected in golden["dataset_entropy"].items():
        mode, alpha = key.split(":")
        found = [dataset_entropy(z, float(alpha), "raw", mode) for z in layers]
        if mode == "published" and alpha == "2":
            assert all(np.isfinite(found))  # clipping makes the closed form another number
            continue
        np.testing.assert_allclose(found, expected, rtol=1e-9)
    for mode, expected in golden["prompt_entropy"].items():
        tokens, mask = padded(token_texts())
        found = prompt_entropy(tokens, mask, 1, "raw", mode)
        np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_published_mode_only_adds_and_leaves_positive_matrices_alone():
    z = np.abs(matrix(1))
    assert matrix_entropy(z, recipe=None, mode="published") == pytest.approx(
        matrix_entropy(z, recipe=None)
    )
    assert matrix_entropy(matrix(1), mode="published") > matrix_entropy(matrix(1)) + 0.01


def test_entropy_sees_a_collapse():
    z = matrix(2, 200, 16)
    squeezed = z * np.array([1.0] + [0.05] * 15)
    assert matrix_entropy(squeezed) < 0.5 < 0.9 < matrix_entropy(z)


@pytest.mark.parametrize("mode", ["exact", "published"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_degenerate_inputs_have_entropy_zero(mode, dtype):
    row = np.random.default_rng(0).standard_normal(9).astype(dtype)
    for z in (row[None], np.tile(row, (5, 1)), np.zeros((4, 9), dtype)):
        for alpha in (1, 1.5, 2):
            zeros = [matrix_entropy(z, alpha, mode=mode), *prompt_entropy(z[None], None, alpha)]
            assert zeros == [0, 0] and not np.signbit(zeros).any()


def test_one_column_has_no_maximum_to_share():
    assert matrix_entropy(np.array([[1.0], [2.0], [4.0]])) == 0


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("mode", ["exact", "published"])
@pytest.mark.parametrize("alpha", [0.5, 1, 2])
def test_prompt_entropy_is_matrix_entropy_of_the_attended_tokens(side, mode, alpha):
    texts = token_texts()  # lengths on both sides of d = 32, so both Gram sides occur
    tokens, mask = padded(texts, side)
    expected = [matrix_entropy(text, alpha, mode=mode) for text in texts]
    np.testing.assert_allclose(
        prompt_entropy(tokens, mask, alpha, mode=mode), expected, rtol=1e-9, atol=1e-12
    )


def test_a_mask_with_holes_takes_the_attended_tokens_in_order():
    text = token_texts((9,))[0]
    mask = np.array([[1, 0, 1, 1, 0, 1, 1, 0, 1]])
    assert prompt_entropy(text[None], mask)[0] == pytest.approx(
        matrix_entropy(text[mask[0].astype(bool)])
    )


def test_recipe_none_takes_tokens_as_given():
    tokens, mask = padded(token_texts())
    expected = [matrix_entropy(text, recipe=None) for text in token_texts()]
    np.testing.assert_allclose(prompt_entropy(tokens, mask, recipe=None), expected, rtol=1e-9)


def test_padding_may_hold_nan():
    tokens, mask = padded(token_texts())
    clean = prompt_entropy(tokens, mask)
    tokens[mask == 0] = np.nan
    np.testing.assert_array_equal(prompt_entropy(tokens, mask), clean)


@pytest.mark.parametrize("length", [60, 130])
@pytest.mark.parametrize("alpha", [0.5, 1, 1 + 1e-6, 2, 3])
def test_float32_is_within_1e_4_of_float64(length, alpha):
    texts = np.stack(token_texts((length,) * 3, d=96)).astype(np.float32)
    exact = prompt_entropy(texts.astype(np.float64), alpha=alpha)
    np.testing.assert_allclose(prompt_entropy(texts, alpha=alpha), exact, rtol=1e-4)
    half = torch.from_numpy(texts).bfloat16()
    np.testing.assert_allclose(
        prompt_entropy(half, alpha=alpha), prompt_entropy(half.double(), alpha=alpha), rtol=1e-4
    )


@pytest.mark.parametrize("kind", ["even", "decaying", "low rank", "repeated", "one direction"])
def test_float32_holds_for_every_kind_of_spectrum(kind):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((3, 149, 150))
    if kind == "decaying":
        x *= np.arange(1, 151) ** -1.5
    if kind == "low rank":
        x = x[..., :8] @ rng.standard_normal((8, 150))
    if kind == "repeated":
        x = x[:, rng.integers(0, 20, 149)]
    if kind == "one direction":
        x = 0.03 * x + rng.standard_normal((3, 149, 1)) * rng.standard_normal(150)
    exact = prompt_entropy(x, normalisation="raw")
    single = prompt_entropy(x.astype(np.float32), normalisation="raw")
    np.testing.assert_allclose(single, exact, rtol=1e-4)


def test_tokens_read_in_float32_keep_their_digits_near_alpha_one():
    texts = torch.from_numpy(np.stack(token_texts((130,) * 2, d=96))).float()
    layer = token_layer(texts)
    prompt_entropy(layer)
    expected = prompt_entropy(texts.double())
    np.testing.assert_allclose(prompt_entropy(layer, alpha=1 + 1e-6), expected, rtol=1e-4)


def test_batch_composition_and_threads_change_nothing():
    texts = token_texts((40, 38, 5, 40))
    tokens, mask = padded(texts)
    together = prompt_entropy(tokens, mask)
    alone = [prompt_entropy(text[None])[0] for text in texts]
    np.testing.assert_allclose(together, alone, rtol=1e-12)
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        np.testing.assert_allclose(prompt_entropy(tokens, mask), together, rtol=1e-12)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(threads)


def test_effective_rank_of_known_matrices(golden):
    hadamard = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1.0]])
    assert rankme(hadamard) == pytest.approx(4)
    assert effective_rank(hadamard[:, 1:]) == pytest.approx(3)  # columns have mean 0
    line = np.arange(8.0)[:, None] * np.ones(5)
    assert effective_rank(line) == pytest.approx(1)
    last = drifting_layers()[-1]
    both = effective_ranks(last)
    assert both.effective_rank == pytest.approx(golden["effective_rank"])
    assert both.rankme == pytest.approx(golden["rankme"])


@given(SEEDS)
@settings(max_examples=15)
def test_effective_rank_bounds_and_invariances(seed):
    z = matrix(seed, 20, 6)
    turn = np.linalg.qr(np.random.default_rng(seed).standard_normal((6, 6)))[0]
    rank = effective_rank(z)
    assert 1 <= rank <= 6
    assert effective_rank(2.5 * z[::-1] @ turn + 3) == pytest.approx(rank)
    assert effective_rank(np.concatenate([z, np.zeros((20, 20))], axis=1)) == pytest.approx(rank)


def test_effective_rank_is_undefined_without_variance():
    with pytest.raises(MetricError, match="rank 0 is undefined: all rows are equal"):
        effective_rank(np.full((6, 4), 0.1))
    with pytest.raises(MetricError, match="rank 0 is undefined: all entries are 0"):
        rankme(np.zeros((6, 4)))
    assert rankme(np.full((6, 4), 0.1)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"alpha": 0}, MetricError, "alpha = 0 must be above 0 and finite"),
        ({"alpha": float("inf")}, MetricError, "alpha = inf must be above 0 and finite"),
        ({"alpha": float("nan")}, MetricError, "alpha = nan must be above 0 and finite"),
        ({"normalisation": "logn"}, UnknownNameError, "did you mean logN"),
        ({"normalisation": None}, UnknownNameError, "no normalisation is called 'None'"),
        ({"mode": "publishd"}, UnknownNameError, "did you mean published"),
        ({"recipe": "center"}, MetricError, "recipe = 'center' must be 'unit' or None"),
    ],
)
def test_bad_options(options, error, message):
    with pytest.raises(error, match=message):
        matrix_entropy(matrix(0), **options)
    with pytest.raises(error, match=message):
        prompt_entropy(matrix(0)[None], **options)


def test_bad_tokens():
    tokens, mask = padded(token_texts())
    with pytest.raises(MetricError, match=r"tokens must have shape \(batch, tokens, d\)"):
        prompt_entropy(tokens[0])
    with pytest.raises(MetricError, match=r"attention_mask has shape \(6, 39\), tokens \(6, 40\)"):
        prompt_entropy(tokens, mask[:, 1:])
    for empty in (tokens[:0], tokens[:, :0], tokens[..., :0]):
        with pytest.raises(MetricError, match=r"at least one text, one token and one dimension"):
            prompt_entropy(empty)
    mask[3] = 0
    with pytest.raises(MetricError, match="text 3 of the batch has no attended token"):
        prompt_entropy(tokens, mask)
    tokens[2, 0, 1] = np.nan
    with pytest.raises(MetricError, match="tokens holds NaN or Inf, first in row 2"):
        prompt_entropy(tokens)


@pytest.mark.parametrize("n", [2, 3, 4, 8, 32])
def test_cards_promise_the_ceiling_that_centring_leaves(n):
    even = np.eye(64)[:n]
    ceiling = np.log(n - 1) / np.log(n)
    tokens = prompt_entropy(even[None], np.ones((1, n)))
    assert dataset_entropy(even) == pytest.approx(ceiling)
    assert float(tokens[0]) == pytest.approx(ceiling)
    assert effective_rank(even) == pytest.approx(n - 1)
    prompt, whole = find_series("prompt_entropy").card, find_series("dataset_entropy").card
    assert "log(m - 1) / log(m)" in prompt.range and "log(n - 1) / log(n)" in whole.range
    if n > 2:
        assert f"{ceiling:.3f}" in prompt.range
    if n > 3:
        assert f"{ceiling:.3f}" in whole.range
    assert "texts minus 1" in find_series("effective_rank").card.range
    assert "minus 1" not in find_series("rankme").card.range


def test_the_whole_range_is_reached_with_more_rows_than_dimensions():
    directions = np.concatenate([np.eye(4), -np.eye(4)])
    assert dataset_entropy(directions) == pytest.approx(1)
    assert float(prompt_entropy(directions[None], np.ones((1, 8)))[0]) == pytest.approx(1)
