"""Seeded inputs that the metric tests and the golden values share."""

import numpy as np


def drifting_layers(n: int = 150, d: int = 24, layers: int = 6, seed: int = 7) -> list[np.ndarray]:
    """Clustered texts whose decaying directions turn a little at each layer; float32."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((8, d))
    z = centres[rng.integers(0, 8, n)] + 0.6 * rng.standard_normal((n, d))
    z = z * np.geomspace(3, 0.1, d) + 0.5
    out = []
    for _ in range(layers):
        out.append(z.astype(np.float32))
        turn = np.linalg.qr(np.eye(d) + 0.15 * rng.standard_normal((d, d)))[0]
        z = np.tanh(z @ turn) * 1.5 + 0.1 * rng.standard_normal((n, d))
    return out


def token_texts(
    lengths: tuple[int, ...] = (40, 23, 31, 3, 12, 40), d: int = 32, seed: int = 3
) -> list[np.ndarray]:
    """Token vectors of texts: smooth walks with a common offset; (length, d) float64 each."""
    rng = np.random.default_rng(seed)
    return [
        np.cumsum(rng.standard_normal((length, d)), axis=0) * np.geomspace(2, 0.2, d) + 4
        for length in lengths
    ]


def padded(texts: list[np.ndarray], side: str = "right") -> tuple[np.ndarray, np.ndarray]:
    """A batch whose padding holds huge values that must not matter, and its mask."""
    longest = max(map(len, texts))
    batch = np.full((len(texts), longest, texts[0].shape[1]), 1e6)
    mask = np.zeros((len(texts), longest), dtype=np.int64)
    for row, text in enumerate(texts):
        where = slice(0, len(text)) if side == "right" else slice(longest - len(text), longest)
        batch[row, where], mask[row, where] = text, 1
    return batch, mask


def attention_weights(
    heads: int = 8, tokens: int = 12, seed: int = 5
) -> tuple[np.ndarray, np.ndarray]:
    """Weights of three texts, (3, heads, tokens, tokens) float64, and their mask.

    Half of the heads look at the first token.
    """
    rng = np.random.default_rng(seed)
    scores = rng.standard_normal((3, heads, tokens, tokens))
    scores[:, ::2, :, 0] += 4
    weights = np.exp(scores)
    mask = np.ones((3, tokens), dtype=np.int64)
    mask[1, tokens // 2 :] = 0
    return weights / weights.sum(axis=-1, keepdims=True), mask


def augmented_views(n: int = 40, q: int = 5, d: int = 16, seed: int = 11) -> np.ndarray:
    """Texts with small view noise, (n, q, d) float64."""
    rng = np.random.default_rng(seed)
    texts = rng.standard_normal((n, 1, d)) * np.geomspace(2, 0.1, d)
    return texts + 0.3 * rng.standard_normal((n, q, d))
