"""Entropy by log-determinants: as eigenvalues give it, for every kind of spectrum."""

import numpy as np
import pytest
import torch
from scipy.linalg import eigvalsh_tridiagonal

from lrd_core.metrics.spectral import gram_entropy
from lrd_core.metrics.tridiagonal import entropies_of_tridiagonals, shannon_entropies
from tests.metrics.independent import shannon, unit


def spectra(kind: str, tokens: int, d: int = 150) -> np.ndarray:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((3, tokens, d))
    if kind == "decaying":
        x *= np.arange(1, d + 1) ** -1.5
    if kind == "low rank":
        x = x[..., :8] @ rng.standard_normal((8, d))
    if kind == "repeated":
        x = x[:, rng.integers(0, 20, tokens)]
    if kind == "one direction":
        x = 0.03 * x + rng.standard_normal((3, tokens, 1)) * rng.standard_normal(d)
    return np.stack([unit(text) for text in x])


@pytest.mark.parametrize("tokens", [100, 149])
@pytest.mark.parametrize("kind", ["even", "decaying", "low rank", "repeated", "one direction"])
def test_within_1e_4_of_float64_eigenvalues(kind, tokens):
    x = spectra(kind, tokens)
    exact = [shannon(np.linalg.svd(text, compute_uv=False) ** 2) for text in x]
    single = torch.from_numpy(x.astype(np.float32))
    np.testing.assert_allclose(shannon_entropies(single @ single.mT), exact, rtol=1e-4)
    assert torch.equal(gram_entropy(single @ single.mT, 1), shannon_entropies(single @ single.mT))


def test_float64_tridiagonals_to_1e_8():
    rng = np.random.default_rng(1)
    factor = np.triu(np.tril(rng.standard_normal((4, 50, 50)), 0), -1)  # bidiagonal: T = F F^T
    matrices = factor @ factor.transpose(0, 2, 1)
    diagonal = matrices.diagonal(axis1=1, axis2=2)
    beside = matrices.diagonal(1, axis1=1, axis2=2)
    expected = [shannon(eigvalsh_tridiagonal(a, b)) for a, b in zip(diagonal, beside, strict=True)]
    np.testing.assert_allclose(
        entropies_of_tridiagonals(diagonal, beside), expected, rtol=0, atol=1e-8
    )


def test_known_spectra():
    equal = torch.eye(128).repeat(2, 1, 1)
    np.testing.assert_allclose(shannon_entropies(equal), np.log(128), rtol=1e-6)
    assert shannon_entropies(torch.zeros(1, 128, 128)).tolist() == [0]
    ones = shannon_entropies(torch.ones(1, 128, 128))
    assert 0 <= float(ones[0]) < 1e-4


def test_input_is_kept_and_threads_change_nothing():
    x = torch.from_numpy(spectra("even", 100).astype(np.float32))
    gram = x @ x.mT
    before = gram.clone()
    expected = shannon_entropies(gram)
    assert torch.equal(gram, before)
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert torch.equal(shannon_entropies(gram), expected)
    finally:
        torch.set_num_threads(threads)
