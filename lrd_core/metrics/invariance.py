"""Invariance to augmentation: InfoNCE, DiME and LiDAR on augmented views of the same items."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lrd_core.errors import MetricError
from lrd_core.metrics.arrays import (
    Array,
    as_array,
    centred_unit,
    check_finite,
    check_whole,
    read_matrix,
    to_tensor,
    unit_rows,
)
from lrd_core.metrics.parallel import eigenvalues, map_alone
from lrd_core.metrics.registry import Mode, Options, metric
from lrd_core.metrics.series import Card, Names, Published, Series
from lrd_core.metrics.sources import LBL
from lrd_core.metrics.spectral import Recipe, check_entropy_options, gram_entropy, spectrum_entropy

if TYPE_CHECKING:
    import torch

ROWS_PER_LOGITS = 1024
PAIRS = {"q": 2, "n_texts": 500}

_VIEWS = "Depends on the augmentation and on the number of texts: compare runs that share both."


@dataclass(frozen=True)
class InfoNCE:
    """loss: nats. normalised: 1 - loss / log n; 1 is perfect, 0 is chance."""

    loss: float
    normalised: float


def _read_pair(a: Array, b: Array) -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    left = read_matrix(a, "view a", torch.float64)
    right = read_matrix(b, "view b", torch.float64).to(left.device)
    if left.shape != right.shape:
        raise MetricError(
            f"view a has shape {tuple(left.shape)}, view b {tuple(right.shape)}; "
            "both must hold the same texts at the same layer"
        )
    return left, right


@metric(
    "infonce",
    inputs="views",
    cost=0.035,
    series=(
        Series(
            "infonce",
            "InfoNCE loss",
            "nats",
            "layer",
            Card(
                "How hard it is to find a text's second augmented version among all texts by "
                "cosine similarity: the cross-entropy of a softmax at temperature 0.1.",
                "0 (always found) upwards; log n is chance.",
                "Low: the layer ignores the augmentation and keeps the texts apart.",
                _VIEWS,
            ),
            direction="lower",
            attribute="loss",
            bounds=(0.0, math.inf),
            ignores=("scale", "lengths", "turn", "order"),
            names=Names(short="InfoNCE"),
            pick="lowest",
            ranks={"means": 3, "picks": 2},
            chosen=("picks",),
            published=Published("infonce", "raw"),
        ),
        Series(
            "infonce_normalised",
            "InfoNCE, share of the possible",
            "fraction",
            "layer",
            Card(
                "1 minus the InfoNCE loss divided by log n, a lower bound on the information "
                "that the two versions share, as a share of the largest possible.",
                "Up to 1; 0 is chance, below 0 is worse than chance.",
                "High: the layer ignores the augmentation and keeps the texts apart.",
                _VIEWS + " Saturates near 1 on easy data.",
            ),
            direction="higher",
            attribute="normalised",
            bounds=(-math.inf, 1.0),
            ignores=("scale", "lengths", "turn", "order"),
        ),
    ),
    version=1,
    source=LBL,
    group="lbl",
    options=Options({"temperature": 0.1}, sampling=PAIRS),
)
def infonce(a: Array, b: Array, temperature: float = 0.1) -> InfoNCE:
    """Cross-entropy of finding each row of `a` its own row of `b` among all rows of `b`.

    Rows are divided by their norms; logits are A B^T / temperature, formed in blocks of rows.

    Shape: a, b (n, d), row i of both from the same item. Range: loss >= 0, log n is chance.
    Raises: MetricError for fewer than 2 items, unequal shapes, NaN or Inf, temperature <= 0.
    Source: LbL, arXiv 2502.02013; van den Oord et al. 2018.
    """
    if not temperature > 0:
        raise MetricError(f"temperature = {temperature} must be above 0; the default is 0.1")
    # float64 also for the loss near 0, which is the small difference of a logsumexp and a logit.
    left, right = _read_pair(a, b)
    left, right = unit_rows(left), unit_rows(right)
    total, n = 0.0, len(left)
    for start in range(0, n, ROWS_PER_LOGITS):
        logits = left[start : start + ROWS_PER_LOGITS] @ right.T / temperature
        own = logits.diagonal(offset=start)
        total += float((logits.logsumexp(dim=1) - own).sum())
    loss = max(0.0, total / n)  # below 0 only by that difference's rounding
    return InfoNCE(loss, 1 - loss / math.log(n))


@metric(
    "dime",
    inputs="views",
    series=(
        Series(
            "dime",
            "DiME",
            "nats",
            "layer",
            Card(
                "How much the similarity matrices of two augmented versions of the same texts "
                "belong together: the joint entropy after shuffling one of them, minus the joint "
                "entropy of the true pairing.",
                "About 0 (pairing makes no difference) upwards; can be slightly negative.",
                "High: the two versions carry the same structure. The papers pick layers by its "
                "lowest value.",
                _VIEWS + " Averaged over 10 random shuffles, so small values carry noise. "
                "Published mode shuffles dimensions instead of texts when there are more texts "
                "than dimensions.",
            ),
            bounds=(-math.inf, math.inf),
            ignores=("scale", "turn", "shift"),
            pick="lowest",
            ranks={"means": 2, "picks": 1},
            chosen=("picks",),
            published=Published("dime", "raw"),
        ),
    ),
    version=1,
    source=LBL + "; Skean et al. 2023",
    group="lbl",
    options=Options(
        {"alpha": 1.0, "permutations": 10, "seed": 0, "recipe": "unit"},
        ("exact", "published"),
        PAIRS,
    ),
)
def dime(
    a: Array,
    b: Array,
    alpha: float = 1.0,
    permutations: int = 10,
    seed: int = 0,
    recipe: Recipe = None,
    mode: Mode = "exact",
) -> float:
    """Difference of matrix-based entropies: mean over P of H(Ka o P Kb P^T) minus H(Ka o Kb).

    Ka = A A^T and Kb = B B^T are formed once; a permutation of the items only reorders Kb.

    Shape: a, b (n, d), row i of both from the same item. Args: recipe: None takes the rows as
    given, "unit" centres each view and divides its rows by their norms; mode: "published" takes
    the (d, d) products A^T A and B^T B when n > d, as the released code does, and so permutes
    dimensions instead of items.
    Unit: nats. Raises: MetricError for fewer than 2 items, unequal shapes, NaN or Inf.
    Source: LbL, arXiv 2502.02013; Skean et al. 2023.
    """
    import torch

    check_entropy_options(alpha, "raw", mode, recipe)
    check_whole(permutations, "permutations")
    if permutations < 1:
        raise MetricError(f"permutations = {permutations} must be at least 1; the default is 10")
    left, right = _read_pair(a, b)
    if recipe == "unit":
        left, right = (centred_unit(x, x.mean(dim=0)) for x in (left, right))
    if mode == "published" and len(left) > left.shape[1]:
        left, right = left.T, right.T
    gram_a, gram_b = left @ left.T, right @ right.T
    generator = np.random.default_rng(seed)
    size = len(left)
    # The true pairing goes through the same code as the shuffles, so both have the same rounding.
    orders = [np.arange(size), *(generator.permutation(size) for _ in range(permutations))]

    def joint_entropy(order: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
        # Rows and columns together: the other view's items in another order.
        index = torch.from_numpy(order).to(gram_b.device)
        return float(gram_entropy(gram_a * gram_b[index][:, index], alpha))

    paired, *shuffled = map_alone(joint_entropy, orders)
    return float(np.mean(shuffled)) - paired


@metric(
    "lidar",
    inputs="views",
    cost=0.08,
    series=(
        Series(
            "lidar",
            "LiDAR",
            "nats",
            "layer",
            Card(
                "How many directions tell texts apart better than augmentation blurs them: the "
                "entropy of the between-text scatter measured in units of the within-text "
                "scatter, over 16 augmented versions of each text.",
                "0 (one direction) to the log of the smaller of texts minus 1 and hidden size.",
                "High: many independent directions separate the texts.",
                _VIEWS + " Capped by the number of texts.",
            ),
            counts="nats",
            bounds=(0.0, math.inf),
            ignores=("turn", "shift", "order"),
            published=Published("lidar", "raw"),
        ),
    ),
    version=2,
    source=LBL + "; Thilak et al. 2024",
    group="lbl",
    options=Options({"delta": 1e-4}, sampling={"q": 16, "n_texts": 100}),
)
def lidar(views: Array, delta: float = 1e-4) -> float:
    """Entropy of the eigenvalues of S_w^-1/2 S_b S_w^-1/2 (linear discriminant analysis).

    S_b is the scatter of the items' means, S_w the scatter of the views around their item's mean
    plus delta I, both divided by their number of terms. All in float64: of fewer views than
    dimensions, delta is all that S_w has in most directions, and rounding in float32 passes it.
    S_w is factored once (Cholesky), which has the same eigenvalues as the symmetric root.

    Shape: views (n, q, d), q augmented views of each item, taken as given.
    Unit: nats. Range: [0, log min(n - 1, d)]; equal items give 0.
    Raises: MetricError for fewer than 2 items or views, delta <= 0 or lost beside the scatter,
    NaN or Inf. Source: LbL, arXiv 2502.02013; Thilak et al. 2024.
    """
    import torch

    views = as_array(views, "views")
    if views.ndim != 3 or views.shape[0] < 2 or views.shape[1] < 2:
        raise MetricError(
            f"views must have shape (n >= 2, q >= 2, d), got {tuple(views.shape)}; "
            "give several augmented views of several texts"
        )
    if not delta > 0:
        raise MetricError(f"delta = {delta} must be above 0; the default is 1e-4")
    x = to_tensor(views, torch.float64)
    check_finite(x, "views")
    n, q, d = x.shape
    means = x.mean(dim=1)
    within = torch.zeros(d, d, dtype=torch.float64, device=x.device)
    for view in range(q):
        # One product a view instead of one outer product a vector, and no (n q, d) copy.
        offset = x[:, view] - means
        within += offset.T @ offset
    within /= n * q
    within.diagonal().add_(delta)
    spread = means - means.mean(dim=0)
    factor = _cholesky(within, delta)
    whitened = torch.linalg.solve_triangular(factor, spread.T, upper=False)
    # The smaller side has the same eigenvalues but for zeros.
    between = whitened.T @ whitened if n < d else whitened @ whitened.T
    return float(spectrum_entropy(eigenvalues(between / n), 1.0))


def _cholesky(within: torch.Tensor, delta: float) -> torch.Tensor:
    import torch

    try:
        return torch.as_tensor(torch.linalg.cholesky(within))
    except torch.linalg.LinAlgError as error:
        raise MetricError(
            f"the within-text scatter is too large for delta = {delta}, which is lost in its "
            "rounding; scale the views down or raise delta"
        ) from error
