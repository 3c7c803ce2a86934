"""Matrix-based entropy of token vectors (per item) and of embeddings (per data set)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lrd_core.metrics.arrays import (
    Array,
    Floats,
    centred_unit,
    column_mean,
    matrix_shape,
    read_matrix,
    row_blocks,
)
from lrd_core.metrics.registry import Mode, Options, metric
from lrd_core.metrics.series import Card, Mark, Names, Published, Series
from lrd_core.metrics.sources import LBL, SINKS
from lrd_core.metrics.spectral import (
    Normalisation,
    Recipe,
    check_entropy_options,
    gram_entropy,
    normalise,
)
from lrd_core.metrics.token_layer import FACTOR, TokenLayer, token_layer
from lrd_core.metrics.tokens import TokenBatch, centred_unit_tokens, same_length_groups

if TYPE_CHECKING:
    import torch

_OPTIONS = Options(
    {"alpha": 1.0, "normalisation": "maxEntropy", "recipe": "unit"}, ("exact", "published")
)
_VALLEY = Mark("valley", "lowest entropy")
_PUBLISHED = (
    " Published mode sets negative similarities to 0 as the released code does, which adds "
    "entropy and can exceed 1."
)


def matrix_entropy(
    z: Array,
    alpha: float = 1.0,
    normalisation: Normalisation = "maxEntropy",
    mode: Mode = "exact",
    recipe: Recipe = "unit",
) -> float:
    """Renyi entropy of the eigenvalues of Z Z^T over their sum, in float64.

    H_alpha = log(sum p_i^alpha) / (1 - alpha); alpha = 1 is the Shannon limit. The smaller of the
    Gram and the covariance side is used, the latter accumulated over row blocks.

    Shape: z (n, d). Args: recipe: "unit" centres the columns and divides rows by their norm, None
    takes the rows as given; mode: "published" sets negative entries of the matrix to 0 first.
    Unit: nats for normalisation "raw", else a fraction. Range: [0, log rank] in exact mode; one
    row, or equal rows under `unit`, have entropy 0.
    Raises: MetricError for a wrong shape, NaN or Inf, or an unknown option.
    Source: LbL, arXiv 2502.02013.
    """
    import torch

    check_entropy_options(alpha, normalisation, mode, recipe)
    n, d = matrix_shape(z, "z", min_rows=1)
    entropy = gram_entropy(_smaller_gram(z, recipe), alpha, mode)
    return float(normalise(entropy, torch.tensor(n, device=entropy.device), d, normalisation))


def _smaller_gram(z: Array, recipe: Recipe) -> torch.Tensor:
    """Z Z^T for n <= d, else Z^T Z, after the recipe."""
    import torch

    n, d = matrix_shape(z, "z", min_rows=1)
    mean = column_mean(z, "z")
    # Both products have the same eigenvalues but for zeros, which add nothing to the entropy.
    if n <= d:
        whole = read_matrix(z, "z", torch.float64, min_rows=1)
        rows = whole if recipe is None else centred_unit(whole, mean)
        return rows @ rows.T
    # Summed over blocks, so that memory does not grow with the number of items; in float64, because
    # an entropy weighs small eigenvalues, and squaring costs them half their digits.
    total = torch.zeros(d, d, dtype=torch.float64, device=mean.device)
    for block in row_blocks(z, "z", torch.float64):
        rows = block if recipe is None else centred_unit(block, mean)
        total += rows.T @ rows
    return total


@metric(
    "dataset_entropy",
    inputs="layer",
    cost=0.3,
    series=(
        Series(
            "dataset_entropy",
            "Dataset entropy",
            "fraction",
            "layer",
            Card(
                "How evenly the texts' embeddings spread over directions: the entropy of the "
                "eigenvalues of their similarity matrix, after centring and scaling each row to "
                "length 1, divided by its maximum.",
                "0 (all on one line) to 1 (all directions equally used). With no more texts than "
                "dimensions, n of them reach log(n - 1) / log(n) at most, because centring takes "
                "one direction away: 0.792 for 4 texts, 0.936 for 8, 0.991 for 32.",
                "A valley over depth is a layer that compresses the data set into few directions.",
                "Capped by log n: with few texts it says more about n than about the model. "
                "Computed over the whole data set, so it does not match per-batch values."
                + _PUBLISHED,
            ),
            counts="share",
            bounds=(0.0, 1.0),
            ignores=("scale", "turn", "shift", "order"),
            mark=_VALLEY,
            pick="lowest",
            ranks={"depth": 3, "shape": 2, "means": 1, "picks": 3, "enough": 1, "subsamples": 1},
            chosen=("picks", "enough"),
            published=Published("entropy_dataset", "maxEntropy"),
        ),
    ),
    version=1,
    source=LBL,
    group="lbl",
    options=_OPTIONS,
)
def dataset_entropy(
    z: Array,
    alpha: float = 1.0,
    normalisation: Normalisation = "maxEntropy",
    mode: Mode = "exact",
    recipe: Recipe = "unit",
) -> float:
    """`matrix_entropy` of one layer's (n, d) embeddings over the whole data set."""
    return matrix_entropy(z, alpha, normalisation, mode, recipe)


@metric(
    "prompt_entropy",
    inputs="tokens",
    series=(
        Series(
            "prompt_entropy",
            "Prompt entropy",
            "fraction",
            "layer",
            Card(
                "How evenly the tokens of one text spread over directions: the entropy of the "
                "eigenvalues of their similarity matrix, after centring and scaling, divided by "
                "its maximum; averaged over texts.",
                "0 (all tokens on one line) to log(m - 1) / log(m) for a text of m tokens, because "
                "centring takes one direction away: 0 for 2 tokens, 0.631 for 3, 0.792 for 4, "
                "0.936 for 8, 0.991 for 32; 1 only with more tokens than dimensions.",
                "A valley in the middle layers is read as compression of the prompt; the papers "
                "link it to better embeddings there. Often it is the doing of one token of huge "
                "norm: look whether it stays without dominating tokens.",
                "Depends on text length, which sets the maximum: short texts lie low whatever the "
                "model does. The mean hides two groups of "
                "texts if there are two: look at the per-text histogram. A text of one token "
                "has entropy 0." + _PUBLISHED,
            ),
            bounds=(0.0, 1.0),
            ignores=("scale", "turn", "shift", "order"),
            mark=_VALLEY,
            pick="lowest",
            ranks={"depth": 1, "shape": 1, "picks": 4},
            chosen=("depth",),
            published=Published("entropy_prompt", "maxEntropy"),
        ),
    ),
    version=1,
    source=LBL,
    group="lbl",
    options=_OPTIONS,
)
def prompt_entropy(
    tokens: Array | TokenLayer,
    attention_mask: Array | None = None,
    alpha: float = 1.0,
    normalisation: Normalisation = "maxEntropy",
    mode: Mode = "exact",
    recipe: Recipe = "unit",
) -> Floats:
    """`matrix_entropy` of each item's attended token vectors, in batches.

    Items of similar length share one batched eigenvalue call on the smaller of the token and the
    dimension side. float32 input is computed in float32 for alpha = 1 and 2, within 1e-4 of
    float64; everything else in float64.

    Shape: tokens (batch, tokens, d), attention_mask (batch, tokens) with any padding side; or a
    `TokenLayer`.
    Returns: (batch,) values. Unit and range as `matrix_entropy`; an item of one token gives 0.
    Raises: MetricError for a wrong shape, an item without tokens, NaN or Inf, or a bad option.
    Source: LbL, arXiv 2502.02013.
    """
    check_entropy_options(alpha, normalisation, mode, recipe)
    layer = token_layer(tokens, attention_mask)
    dtype = _dtype(alpha)

    def values() -> Floats:
        batch = layer.unit(dtype) if recipe == "unit" else layer.read(dtype)
        return _entropies(batch, alpha, normalisation, mode)

    return layer.once(("prompt_entropy", alpha, normalisation, mode, recipe), values)


def _dtype(alpha: float) -> torch.dtype | None:
    import torch

    # Other powers magnify rounding: below 1 of eigenvalues that should be 0, near 1 of all.
    return None if alpha in (1, 2) else torch.float64


def _entropies(batch: TokenBatch, alpha: float, normalisation: Normalisation, mode: Mode) -> Floats:
    """(batch,) entropies of token vectors that went through the recipe."""
    import torch

    d = int(batch.states.shape[2])
    values = np.empty(len(batch.lengths))
    for rows, group in same_length_groups(batch):
        entropy = _group_entropy(group, alpha, mode)
        lengths = torch.from_numpy(group.lengths).to(entropy.device)
        values[rows] = normalise(entropy, lengths, d, normalisation).cpu().numpy()
    return values


def _group_entropy(group: TokenBatch, alpha: float, mode: Mode) -> torch.Tensor:
    """Raw entropies of items of similar length; each on its own smaller side."""
    import torch

    states, d = group.states, int(group.states.shape[2])
    long = group.lengths > d
    # In exact mode the sides agree but for zeros, so a mixed group takes that of the dimensions.
    if long.all() or (mode == "exact" and long.any()):
        return gram_entropy(states.mT @ states, alpha, mode)
    if not long.any():
        return gram_entropy(states @ states.mT, alpha, mode)
    # Published mode depends on the side, so a group around d tokens is split.
    index = torch.from_numpy(long).to(states.device)
    entropy = states.new_empty(len(states), dtype=torch.float64)
    for side, rows in ((states.mT, index), (states, ~index)):
        part = side[rows]
        entropy[rows] = gram_entropy(part @ part.mT, alpha, mode).double()
    return entropy


@metric(
    "prompt_entropy_without",
    inputs="tokens",
    series=(
        Series(
            "prompt_entropy_without",
            "Prompt entropy without dominating tokens",
            "fraction",
            "layer",
            Card(
                "Prompt entropy of each text's other tokens, after tokens whose norm is over 10 "
                "times the text's median at that layer are left out; averaged over texts.",
                "As prompt entropy. Where no token dominates it is prompt entropy itself.",
                "A valley that is not there any more was the doing of a few tokens, mostly the "
                "first one, and says nothing about the others.",
                "A text of which one token or none is left is not counted. The factor of 10 is a "
                "choice; it is part of the key." + _PUBLISHED,
            ),
            bounds=(0.0, 1.0),
            ignores=("scale", "turn", "order"),
            names=Names(
                short="Without dominating tokens",
                sentence="prompt entropy without dominating tokens",
            ),
            mark=_VALLEY,
            all_tokens="prompt_entropy",
        ),
    ),
    version=1,
    source=SINKS,
    group="dominance",
    options=Options({**_OPTIONS.parameters, "factor": FACTOR}, _OPTIONS.modes),
)
def prompt_entropy_without(
    tokens: Array | TokenLayer,
    attention_mask: Array | None = None,
    alpha: float = 1.0,
    normalisation: Normalisation = "maxEntropy",
    mode: Mode = "exact",
    recipe: Recipe = "unit",
    factor: float = FACTOR,
) -> Floats:
    """`prompt_entropy` of each item without the tokens that dominate it.

    Items without such a token have the very value of `prompt_entropy`, computed once for both.

    Shape: as `prompt_entropy`. factor: see TokenLayer.dominating.
    Returns: (batch,) values; NaN for an item with under 2 tokens left.
    Raises: as `prompt_entropy`; MetricError for a factor of 1 or less.
    Source: arXiv 2510.06477.
    """
    layer = token_layer(tokens, attention_mask)
    everything = prompt_entropy(layer, None, alpha, normalisation, mode, recipe)

    def measure(batch: TokenBatch) -> Floats:
        others = centred_unit_tokens(batch) if recipe == "unit" else batch
        return _entropies(others, alpha, normalisation, mode)

    return layer.leaving_out(everything, measure, factor, _dtype(alpha))
