"""A token map with known answers: the first token is huge in the middle layers."""

from typing import Any

import numpy as np

from lrd_core.store.token_maps import TokenMapRow, text_key

WORDS = ("<s>", "Rates", " held", "\n", " at", " 4", ".", "</s>")
LAYERS = 7
GREAT = 20.0
"""Norm of the first token where it dominates; all others have 1."""

AT = (2, 3, 5)
"""Layers at which it does."""


def token_map(run_key: str, **other: Any) -> TokenMapRow:
    """A map of a text of 8 tokens at 7 layers; the first token's norm is 20 at layers of AT."""
    layers, words = other.get("num_layers", LAYERS), other.get("words", WORDS)
    shape = layers, len(words)
    norms = np.ones(shape)
    norms[[layer for layer in AT if layer < layers], 0] = GREAT
    cosines = np.full(shape, 0.9)
    cosines[0], cosines[1] = np.nan, 0.25
    shares = np.full(shape, 1 / len(words))
    shares[4] = np.eye(len(words))[1]
    plain = {
        "text_key": text_key("Rates held\n at 4."),
        "text_index": 3,
        "begins": "Rates held at 4.",
        "version": 1,
        "num_layers": layers,
        "num_tokens": len(words),
        "words": words,
        "special": np.array([word.startswith("<") for word in words], dtype=int),
        "norms": norms,
        "cosines": cosines,
        "shares": shares,
    }
    return TokenMapRow(run_key=run_key, **plain | other)


def wide_map(run_key: str, tokens: int, layers: int) -> TokenMapRow:
    """A map of as many words as a text can have, each of random norm."""
    words = tuple(f" {place}word" for place in range(tokens))
    norms = np.exp(np.random.default_rng(0).normal(size=(layers, tokens)) / 2)
    norms[layers // 3 :, 0] = 100.0
    return token_map(run_key, num_layers=layers, words=words, num_tokens=tokens, norms=norms)
