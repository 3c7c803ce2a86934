"""R1: whether profiles tell families of models apart that last-layer values do not."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from lrd_core.claims.held import Held
from lrd_core.claims.intervals import mean_of
from lrd_core.claims.registry import LRD, claim
from lrd_core.claims.verdicts import Finding, not_testable, side_of
from lrd_core.numbers import percent

PROFILES = ("speed", "nrs", "gfmi")
LAST = ("dataset_entropy", "effective_rank", "anisotropy")
POINTS = 8
LEAST_EACH = 3
LEAST_MODELS = 8
PERMUTATIONS = 500
Reduce = Callable[[np.ndarray], np.ndarray]


def left_out_hits(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """For each model whether the nearest centroid of the other models is its family's.

    Shape: features (models, dimensions), standardised here; labels (..., models) -> the same, of
    bool. A family that has no other model has no centroid.
    """
    spread = features.std(axis=0)
    scaled = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1)
    own = labels[..., None] == np.unique(labels)  # (..., models, families)
    sums = np.einsum("...mf,md->...fd", own.astype(float), scaled)[..., None, :, :]
    counts = own.sum(axis=-2)[..., None, :] - own
    centres = sums - own[..., None] * scaled[:, None, :]
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = ((centres / counts[..., None] - scaled[:, None, :]) ** 2).sum(axis=-1)
    nearest = np.where(counts > 0, apart, np.inf).argmin(axis=-1)
    return np.asarray(np.take_along_axis(own, nearest[..., None], axis=-1)[..., 0])


@claim(
    "R1",
    "Grassmann speed, NRS and GFMI tell families apart that last-layer values do not.",
    LRD,
    statistic="families named right by the nearest centroid of the other models: profiles less "
    "last-layer values",
    rule="Holds where the interval of the paired difference lies above zero, with two families of "
    "three models and eight models at least.",
    page="selection",
)
def profiles_tell_families(held: Held) -> Finding:
    """Leave-one-out accuracy on profile features against last-layer features and shuffled names."""
    family = held.families
    first, second = _features(held, PROFILES, _curve), _features(held, LAST, _end)
    models = [model for model in first if model in second]
    counts = Counter(family[model] for model in models)
    kept = [m for m in models if counts[family[m]] >= LEAST_EACH]
    if len({family[m] for m in kept}) < 2 or len(kept) < LEAST_MODELS:
        there = ", ".join(f"{n} {name}" for name, n in counts.items()) or "none"
        return not_testable(
            f"Two families of {LEAST_EACH} models and {LEAST_MODELS} models in all are needed on "
            f"the same task; there are: {there}.",
            "Run more models of each family on the same task.",
        )
    labels = np.array([family[m] for m in kept])
    rows = [np.stack([table[m] for m in kept]) for table in (first, second)]
    hits = [100 * left_out_hits(features, labels) for features in rows]
    main = mean_of("profiles less last layer", list(hits[0] - hits[1]), kind="main")
    verdict, why = side_of(main, LEAST_MODELS)
    shuffled = shuffled_accuracy(rows[0], labels)
    better = float((shuffled >= hits[0].mean()).mean())
    told = zip(("profiles", "last-layer values"), hits, strict=True)
    numbers = [mean_of(name, list(one), kind="baseline") for name, one in told]
    by_chance = mean_of("shuffled names", [float(shuffled.mean())], kind="baseline")
    numbers.append(replace(by_chance, n=len(kept)))
    return Finding(
        verdict,
        f"{why} Shuffled names do as well in {percent(better)} of {PERMUTATIONS} draws.",
        "% named right",
        (main, *numbers),
        "" if verdict == "holds" else "More models of each family on the same task.",
    )


def shuffled_accuracy(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(PERMUTATIONS,) per cent of models named right where names are dealt out at random."""
    draw = np.random.default_rng(0)
    dealt = np.stack([draw.permutation(labels) for _ in range(PERMUTATIONS)])
    return np.asarray(100 * left_out_hits(features, dealt).mean(axis=-1))


def _features(held: Held, series: tuple[str, ...], reduce: Reduce) -> dict[str, np.ndarray]:
    """By model: its features on the task that most models have all the series of."""
    rows = held.profiles[held.profiles["series"].isin(series)]
    whole = rows.groupby(["task", "model"])["series"].nunique()
    whole = whole[whole == len(series)].reset_index()
    if whole.empty:
        return {}
    counts = whole.groupby("task")["model"].nunique().sort_index()
    rows = rows[rows["task"] == counts.idxmax()].sort_values("position")
    curves = {key: part.to_numpy(float) for key, part in rows.groupby(["model", "series"])["value"]}
    found = {}
    for model in whole.loc[whole["task"] == counts.idxmax(), "model"]:
        features = np.concatenate([reduce(curves[model, name]) for name in series])
        if not np.isnan(features).any():
            found[str(model)] = features
    return found


def _curve(values: np.ndarray) -> np.ndarray:
    """A profile at POINTS depths."""
    depth = np.linspace(0, 1, len(values))
    return np.asarray(np.interp(np.linspace(0, 1, POINTS), depth, values))


def _end(values: np.ndarray) -> np.ndarray:
    return values[-1:]
