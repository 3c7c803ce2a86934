"""L5: whether metrics go with the score over layers, more than depth itself does."""

import numpy as np

from lrd_core.analysis.dependence import LEAST_LAYERS, distance_correlation, moving_blocks
from lrd_core.claims.held import Held, Profiles
from lrd_core.claims.intervals import mean_of, percentiles
from lrd_core.claims.registry import LBL, claim
from lrd_core.claims.verdicts import LEAST_MODELS, Finding, Number, not_testable, side_of
from lrd_core.numbers import correlation, percent

FOLLOWING = {"dime": "DiME", "infonce": "InfoNCE", "token_curvature": "Curvature"}
LEVEL = 1 - 0.05 / len(FOLLOWING)
RESAMPLES = 300


def compared(metrics: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
    """dCor of metrics with the score, that of depth, and resampled differences of the two.

    Shape: metrics (m, layers), score (layers,) -> (m,), a number and (m, RESAMPLES). Blocks of
    layers are drawn, the same for all, because neighbours resemble each other.
    """
    every = np.concatenate([metrics, np.arange(len(score), dtype=float)[None]])
    rows = moving_blocks(len(score), RESAMPLES, 0)
    drawn = distance_correlation(every[:, rows], score[rows][None])
    *own, base = distance_correlation(every, score[None])
    return np.asarray(own), float(base), drawn[:-1] - drawn[-1]


def _by_tasks(held: Held, model: str, curves: Profiles) -> dict[tuple[str, ...], list[str]]:
    """The metrics of a model by the tasks that they share with its scores."""
    found: dict[tuple[str, ...], list[str]] = {}
    for name in FOLLOWING if curves.cells.shape[1] >= LEAST_LAYERS else ():
        tasks = tuple(curves.shared(held.table(model, name)))
        if tasks:
            found.setdefault(tasks, []).append(name)
    return found


@claim(
    "L5",
    "DiME, InfoNCE and curvature go with the scores over layers, DiME most.",
    LBL,
    "figure 3, Pythia-410m",
    statistic="distance correlation of DiME's profile with that of the mean score, less that of "
    "depth itself",
    rule="Holds where the interval of DiME's advantage over depth lies above zero; contradicted "
    "where it lies below.",
    series=("dime", "infonce", "token_curvature", "score"),
    page="selection",
)
def follow_the_score(held: Held) -> Finding:
    """DiME's distance correlation less the one that any smooth profile reaches."""
    gaps: dict[str, dict[str, Number]] = {name: {} for name in FOLLOWING}
    values: dict[str, list[float]] = {name: [] for name in FOLLOWING}
    bases = []
    for model, curves in held.curves.items():
        for tasks, names in _by_tasks(held, model, curves).items():
            score = curves.of(tasks).mean(axis=0)
            profiles = [held.table(model, name).of(tasks).mean(axis=0) for name in names]
            owns, base, drawn = compared(np.stack(profiles), score)
            for name, own, ways in zip(names, owns, drawn, strict=True):
                low, high = percentiles(ways, LEVEL)
                values[name].append(float(own))
                bases.append(base)
                told = f"{model}: {FOLLOWING[name]} less depth"
                gap = Number(told, float(own) - base, low, high, len(score), "layers")
                gaps[name][model] = gap
    first = next(iter(FOLLOWING))
    if not gaps[first]:
        return not_testable(
            "No model of eight layers or more has DiME and scores at every layer of one task.",
            "Measure DiME on the tasks that a model is scored on at every layer.",
        )
    summed = [_over_models(label, gaps[name]) for name, label in FOLLOWING.items() if gaps[name]]
    main = summed[0].called("DiME less depth", "main")
    reached = [
        mean_of(f"{label}'s own correlation", values[name], kind="baseline", level=LEVEL)
        for name, label in FOLLOWING.items()
        if values[name]
    ]
    least = LEAST_MODELS if main.of == "models" else LEAST_LAYERS
    verdict, why = side_of(main, least)
    return Finding(
        verdict,
        f"{why} Depth alone reaches {correlation(float(np.mean(bases)))}.",
        "distance correlation",
        (main, *summed[1:], *reached, *(one for by in gaps.values() for one in by.values())),
        "" if verdict == "holds" else "More models with many layers, measured and scored alike.",
        f"Three metrics are tried: intervals are at {percent(LEVEL, 1)} (Bonferroni).",
    )


def _over_models(label: str, gaps: dict[str, Number]) -> Number:
    """The mean advantage over models; of a single model its own, over blocks of its layers."""
    if len(gaps) == 1:
        return next(iter(gaps.values())).called(f"{label} less depth", "baseline")
    values = [one.value for one in gaps.values()]
    return mean_of(f"{label} less depth", values, kind="baseline", level=LEVEL)
