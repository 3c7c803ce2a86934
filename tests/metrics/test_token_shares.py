"""Shares of single tokens in an entropy, and how far they turn: known answers and invariances."""

import numpy as np
import pytest
import scipy.linalg
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lrd_core.errors import MetricError
from lrd_core.metrics import TokenLayer, prompt_entropy
from lrd_core.metrics.token_shares import entropy_shares, layer_cosines


def tokens(seed: int = 0, batch: int = 2, m: int = 9, d: int = 16) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(batch, m, d))


def unit(z: np.ndarray) -> np.ndarray:
    centred = z - z.mean(axis=0)
    return centred / np.linalg.norm(centred, axis=1, keepdims=True)


def test_three_tokens_at_equal_angles_share_alike() -> None:
    angles = 2 * np.pi * np.arange(3) / 3
    triangle = np.stack([np.cos(angles), np.sin(angles)], axis=1)[None]
    np.testing.assert_allclose(entropy_shares(triangle), 1 / 3)


@pytest.mark.parametrize(("m", "d"), [(9, 16), (30, 8), (8, 8)])
def test_shares_are_the_diagonal_of_minus_rho_log_rho(m: int, d: int) -> None:
    z = tokens(1, 1, m, d)
    gram = unit(z[0]) @ unit(z[0]).T
    # The logarithm of a singular matrix is infinite; times rho such directions add nothing.
    rho = gram / np.trace(gram) + 1e-14 * np.eye(m)
    parts = np.diag(-rho @ scipy.linalg.logm(rho)).real
    entropy = prompt_entropy(z, normalisation="raw")[0]
    np.testing.assert_allclose(entropy_shares(z)[0], parts / parts.sum(), atol=1e-9)
    assert parts.sum() == pytest.approx(entropy, abs=1e-9)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(3, 20), st.integers(2, 12))
def test_they_add_up_and_ignore_scale_turn_shift_and_follow_order(
    seed: int, m: int, d: int
) -> None:
    generator = np.random.default_rng(seed)
    z = generator.normal(size=(1, m, d))
    shares = entropy_shares(z)
    assert shares.sum() == pytest.approx(1.0)
    assert (shares >= 0).all()
    turn, _ = np.linalg.qr(generator.normal(size=(d, d)))
    np.testing.assert_allclose(entropy_shares(3 * z @ turn + 5), shares, atol=1e-8)
    order = generator.permutation(m)
    np.testing.assert_allclose(entropy_shares(z[:, order]), shares[:, order], atol=1e-8)


def test_a_huge_token_leaves_the_entropy_to_the_others() -> None:
    z = tokens(2, 1, 40, 16)
    z[0, 0] *= 1000
    shares = entropy_shares(z)[0]
    assert shares[0] < shares[1:].min()
    assert abs(shares[1:].sum() + shares[0] - 1) < 1e-12


def test_an_entropy_of_0_is_shared_by_nobody() -> None:
    assert np.isnan(entropy_shares(np.ones((1, 5, 4)))).all()
    assert np.isnan(entropy_shares(tokens(m=1))).all()
    assert np.isnan(entropy_shares(tokens(m=2))).all()  # centred, both are on one line


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_has_no_share_and_changes_none(side: str) -> None:
    z, wide = tokens(), np.full((2, 12, 16), np.nan)
    part = slice(0, 9) if side == "right" else slice(3, 12)
    wide[:, part] = z
    mask = np.zeros((2, 12), dtype=int)
    mask[:, part] = 1
    for found, plain in (
        (entropy_shares(wide, mask), entropy_shares(z)),
        (layer_cosines(wide, wide[::-1].copy(), mask), layer_cosines(z, z[::-1].copy())),
    ):
        np.testing.assert_array_equal(found[:, part], plain)
        assert np.isnan(found[mask == 0]).all()


def test_cosines_of_known_pairs() -> None:
    before = np.array([[[1.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]])
    after = np.array([[[5.0, 0.0], [0.0, 2.0], [-3.0, -3.0], [1.0, 0.0]]])
    np.testing.assert_allclose(layer_cosines(before, after), [[1.0, 0.0, -1.0, np.nan]])
    layers = (TokenLayer(torch.from_numpy(z)) for z in (before, 1e30 * after))
    np.testing.assert_allclose(layer_cosines(*layers), [[1.0, 0.0, -1.0, np.nan]])


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(MetricError, match=r"the layers have shapes \(2, 9, 16\) and \(2, 9, 8\)"):
        layer_cosines(tokens(), tokens(d=8))
    with pytest.raises(MetricError, match="NaN or Inf"):
        entropy_shares(np.full((1, 3, 2), np.nan))
    with pytest.raises(MetricError, match=r"shape \(batch, tokens, d\)"):
        entropy_shares(np.ones((3, 2)))
