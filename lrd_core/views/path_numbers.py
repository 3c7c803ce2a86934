"""Paths in numbers: how long, how straight, how fast where, and what a threshold changes."""

import math

import numpy as np
import pandas as pd

from lrd_core.metrics.grassmann import PATH
from lrd_core.projection.mds import classical_mds
from lrd_core.views.paths import DEFAULT_VARIANCE, StoredPaths, known_layers

NUMBERS = (PATH.rank, PATH.span, PATH.length, PATH.straightness)
"""What a path is as a whole, one number each."""

MOTION = (PATH.speed, PATH.bend)
"""What it does along the way, one value a place."""


def motion_profiles(found: StoredPaths, variance: float = DEFAULT_VARIANCE) -> pd.DataFrame:
    """Speed (at l + 1/2) and curvature (at l), with provenance and depth (0..1)."""
    rows = found.values_at(variance)
    rows = rows[rows["series"].isin(MOTION)].drop(columns="variance")
    rows["depth"] = rows["position"] / rows["num_blocks"]
    return rows.reset_index(drop=True)


def summary(found: StoredPaths, variance: float = DEFAULT_VARIANCE) -> pd.DataFrame:
    """One row a run: rank, distance first to last, path length, straightness, fastest block."""
    rows = found.values_at(variance)
    table = []
    for key in found.runs["run_key"]:
        mine = rows[rows["run_key"] == key]
        if mine.empty:
            continue
        numbers = mine[mine["series"].isin(NUMBERS)].set_index("series")["value"]
        speed = mine[(mine["series"] == PATH.speed) & mine["value"].notna()]
        fastest = None if speed.empty else int(speed.loc[speed["value"].idxmax(), "position"])
        first = mine.iloc[0]
        table.append(
            {"run_key": key, "model": first["model"], "task": first["task"]}
            | {name: numbers.get(name, math.nan) for name in NUMBERS}
            | {"fastest_block": fastest, "num_blocks": int(first["num_blocks"])}
        )
    return pd.DataFrame(table)


def threshold_table(found: StoredPaths) -> pd.DataFrame:
    """How the picture depends on the variance threshold: one row a run and threshold.

    Columns: run_key, model, variance, those of NUMBERS, stress in 2-D, and `agreement`: Spearman
    correlation of its layer distances with those at the default threshold.
    """
    reference = found.matrices()
    names = dict(zip(found.runs["run_key"], found.runs["model"], strict=True))
    table = []
    for variance in sorted(set(found.distances["variance"])):
        numbers = summary(found, variance)
        for key, distances in found.matrices(variance).items():
            row = numbers[numbers["run_key"] == key]
            table.append(
                {"run_key": key, "model": names[key], "variance": variance}
                | {name: math.nan if row.empty else float(row.iloc[0][name]) for name in NUMBERS}
                | {
                    "stress": _stress(distances),
                    "agreement": _rank_agreement(distances, reference.get(key)),
                }
            )
    return pd.DataFrame(table)


def _stress(distances: np.ndarray) -> float:
    layers = known_layers(distances)
    if len(layers) < 2:
        return math.nan
    return classical_mds(distances[np.ix_(layers, layers)]).stress


def _rank_agreement(distances: np.ndarray, reference: np.ndarray | None) -> float:
    if reference is None or reference.shape != distances.shape:
        return math.nan
    upper = np.triu_indices(len(distances), 1)
    pair = pd.DataFrame({"one": distances[upper], "other": reference[upper]}).dropna()
    if len(pair) < 3:
        return math.nan
    return float(pair["one"].rank().corr(pair["other"].rank()))
