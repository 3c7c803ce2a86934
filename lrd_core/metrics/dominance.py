"""Tokens of huge norm: how far they stand out, where they are, and what they alone explain.

A layer can look compressed because of one token: after centring, all others point the same way.
Sources: massive activations (2402.17762), attention sinks (2309.17453), registers (2309.16588),
compression valleys as their consequence (2510.06477).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lrd_core.metrics.arrays import Array, Floats, to_tensor
from lrd_core.metrics.massive import massive_entries
from lrd_core.metrics.registry import Options, metric
from lrd_core.metrics.series import Card, Change, Names, Series
from lrd_core.metrics.sources import SINKS
from lrd_core.metrics.token_layer import FACTOR, TokenLayer, token_layer

if TYPE_CHECKING:
    import torch

_PLACES = (
    "Tokens are told apart in this order: the first, the last, special tokens between them such "
    "as delimiters, all others. The four shares add up to 1."
)
_IGNORES: tuple[Change, ...] = ("scale", "turn")
_WITH_ORDER: tuple[Change, ...] = (*_IGNORES, "order")


@dataclass(frozen=True)
class TokenNorms:
    """One value a text; each an array of (batch,).

    dominated, first, last, special, other are 0 or 1; norm_ratio is NaN where the
    median norm is 0, massive_dimension where nothing is massive.
    """

    norm_ratio: Floats
    top_share: Floats
    dominated: Floats
    first: Floats
    last: Floats
    special: Floats
    other: Floats
    massive: Floats
    massive_dimension: Floats
    entropy_bound: Floats


def _place(name: str, words: str) -> Series:
    return Series(
        f"top_token_{name}",
        f"Largest token is {words}",
        "share of texts",
        "layer",
        Card(
            f"The share of texts whose token of the largest norm is {words}.",
            "0 to 1.",
            "Which token dominates, where one does.",
            f"Every text has a largest token, dominating or not: read it together with the share "
            f"of texts with a dominating token. {_PLACES}",
        ),
        bounds=(0.0, 1.0),
        ignores=_IGNORES,
        attribute=name,
        keeps_items=False,
    )


_SERIES = (
    Series(
        "norm_ratio",
        "Largest token norm",
        "times the median",
        "layer",
        Card(
            "The largest norm among a text's tokens over their median norm; averaged over texts.",
            "1 (all alike) upwards.",
            "Over 10 a token dominates its text; over 100 it is what is called a massive "
            "activation or a sink, mostly the first token.",
            "A mean over texts: one text with a huge ratio moves it. Undefined where the median "
            "token is 0.",
        ),
        bounds=(1.0, np.inf),
        ignores=_WITH_ORDER,
        names=Names(short="Norm ratio"),
        scale="log",
        ranks={"depth": 20},
    ),
    Series(
        "top_share",
        "Share of the largest token",
        "share of squared norms",
        "layer",
        Card(
            "The largest squared norm among a text's tokens over the sum of all; averaged over "
            "texts.",
            "1 / m (all of m tokens alike) to 1 (one token is everything).",
            "Near 1 every mean over tokens is that token, and so is the entropy of the text.",
            "Depends on the number of tokens: one of two has a share of a half at least.",
        ),
        bounds=(0.0, 1.0),
        ignores=_WITH_ORDER,
        names=Names(short="Top share"),
    ),
    Series(
        "dominated_texts",
        "Texts with a dominating token",
        "share of texts",
        "layer",
        Card(
            "The share of texts that have a token whose norm is over 10 times the median of the "
            "text.",
            "0 to 1.",
            "Over a half the layer is called dominated, and figures shade it.",
            "The factor of 10 is a choice; it is part of the key. Texts of one or two tokens "
            "cannot be dominated.",
        ),
        bounds=(0.0, 1.0),
        ignores=_WITH_ORDER,
        attribute="dominated",
        names=Names(short="Dominated texts"),
        keeps_items=False,
    ),
    _place("first", "the first"),
    _place("last", "the last"),
    _place("special", "a special one"),
    _place("other", "any other"),
    Series(
        "massive_activations",
        "Massive activations",
        "entries a text",
        "layer",
        Card(
            "How many entries of a text's token vectors are over 100 and over 1,000 times the "
            "median size of all entries; averaged over texts.",
            "0 upwards.",
            "A handful of entries in one or two dimensions, of one token: the bias that attention "
            "uses as a sink.",
            "The threshold of 100 is absolute, so a rescaled model counts otherwise.",
        ),
        bounds=(0.0, np.inf),
        ignores=("order",),
        attribute="massive",
        keeps_items=False,
    ),
    Series(
        "massive_dimension",
        "Dimension of the massive activations",
        "dimension",
        "layer",
        Card(
            "The dimension in which most texts have their largest massive activation.",
            "0 to d - 1; missing where no text has a massive activation.",
            "The same dimension over many layers is one fixed feature of the model.",
            "A name, not a quantity: differences between dimensions mean nothing.",
        ),
        bounds=(0.0, np.inf),
        ignores=("order",),
        over_items="most common",
        absent="no item has a massive activation",
        keeps_items=False,
    ),
    Series(
        "entropy_bound",
        "Entropy that the largest token allows",
        "fraction",
        "layer",
        Card(
            "The highest entropy that the uncentred similarity matrix of a text can have when its "
            "largest token has the share of squared norms that it has; divided by the maximum, "
            "averaged over texts.",
            "0 to 1.",
            "Near 0 the token alone forces the entropy down, whatever the others do.",
            "Of the uncentred matrix: prompt entropy is centred and scaled and need not keep to "
            "it; prompt_entropy:recipe=null does.",
        ),
        bounds=(0.0, 1.0),
        ignores=_WITH_ORDER,
        names=Names(short="Entropy bound"),
        keeps_items=False,
    ),
)

NORM_RATIO, TOP_SHARE, DOMINATED = _SERIES[:3]
PLACES = {one.attribute: one for one in _SERIES if one.name.startswith("top_token_")}
"""Series by the place of the largest token that they count."""

DOMINATED_LAYER = 0.5
"""A layer is dominated where more than this share of the texts has a dominating token."""


@metric(
    "token_norms",
    inputs="tokens",
    series=_SERIES,
    version=1,
    source=SINKS,
    group="dominance",
    options=Options({"factor": FACTOR}),
)
def token_norms(
    tokens: Array | TokenLayer, attention_mask: Array | None = None, factor: float = FACTOR
) -> TokenNorms:
    """How far the token of the largest norm of each item stands out, on raw hidden states.

    Ratio of the largest to the median norm; share of the largest in the sum of squares; whether a
    token is over `factor` times the median; which token is the largest; entries over 100 and over
    1,000 times the median size; the entropy bound below.

    Shape: tokens (batch, tokens, d), attention_mask (batch, tokens) with any padding side; or a
    `TokenLayer`. Returns: (batch,) each.
    Raises: MetricError for a wrong shape, an item without tokens, NaN or Inf, a factor of 1 or
        less.
    Source: arXiv 2510.06477; massive activations 2402.17762.
    """
    layer = token_layer(tokens, attention_mask)
    norms = layer.norms.double()
    attended = layer.attended
    dominated = layer.dominating(factor).any(dim=1)
    largest = norms.amax(dim=1)
    counts = attended.sum(dim=1).cpu().numpy()
    # Relative to the largest, so that no square overflows; an item of zeros has no largest.
    relative = norms / largest.where(largest > 0, 1.0)[:, None]
    share = 1.0 / relative.square().sum(dim=1).where(largest > 0, float("nan"))
    medians = layer.medians.double()
    ratio = (largest / medians.where(medians > 0, float("nan"))).cpu().numpy()
    top_share = share.cpu().numpy()
    massive, dimension = massive_entries(layer)
    return TokenNorms(
        norm_ratio=ratio,
        top_share=top_share,
        dominated=dominated.double().cpu().numpy(),
        **_places(layer, norms),
        massive=massive,
        massive_dimension=dimension,
        entropy_bound=entropy_bound(top_share, np.minimum(counts, int(layer.states.shape[2]))),
    )


def entropy_bound(share: Floats, rank: np.ndarray) -> Floats:
    """Highest entropy of a spectrum whose largest part is at least `share`, over its maximum.

    H <= -p log p - (1 - p) log(1 - p) + (1 - p) log(r - 1) for p = share of r eigenvalues, reached
    where all others are equal. The largest eigenvalue of the Gram matrix is no smaller than its
    largest diagonal entry, a squared norm.

    Shape: share (n,), rank (n,) whole numbers of at least 1. Range: [0, 1]; 0 for rank 1, 1 where
    the share is no more than 1 / r.
    Source: arXiv 2510.06477.
    """
    r = np.maximum(np.asarray(rank, dtype=np.float64), 1.0)
    p = np.clip(share, 1.0 / r, 1.0)
    rest = 1.0 - p
    with np.errstate(divide="ignore", invalid="ignore"):
        own = -p * np.log(p)
        others = np.where(rest > 0, rest * np.log((r - 1.0) / np.where(rest > 0, rest, 1.0)), 0.0)
        bound = (own + others) / np.log(r)
    return np.where(r == 1.0, np.where(np.isnan(share), np.nan, 0.0), np.clip(bound, 0.0, 1.0))


def _places(layer: TokenLayer, norms: torch.Tensor) -> dict[str, Floats]:
    """Which token is the largest, as four indicators; of equal ones the earliest."""
    import torch

    attended = layer.attended
    top = norms.masked_fill(~attended, -1.0).argmax(dim=1)
    position = torch.arange(attended.shape[1], device=attended.device)
    start = position.masked_fill(~attended, attended.shape[1]).amin(dim=1)
    end = position.masked_fill(~attended, -1).amax(dim=1)
    special = torch.zeros_like(attended)
    if layer.special is not None:
        special = to_tensor(layer.special, torch.bool).to(attended.device)
    is_special = special.gather(1, top[:, None])[:, 0]
    first, last = top == start, (top == end) & (top != start)
    between = ~first & ~last
    found = {
        "first": first,
        "last": last,
        "special": between & is_special,
        "other": between & ~is_special,
    }
    return {name: here.double().cpu().numpy() for name, here in found.items()}
