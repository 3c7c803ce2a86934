"""How alike two layers arrange the same items: four measures beside linear CKA, of any widths.

Each is at most 1, 1 for layers that agree, and unchanged when a layer is turned or scaled. They do
not see the same thing: the first two compare all of the geometry, RSA the order of all distances,
mutual kNN who is near.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrd_core.errors import MetricError
from lrd_core.metrics.arrays import Array, Floats, read_matrix
from lrd_core.metrics.knn import check_k, nearest_neighbours

VERSION = 1
"""Raised when a formula changes; part of what is stored."""

MUTUAL_K = 10
MOST_TEXTS = 512
"""Measures of pairs of texts are taken on so many at most, drawn with seed 0: their memory grows
with the square."""


def debiased_cka(x: Array, y: Array) -> float:
    """Linear CKA from the unbiased estimate of HSIC, which few items do not push upwards.

    Gram matrices without their diagonal, K and M: HSIC(K, M) = (tr KM + 1'K1 1'M1 / ((n-1)(n-2))
    - 2 1'KM1 / (n-2)) / (n (n-3)); the value is HSIC(K, M) / sqrt(HSIC(K, K) HSIC(M, M)).

    Shape: x (n, d_x), y (n, d_y). Range: at most 1, around 0 for unrelated layers and then also
    below. NaN where either has equal rows. Raises: MetricError for unequal n, under 4 items, NaN
    or Inf. Source: Nguyen et al. 2021 after Song et al. 2012.
    """
    return _debiased(*(_off_diagonal(z) for z in _pair(x, y, least=4)))


def procrustes(x: Array, y: Array) -> float:
    """1 - half the squared distance of the two after centring, scaling to norm 1 and turning.

    Equal to the nuclear norm of X^T Y of the centred matrices over the product of their norms.

    Shape: x (n, d_x), y (n, d_y). Range: [0, 1]. NaN where either has equal rows.
    Raises: MetricError for unequal n, under 2 items, NaN or Inf.
    Source: orthogonal Procrustes, Schoenemann 1966; as a similarity Ding et al. 2021.
    """
    return _nuclear(*(_coordinates(z) for z in _pair(x, y, least=2)))


def rsa(x: Array, y: Array) -> float:
    """Spearman correlation of the cosine distances between all pairs of items.

    Shape: x (n, d_x), y (n, d_y). Range: [-1, 1]. NaN where all distances of one are equal. Not
    centred: the direction that all items share counts.
    Raises: MetricError for unequal n, under 3 items, NaN or Inf.
    Source: Kriegeskorte et al. 2008.
    """
    return _correlation(*(_distance_ranks(z) for z in _pair(x, y, least=3)))


def mutual_knn(x: Array, y: Array, k: int = MUTUAL_K) -> float:
    """Mean share of an item's k nearest neighbours by cosine that both layers have.

    Shape: x (n, d_x), y (n, d_y). Range: [0, 1]; k / (n - 1) for unrelated layers.
    Raises: MetricError for unequal n, k >= n, NaN or Inf.
    Source: Huh et al. 2024.
    """
    first, second = _pair(x, y, least=2)
    return _shared(nearest_neighbours(first, k).ids, nearest_neighbours(second, k).ids)


@dataclass(frozen=True)
class Alikeness:
    """A measure in two steps, so that a layer is prepared once for all layers it is compared with.

    label: in words. same: what it calls alike, one sentence.
    """

    label: str
    same: str
    prepare: Callable[[Floats], Any]
    compare: Callable[[Any, Any], float]


def alikeness_matrix(measure: str, first: Sequence[Floats], second: Sequence[Floats]) -> Floats:
    """One measure of every layer of one model with every layer of another.

    Shape: sequences of (n, d) arrays. Returns: (layers of first, layers of second).
    Raises: MetricError for unequal n, NaN or Inf; KeyError for a measure that does not exist.
    """
    one = MEASURES[measure]
    checked = [_pair(z, second[0], least=4)[0] for z in first]
    others = [_pair(z, first[0], least=4)[0] for z in second]
    rows, columns = [one.prepare(z) for z in checked], [one.prepare(z) for z in others]
    return np.array([[one.compare(row, column) for column in columns] for row in rows])


def sampled(n: int) -> np.ndarray:
    """Places of the items that these measures are taken on, ascending: all up to MOST_TEXTS."""
    if n <= MOST_TEXTS:
        return np.arange(n)
    drawn = np.random.default_rng(0).choice(n, MOST_TEXTS, replace=False)
    places: np.ndarray = np.sort(drawn)
    return places


def _pair(x: Array, y: Array, least: int) -> tuple[Floats, Floats]:
    import torch

    first, second = (
        np.asarray(read_matrix(z, name, torch.float64).cpu().numpy())
        for z, name in ((x, "x"), (y, "y"))
    )
    if len(first) != len(second):
        raise MetricError(
            f"x has {len(first)} texts, y {len(second)}; layers are compared on the same texts"
        )
    if len(first) < least:
        raise MetricError(f"{len(first)} texts are too few to compare layers; at least {least}")
    return first, second


def _centred(z: Floats) -> Floats:
    """Centred rows; a matrix of equal rows becomes exactly 0."""
    # By columns, so that NumPy sums in pairs: one by one, rounding would grow with the items.
    rows: Floats = z - np.ascontiguousarray(z.T).mean(axis=1)
    # What is left of equal rows is the rounding of their mean, and would be compared as if it
    # were a geometry.
    floor = 4 * np.finfo(float).eps * np.linalg.norm(z)
    return rows if np.linalg.norm(rows) > floor else np.zeros_like(rows)


def _off_diagonal(z: Floats) -> Floats:
    rows = _centred(z)
    gram: Floats = rows @ rows.T
    np.fill_diagonal(gram, 0.0)
    return gram


def _debiased(k: Floats, m: Floats) -> float:
    own = _hsic(k, k) * _hsic(m, m)
    return min(1.0, _hsic(k, m) / math.sqrt(own)) if own > 0 else math.nan


def _hsic(k: Floats, m: Floats) -> float:
    """Up to the factor 1 / (n (n - 3)), which the ratio does not need."""
    n = len(k)
    sums_k, sums_m = k.sum(axis=0), m.sum(axis=0)
    both = float((k * m).sum())
    totals = float(sums_k.sum() * sums_m.sum()) / ((n - 1) * (n - 2))
    return both + totals - 2 * float(sums_k @ sums_m) / (n - 2)


def _coordinates(z: Floats) -> Floats:
    """The centred items at norm 1 in min(n, d) dimensions: turning changes nothing compared."""
    rows = _centred(z)
    size = float(np.linalg.norm(rows))
    if size == 0:
        return np.zeros((len(rows), 1))
    if rows.shape[1] <= len(rows):
        return rows / size
    triangle = np.asarray(np.linalg.qr(rows.T, mode="r"), dtype=np.float64)
    return triangle.T / size


def _nuclear(x: Floats, y: Floats) -> float:
    if not x.any() or not y.any():
        return math.nan
    return min(1.0, float(np.linalg.svd(x.T @ y, compute_uv=False).sum()))


def _distance_ranks(z: Floats) -> Floats:
    """Ranks, centred and at norm 1, of the cosines of all pairs of items."""
    from scipy.stats import rankdata

    lengths = np.linalg.norm(z, axis=1, keepdims=True)
    unit = z / np.where(lengths > 0, lengths, 1.0)
    cosines = (unit @ unit.T)[np.triu_indices(len(z), 1)]
    # As in the neighbour lists: what differs by the rounding of a product is a tie.
    ranks = rankdata(-cosines.round(12))
    centred: Floats = ranks - ranks.mean()
    size = float(np.linalg.norm(centred))
    return centred / size if size > 0 else centred


def _correlation(first: Floats, second: Floats) -> float:
    if not first.any() or not second.any():
        return math.nan
    return float(np.clip(first @ second, -1.0, 1.0))


def _neighbours(z: Floats) -> np.ndarray:
    check_k(MUTUAL_K, len(z))
    return nearest_neighbours(z, MUTUAL_K).ids


def _shared(first: np.ndarray, second: np.ndarray) -> float:
    both = (first[:, :, None] == second[:, None, :]).any(axis=2)
    return float(both.mean())


MEASURES: Mapping[str, Alikeness] = {
    "cka_debiased": Alikeness(
        "debiased CKA",
        "all of the geometry, large directions first, without the push of few texts",
        _off_diagonal,
        _debiased,
    ),
    "procrustes": Alikeness(
        "Procrustes", "one layer turned and scaled onto the other", _coordinates, _nuclear
    ),
    "rsa": Alikeness("RSA", "the order of all distances", _distance_ranks, _correlation),
    "mutual_knn": Alikeness(
        "mutual kNN", f"the {MUTUAL_K} nearest neighbours of each text", _neighbours, _shared
    ),
}
"""Beside linear CKA, by the name under which their matrices are stored."""
