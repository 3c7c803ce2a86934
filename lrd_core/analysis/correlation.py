"""Rank correlation across models, with intervals that stay honest for a handful of models."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEAST_MODELS = 4
"""Below this a rank correlation is not reported: three models agree in order by luck too often."""

THIN_BELOW = 10
"""Fewer models than this are called thin evidence wherever a correlation is shown."""

RESAMPLES = 1000
NORMAL_95 = 1.959963984540054

MOST_NUMBERS = 2_000_000
"""Resampled ranks held at a time: 16 MB an array, which stays fast and small."""

MOST_EXACT = 256
"""Models up to which sums of squared ranks, in quarters, are whole numbers that float32 holds."""


@dataclass(frozen=True)
class Association:
    """A correlation with its 95% interval; NaN with a reason where it is undefined."""

    rho: float
    low: float
    high: float
    n: int
    reason: str = ""


def average_ranks(values: np.ndarray, axis: int = -1) -> np.ndarray:
    """Ranks from 1 along an axis; equal values share their mean rank, NaN makes all of them NaN.

    Counted: a row holds few models, and importing scipy.stats takes longer than drawing a page.
    """
    rows = np.moveaxis(np.asarray(values, dtype=float), axis, -1)
    one, other = rows[..., :, None], rows[..., None, :]
    ranks = (one > other).sum(axis=-1) + ((one == other).sum(axis=-1) + 1) / 2
    unknown = np.isnan(rows).any(axis=-1, keepdims=True)
    return np.moveaxis(np.where(unknown, np.nan, ranks), -1, axis)


def spearman(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Spearman's rank correlation along the last axis; ties share their mean rank.

    Shape: x, y (..., n) -> (...). Range: [-1, 1]. NaN where x or y is constant.
    Source: Spearman 1904.
    """
    return pearson(average_ranks(x), average_ranks(y))


def partial_spearman(x: np.ndarray, y: np.ndarray, control: np.ndarray) -> np.ndarray:
    """Spearman correlation of x and y with the linear effect of the control's ranks removed.

    Shape: x, y, control (..., n) -> (...). Range: [-1, 1].
    A constant control removes nothing. NaN where x or y is constant or fully explained by it.
    """
    ranks = [average_ranks(values) for values in (x, y, control)]
    constant = np.ptp(ranks[2], axis=-1) == 0
    xy, xz, yz = (pearson(ranks[i], ranks[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
    return _without_control(xy, xz, yz, constant)


def pearson(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Product-moment correlation along the last axis; NaN where x or y is constant."""
    x = x - x.mean(axis=-1, keepdims=True)
    y = y - y.mean(axis=-1, keepdims=True)
    return _ratio((x * y).sum(axis=-1), (x**2).sum(axis=-1), (y**2).sum(axis=-1))


def resampled_spearman(
    x: np.ndarray, y: np.ndarray, rows: np.ndarray, control: np.ndarray | None = None
) -> np.ndarray:
    """`spearman`, or `partial_spearman` given a control, of every cell in every resample of rows.

    Shape: x, y, control (cells, n), rows (resamples, n) -> (cells, resamples). Range: [-1, 1].
    The same numbers as ranking x[:, rows] anew, without sorting: the rank of a model in a resample
    is counted from how often each other model was drawn. Ranks are halves, so the sums are exact.
    """
    n = rows.shape[1]
    exact = np.float32 if n <= MOST_EXACT else np.float64
    times = (rows[:, :, None] == np.arange(n)).sum(axis=1, dtype=exact)
    ranked = [_DrawnRanks(one, times) for one in (x, y, control) if one is not None]
    step = max(1, MOST_NUMBERS // times.size)
    parts = [slice(start, start + step) for start in range(0, len(x), step)]
    drawn = [_drawn([one.of(part) for one in ranked], times) for part in parts]
    return np.concatenate(drawn) if drawn else np.empty((0, len(rows)))


def associate(
    metric: np.ndarray,
    score: np.ndarray,
    control: np.ndarray | None = None,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> list[Association]:
    """Correlate one number a model with its score in every cell, models that lack either left out.

    Shape: metric, score, control (cells, n_models), NaN where missing; one Association a cell.
    The interval is the bootstrap percentile interval over models, or the Fisher interval of
    `fisher_interval` where that is wider: with six models in perfect order every resample is in
    perfect order too, and the bootstrap alone would claim certainty.
    Cells with equally many models share their resamples, so they are computed together.
    """
    numbers = [metric, score] if control is None else [metric, score, control]
    known = np.asarray(~np.isnan(np.stack(numbers)).any(axis=0))
    counts = known.sum(axis=1)
    found: dict[int, Association] = {}
    for n in np.unique(counts):
        cells = np.flatnonzero(counts == n)
        x, y, *z = (each[cells][known[cells]].reshape(len(cells), n) for each in numbers)
        same_n = _associate_equal(x, y, z[0] if z else None, resamples, seed)
        found |= zip(cells.tolist(), same_n, strict=True)
    return [found[cell] for cell in range(len(metric))]


def fisher_interval(
    rho: float | np.ndarray, n: int, controls: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """95% interval of a Spearman correlation by Fisher's z.

    Shape: rho (...) -> two of (...).
    The standard error is sqrt((1 + rho^2 / 2) / (n - 3 - controls)); |rho| is drawn in by half the
    smallest step that n ranks allow, 6 / (n (n^2 - 1)), so that a perfect order keeps an interval.
    Source: Bonett & Wright 2000.
    """
    freedom = n - 3 - controls
    if freedom < 1:
        return np.full(np.shape(rho), -1.0), np.full(np.shape(rho), 1.0)
    drawn_in = np.sign(rho) * np.minimum(np.abs(rho), 1 - 6 / (n * (n**2 - 1)))
    half = NORMAL_95 * np.sqrt((1 + drawn_in**2 / 2) / freedom)
    z = np.arctanh(drawn_in)
    return np.tanh(z - half), np.tanh(z + half)


def wider_interval(
    rho: float | np.ndarray, drawn: np.ndarray, n: int, controls: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """The union of the bootstrap percentile interval and the Fisher interval.

    Shape: rho (...), drawn (..., resamples) -> two of (...).
    """
    low, high = fisher_interval(rho, n, controls)
    return (
        np.fmin(low, percentile_of_known(drawn, 2.5)),
        np.fmax(high, percentile_of_known(drawn, 97.5)),
    )


def percentile_of_known(values: np.ndarray, percent: float) -> np.ndarray:
    """np.nanpercentile along the last axis for many rows at once; NaN where nothing is known."""
    ordered, last = _sorted_known(values)
    place = percent / 100 * np.maximum(last, 0)
    below = np.floor(place).astype(int)
    low = np.take_along_axis(ordered, below, axis=-1)
    high = np.take_along_axis(ordered, np.minimum(below + 1, np.maximum(last, 0)), axis=-1)
    return np.asarray((low + (high - low) * (place - below))[..., 0])


def median_of_known(values: np.ndarray) -> np.ndarray:
    """np.nanmedian along the last axis for many rows at once; NaN where nothing is known."""
    ordered, last = _sorted_known(values)
    low = np.take_along_axis(ordered, np.maximum(last, 0) // 2, axis=-1)
    high = np.take_along_axis(ordered, (np.maximum(last, 0) + 1) // 2, axis=-1)
    return np.asarray(((low + high) / 2)[..., 0])


def resampled_rows(n: int, resamples: int, seed: int) -> np.ndarray:
    """(resamples, n) row numbers, each row drawn with replacement from range(n)."""
    return np.random.default_rng(seed).integers(0, n, size=(resamples, n))


def _associate_equal(
    x: np.ndarray, y: np.ndarray, z: np.ndarray | None, resamples: int, seed: int
) -> list[Association]:
    """Cells of equal n, none missing: x, y, z (cells, n)."""
    n = x.shape[1]
    if n < LEAST_MODELS:
        few = Association(np.nan, np.nan, np.nan, n, f"{n} models; {LEAST_MODELS} are needed")
        return [few] * len(x)
    rho = spearman(x, y) if z is None else partial_spearman(x, y, z)
    drawn = resampled_spearman(x, y, resampled_rows(n, resamples, seed), z)
    low, high = wider_interval(rho, drawn, n, controls=0 if z is None else 1)
    return [
        Association(np.nan, np.nan, np.nan, n, _why_undefined(x[cell], y[cell]))
        if np.isnan(rho[cell])
        else Association(float(rho[cell]), float(low[cell]), float(high[cell]), n)
        for cell in range(len(x))
    ]


class _DrawnRanks:
    """The ranks of every cell in every resample, counted once for cells of the same values.

    The scores of a task stand beside each metric, and the control beside each of both.
    """

    def __init__(self, values: np.ndarray, times: np.ndarray) -> None:
        self.values, self.times = values, times
        alike, self.which = np.unique(values, axis=0, return_inverse=True)
        few = len(alike) < len(values) and len(alike) * times.size <= MOST_NUMBERS
        self.ranks = _drawn_ranks(alike, times) if few else None

    def of(self, part: slice) -> np.ndarray:
        """Shape: (resamples, cells of the part, n)."""
        if self.ranks is None:
            return _drawn_ranks(self.values[part], self.times)
        found: np.ndarray = self.ranks[:, self.which[part]]
        return found


def _drawn(ranks: Sequence[np.ndarray], times: np.ndarray) -> np.ndarray:
    """(cells, resamples) correlations of two, or of two without a third.

    ranks: (resamples, cells, n) each; times (resamples, n): how often each model was drawn.
    """
    a, b, *more = ranks
    times = times[:, None]
    weighted = a * times
    aa, bb = _total(weighted, a), _total(b * times, b)
    xy = _ratio(_total(weighted, b), aa, bb)
    if not more:
        return xy.T
    (c,) = more
    weighted = c * times
    cc = _total(weighted, c)
    xz, yz = _ratio(_total(weighted, a), aa, cc), _ratio(_total(weighted, b), bb, cc)
    return _without_control(xy, xz, yz, cc == 0).T


def _drawn_ranks(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(resamples, cells, n) mean rank of each model among those drawn, less the mean of all.

    One product for all cells: threads that meet for each small one would wait for each other.
    """
    cells, n = values.shape
    one, other = values[None], values.T[:, :, None]
    above = (one > other).astype(times.dtype) - (one < other).astype(times.dtype)
    ranks: np.ndarray = (times @ above.reshape(n, cells * n)).reshape(-1, cells, n)
    return ranks / 2


def _total(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("...i,...i->...", a, b), dtype=np.float64)


def _ratio(covariance: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """A correlation from sums of products; NaN where one of the two does not vary."""
    norm = np.sqrt(first * second)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(norm > 0, np.clip(covariance / norm, -1, 1), np.nan)


def _without_control(
    xy: np.ndarray, xz: np.ndarray, yz: np.ndarray, constant: np.ndarray
) -> np.ndarray:
    """The partial correlation from the three plain ones; a constant control removes nothing."""
    xz, yz = np.where(constant, 0.0, xz), np.where(constant, 0.0, yz)
    left = (1 - xz**2) * (1 - yz**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        partial = (xy - xz * yz) / np.sqrt(left)
    return np.where(left > 1e-12, np.clip(partial, -1, 1), np.nan)


def _sorted_known(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values in order, unknown ones last, and the place of the last known one (-1 for none)."""
    last = (~np.isnan(values)).sum(axis=-1, keepdims=True) - 1
    return np.sort(values, axis=-1), last


def _why_undefined(x: np.ndarray, y: np.ndarray) -> str:
    if np.ptp(x) == 0:
        return "the metric is the same for all models"
    if np.ptp(y) == 0:
        return "the score is the same for all models"
    return "the control explains the metric or the score completely"
