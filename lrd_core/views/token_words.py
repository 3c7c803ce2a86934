"""What a map of one text's tokens says, in words."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lrd_core.metrics.token_layer import FACTOR
from lrd_core.numbers import counted, decimals, in_sentence, percent, short, whole
from lrd_core.store.token_maps import TokenMap
from lrd_core.views.words import joined, where

_SIGNS = str.maketrans({" ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍"})
LONGEST = 24


def readable(word: str) -> str:
    """A token with its spaces and line breaks as signs, and cut where it is very long."""
    shown = "".join(one if one.isprintable() else "·" for one in word.translate(_SIGNS))
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"


def about(found: TokenMap, relative: np.ndarray, quantity: str, run: Any) -> str:
    """One sentence or two about what is drawn, from the values that are drawn."""
    model, last = str(run["model"]), int(run["num_blocks"])
    if quantity == "cosine":
        return _turning(found, model, last)
    if quantity == "share":
        return _sharing(found, model, last)
    return _standing_out(found, relative, model, last)


def which(position: int, words: Sequence[str]) -> str:
    """A token in words: the first token, “<s>”; token 17, “␣the”, counted from 1."""
    word = f"“{readable(words[position])}”"
    if position == 0:
        return f"the first token, {word},"
    last = position == len(words) - 1
    return f"the last token, {word}," if last else f"token {position + 1}, {word},"


def stretches(layers: Sequence[int]) -> str:
    """Layers in words: 3, 12 to 20 and 30."""
    parts: list[list[int]] = []
    for layer in layers:
        if parts and layer == parts[-1][-1] + 1:
            parts[-1].append(layer)
        else:
            parts.append([layer])
    return joined(
        whole(part[0]) if len(part) == 1 else f"{whole(part[0])} to {whole(part[-1])}"
        for part in parts
    )


def _standing_out(found: TokenMap, relative: np.ndarray, model: str, last: int) -> str:
    if not np.isfinite(relative).any():
        return f"{model}: the median token of this text has norm 0 at every layer."
    layer, position = np.unravel_index(int(np.nanargmax(relative)), relative.shape)
    times = f"{in_sentence(float(relative[layer, position]))} times the median"
    token = which(int(position), found.words)
    dominating = relative > FACTOR
    if not dominating.any():
        return (
            f"{model}: no token of this text has a norm over {short(FACTOR)} times the median; "
            f"{token} comes nearest, {times} {where(int(layer), last)}."
        )
    squares = np.square(found.norms[layer])
    held = float(squares[position] / squares.sum())
    places = [int(one) for one in np.flatnonzero(dominating[:, position])]
    others = int(dominating.any(axis=0).sum()) - 1
    verb = "is" if others == 1 else "are"
    also = f" At some layer {counted(others, 'other token')} {verb} dominating too."
    word = "layer" if len(places) == 1 else "layers"
    return (
        f"{model}: {token} holds {percent(held, 1)} of the squared norms "
        f"{where(int(layer), last)}, {times}. It dominates the text at {word} "
        f"{stretches(places)}.{also if others else ''}"
    )


def _turning(found: TokenMap, model: str, last: int) -> str:
    known = np.isfinite(found.cosines).any(axis=1)
    if not known.any():
        return f"{model}: no token has a layer before it to compare with."
    medians = np.full(len(known), np.nan)
    medians[known] = np.nanmedian(found.cosines[known], axis=1)
    low, high = int(np.nanargmin(medians)), int(np.nanargmax(medians))
    return (
        f"{model} turns the tokens of this text most {where(low, last)}: the median token has a "
        f"cosine of {decimals(float(medians[low]))} with itself one layer before. They turn least "
        f"{where(high, last)} ({decimals(float(medians[high]))})."
    )


def _sharing(found: TokenMap, model: str, last: int) -> str:
    if not np.isfinite(found.shares).any():
        return f"{model}: this text has an entropy of 0 at every layer, of which nothing is shared."
    layer, position = np.unravel_index(int(np.nanargmax(found.shares)), found.shares.shape)
    share = float(found.shares[layer, position])
    return (
        f"{model}: {which(int(position), found.words)} has the largest share of the entropy, "
        f"{percent(share, 1)} {where(int(layer), last)}; of {counted(len(found.words), 'token')} "
        f"an even share is {percent(1 / len(found.words), 1)}."
    )
