"""Intervals for a handful of models, and for tasks within models."""

from collections.abc import Mapping, Sequence

import numpy as np

from lrd_core.claims.verdicts import Kind, Number

RESAMPLES = 2000
LEVEL = 0.95
SMALLER = "models in the smaller group"


def mean_of(
    label: str,
    values: Sequence[float],
    of: str = "models",
    *,
    kind: Kind = "part",
    level: float = LEVEL,
) -> Number:
    """Mean with Student's interval; NaN bounds for a single value.

    Of a few models a bootstrap interval is too narrow: its resamples hold no model that was not
    seen. Student's knows how few there are.
    """
    known = np.asarray(values, dtype=float)
    mean = float(known.mean()) if len(known) else float("nan")
    if len(known) < 2:
        return Number.alone(label, mean, len(known), of, kind)
    half = _student(len(known) - 1, level) * float(known.std(ddof=1)) / np.sqrt(len(known))
    return Number(label, mean, mean - float(half), mean + float(half), len(known), of, kind)


def difference_of(
    label: str, first: Sequence[float], second: Sequence[float], of: str = SMALLER
) -> Number:
    """Difference of two means with Welch's interval; n is the size of the smaller group."""
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    n = min(len(a), len(b))
    gap = float(a.mean() - b.mean()) if n else float("nan")
    if n < 2:
        return Number.alone(label, gap, n, of, "main")
    parts = np.array([a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)])
    total = float(parts.sum())
    if total == 0:
        return Number(label, gap, gap, gap, n, of, "main")
    freedom = total**2 / float((parts**2 / [len(a) - 1, len(b) - 1]).sum())
    half = _student(freedom, LEVEL) * float(np.sqrt(total))
    return Number(label, gap, gap - half, gap + half, n, of, "main")


def over_tasks(
    label: str,
    values: Sequence[float] | np.ndarray,
    *,
    kind: Kind = "part",
    level: float = LEVEL,
    seed: int = 0,
) -> Number:
    """Mean over tasks with its bootstrap interval; NaN bounds below three tasks."""
    known = np.asarray(values, dtype=float)
    if len(known) < 3:
        mean = float(known.mean()) if len(known) else float("nan")
        return Number.alone(label, mean, len(known), "tasks", kind)
    rows = np.random.default_rng(seed).integers(0, len(known), size=(RESAMPLES, len(known)))
    low, high = percentiles(known[rows].mean(axis=1), level)
    return Number(label, float(known.mean()), low, high, len(known), "tasks", kind)


def ratio_over_tasks(
    label: str, parts: np.ndarray, wholes: np.ndarray, *, level: float = LEVEL, seed: int = 0
) -> Number:
    """Mean of `parts` over the mean of `wholes`, tasks drawn anew for both at once."""
    n = len(parts)
    rows = np.random.default_rng(seed).integers(0, n, size=(RESAMPLES, n))
    low, high = percentiles(parts[rows].mean(axis=1) / wholes[rows].mean(axis=1), level)
    return Number(label, float(parts.mean() / wholes.mean()), low, high, n, "tasks")


def over_models_and_tasks(
    label: str, by_model: Mapping[str, np.ndarray], *, kind: Kind = "main", seed: int = 0
) -> Number:
    """Mean over models of the mean over their tasks; models drawn anew, then tasks in each.

    The interval is the wider of this bootstrap's and Student's over the models' means.
    """
    means = [float(np.mean(values)) for values in by_model.values()]
    number = mean_of(label, means, kind=kind)
    if len(means) < 2:
        return number
    draw = np.random.default_rng(seed)
    within = np.stack(
        [
            values[draw.integers(0, len(values), size=(RESAMPLES, len(values)))].mean(axis=1)
            for values in by_model.values()
        ],
        axis=1,
    )
    chosen = draw.integers(0, len(means), size=within.shape)
    low, high = percentiles(np.take_along_axis(within, chosen, axis=1).mean(axis=1), LEVEL)
    low, high = min(low, number.low), max(high, number.high)
    return Number(label, number.value, low, high, number.n, "models", kind)


def percentiles(drawn: np.ndarray, level: float) -> tuple[float, float]:
    """Both ends of the central interval of resampled values; NaN where none is known."""
    known = drawn[~np.isnan(drawn)]
    if not len(known):
        return float("nan"), float("nan")
    tail = 50 * (1 - level)
    low, high = np.percentile(known, [tail, 100 - tail])
    return float(low), float(high)


def _student(freedom: float, level: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + level / 2))
