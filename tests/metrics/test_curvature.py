"""Token path curvature: known polygons, invariances, padding, short texts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrd_core.errors import MetricError, UnknownNameError
from lrd_core.metrics import TokenLayer, prompt_entropy, token_curvature
from tests.metrics.examples import padded, token_texts


@pytest.mark.parametrize("corners", [3, 4, 5, 8])
def test_closed_polygon_turns_by_its_outer_angle(corners):
    angles = 2 * np.pi * np.arange(2 * corners) / corners  # two rounds, so the mean is the centre
    path = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    outer = 2 * np.pi / corners
    assert token_curvature(path[None])[0] == pytest.approx(outer)
    folded = min(outer, np.pi - outer)
    assert token_curvature(path[None], mode="published")[0] == pytest.approx(folded)


def test_going_to_and_fro_turns_by_pi():
    path = np.tile([[1.0, 0.0], [-1.0, 0.0]], (3, 1))
    assert token_curvature(path[None])[0] == pytest.approx(np.pi)
    assert token_curvature(path[None], mode="published")[0] == pytest.approx(0)


def test_golden(golden):
    tokens, mask = padded(token_texts())
    for mode, expected in golden["token_curvature"].items():
        np.testing.assert_allclose(token_curvature(tokens, mask, mode), expected, rtol=1e-9)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25)
def test_bounds_and_invariances(seed):
    rng = np.random.default_rng(seed)
    path = rng.standard_normal((1, 11, 5))
    value = token_curvature(path)[0]
    assert 0 <= value <= np.pi
    assert token_curvature(path, mode="published")[0] <= np.pi / 2 + 1e-12
    turn = np.linalg.qr(rng.standard_normal((5, 5)))[0]
    moved = 4.2 * path @ turn + rng.standard_normal(5)
    assert token_curvature(moved)[0] == pytest.approx(value)
    assert token_curvature(path[:, ::-1])[0] == pytest.approx(value)


@pytest.mark.parametrize("side", ["right", "left"])
def test_padding_side_and_batch_change_nothing(side):
    texts = token_texts()
    tokens, mask = padded(texts, side)
    alone = [token_curvature(text[None])[0] for text in texts]
    np.testing.assert_allclose(token_curvature(tokens, mask), alone, rtol=1e-12)


def test_texts_under_three_tokens_have_none():
    tokens, mask = padded(token_texts((2, 5, 1)))
    assert np.isnan(token_curvature(tokens, mask)).tolist() == [True, False, True]
    assert np.isnan(token_curvature(tokens[:, :2])).all()


def test_equal_tokens_do_not_turn():
    row = np.random.default_rng(0).standard_normal(6)
    assert token_curvature(np.tile(row, (1, 5, 1))).tolist() == [0]
    path = np.random.default_rng(1).standard_normal((6, 4))
    repeated = np.concatenate([path, path[-1:]])
    steps = np.diff(repeated, axis=0)
    assert (steps[-1] == 0).all()
    assert 0 < token_curvature(repeated[None])[0] < np.pi


def test_a_smooth_path_is_straighter_than_noise():
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((1, 200, 16))
    smooth = np.cumsum(np.cumsum(noise, axis=1), axis=1)
    assert token_curvature(smooth)[0] < 0.7 < 1.9 < token_curvature(noise)[0]


def test_float32_is_within_1e_4_of_float64():
    tokens, mask = padded(token_texts(d=96))
    tokens = np.where(mask[..., None], tokens, 0).astype(np.float32)
    np.testing.assert_allclose(
        token_curvature(tokens, mask), token_curvature(tokens.astype(float), mask), rtol=1e-4
    )


def test_both_token_metrics_take_a_layer_that_is_read_once():
    tokens, mask = padded(token_texts())
    layer = TokenLayer(tokens, mask)
    np.testing.assert_array_equal(token_curvature(layer), token_curvature(tokens, mask))
    np.testing.assert_array_equal(prompt_entropy(layer), prompt_entropy(tokens, mask))


def test_empty_tokens():
    tokens = token_texts()[0][None]
    for empty in (tokens[:0], tokens[:, :0], tokens[..., :0]):
        with pytest.raises(MetricError, match=r"tokens has shape .* at least one text, one token"):
            token_curvature(empty)


def test_unknown_mode():
    with pytest.raises(UnknownNameError, match="did you mean exact"):
        token_curvature(np.zeros((1, 4, 3)), mode="exakt")
