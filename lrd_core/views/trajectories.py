"""Paths of the principal subspace, ready to draw: MDS points, profiles, distances, CKA."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.metrics.grassmann import PATH
from lrd_core.metrics.registry import find_metric
from lrd_core.projection.mds import MdsEmbedding, align_paths, classical_mds
from lrd_core.store.connection import connect
from lrd_core.store.matrices import MATRICES
from lrd_core.store.metric_values import read_profiles
from lrd_core.store.reading import read_newest

Unit = Literal["radians", "share"]
"""radians: as measured. share: of the largest distance that subspaces of this rank can have."""

METRIC = find_metric(PATH.metric)
CALLED = PATH.called
DEFAULT_VARIANCE = float(METRIC.parameters[PATH.threshold])
NUMBERS = (PATH.rank, PATH.span, PATH.length, PATH.straightness)
"""What a path is as a whole, one number each."""

MOTION = (PATH.speed, PATH.bend)
"""What it does along the way, one value a place."""


@dataclass(frozen=True)
class Paths:
    """Several models' paths in one frame.

    points: one row a layer that could be drawn: run_key, model, family, task, layer, num_blocks,
        depth (0..1), x, y, z (z is 0 in two dimensions).
    quality: one row a run: run_key, model, stress, shown, non_euclidean, residual (root mean
        squared distance to the first path at equal depth; NaN where paths are not aligned),
        left_out (layers without a subspace).
    """

    points: pd.DataFrame
    quality: pd.DataFrame


def request(variance: float = DEFAULT_VARIANCE) -> str:
    """What computes paths at this threshold, as `run --metrics` takes it."""
    changed = "" if variance == DEFAULT_VARIANCE else f":{PATH.threshold}={variance:g}"
    return f"{PATH.metric}{changed}"


def credit(variance: float | None = None) -> str:
    """The metric with its version, for the provenance line."""
    told = "" if variance is None else f", variance {variance:.0%}"
    return f"{PATH.called} v{METRIC.version}{told}"


def stored_variances(config: Config, run_keys: Sequence[str]) -> dict[str, list[float]]:
    """Variance thresholds with a stored path, ascending, by run; runs without any are absent."""
    found = _distance_rows(config, run_keys)
    return {str(key): sorted(set(rows["variance"])) for key, rows in found.groupby("run_key")}


def distance_matrices(
    config: Config, run_keys: Sequence[str], variance: float = DEFAULT_VARIANCE
) -> dict[str, np.ndarray]:
    """(L+1, L+1) Grassmann distances in radians by run; runs without them are absent."""
    rows = _distance_rows(config, run_keys)
    rows = rows[np.isclose(rows["variance"], variance)]
    return {
        row.run_key: np.asarray(row.cells).reshape(row.num_rows, row.num_columns)
        for row in rows.itertuples()
    }


def named_distances(
    config: Config, runs: pd.DataFrame, unit: Unit = "radians", variance: float = DEFAULT_VARIANCE
) -> dict[str, np.ndarray]:
    """Distance matrices by the name to write above them: the model, and the task if several."""
    found = distance_matrices(config, list(runs["run_key"]), variance)
    ranks = _ranks(config, list(found), variance)
    several = runs["task"].nunique() > 1
    return {
        f"{run.model} on {run.task}" if several else run.model: in_unit(
            found[run.run_key], ranks.get(run.run_key), unit
        )
        for run in runs.itertuples()
        if run.run_key in found
    }


def paths(
    config: Config,
    runs: pd.DataFrame,
    *,
    dimensions: int = 2,
    unit: Unit = "radians",
    aligned: bool = True,
    variance: float = DEFAULT_VARIANCE,
) -> Paths:
    """Each run's layers as points whose distances imitate the Grassmann distances.

    runs: rows of the runs table; with `aligned`, the first one's frame is everybody's.
    """
    matrices = distance_matrices(config, list(runs["run_key"]), variance)
    ranks = _ranks(config, list(matrices), variance)
    drawn, quality = [], []
    for run in runs.itertuples():
        if run.run_key not in matrices:
            continue
        distances = in_unit(matrices[run.run_key], ranks.get(run.run_key), unit)
        layers = known_layers(distances)
        if len(layers) < 2:
            continue
        found = classical_mds(distances[np.ix_(layers, layers)], dimensions)
        drawn.append((run, layers, found.points))
        left_out = sorted(set(range(len(distances))) - set(layers.tolist()))
        quality.append(_quality_row(run, found, left_out))
    moved = [points for *_, points in drawn]
    if aligned and len(drawn) > 1:
        alignment = align_paths(moved)
        moved = alignment.paths
        for row, residual in zip(quality, alignment.residuals, strict=True):
            row["residual"] = residual
    frames = [
        _path_rows(run, layers, points)
        for (run, layers, _), points in zip(drawn, moved, strict=True)
    ]
    columns = ["run_key", "model", "family", "task", "layer", "num_blocks", "depth", "x", "y", "z"]
    points_table = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)
    return Paths(points_table, pd.DataFrame(quality))


def motion_profiles(
    config: Config, run_keys: Sequence[str], variance: float = DEFAULT_VARIANCE
) -> pd.DataFrame:
    """Speed (at l + 1/2) and curvature (at l) of these runs, with provenance and depth (0..1)."""
    rows = _path_values(config, run_keys, variance)
    rows = rows[rows["series"].isin(MOTION)].copy()
    rows["depth"] = rows["position"] / rows["num_blocks"]
    return rows.reset_index(drop=True)


def summary(
    config: Config, run_keys: Sequence[str], variance: float = DEFAULT_VARIANCE
) -> pd.DataFrame:
    """One row a run: rank, distance first to last, path length, straightness, fastest block."""
    rows = _path_values(config, run_keys, variance)
    table = []
    for key in run_keys:
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


def threshold_table(config: Config, runs: pd.DataFrame) -> pd.DataFrame:
    """How the picture depends on the variance threshold: one row a run and threshold.

    Columns: run_key, model, variance, those of NUMBERS, stress in 2-D, and
    `agreement`: Spearman correlation of its layer distances with those at the default threshold.
    """
    keys = list(runs["run_key"])
    stored = _distance_rows(config, keys)
    reference = distance_matrices(config, keys)
    names = dict(zip(runs["run_key"], runs["model"], strict=True))
    table = []
    for variance in sorted(set(stored["variance"])):
        numbers = summary(config, keys, variance)
        found = distance_matrices(config, keys, variance)
        for key, distances in found.items():
            layers = known_layers(distances)
            row = numbers[numbers["run_key"] == key]
            table.append(
                {"run_key": key, "model": names[key], "variance": variance}
                | {name: math.nan if row.empty else float(row.iloc[0][name]) for name in NUMBERS}
                | {
                    "stress": classical_mds(distances[np.ix_(layers, layers)]).stress
                    if len(layers) > 1
                    else math.nan,
                    "agreement": _rank_agreement(distances, reference.get(key)),
                }
            )
    return pd.DataFrame(table)


def known_layers(distances: np.ndarray) -> np.ndarray:
    """Layers whose subspace exists: their distance to some other layer is a number."""
    off_diagonal = ~np.eye(len(distances), dtype=bool)
    return np.flatnonzero((np.isfinite(distances) & off_diagonal).any(axis=1))


def in_unit(distances: np.ndarray, rank: float | None, unit: Unit) -> np.ndarray:
    """Radians as they are, or divided by (pi/2) sqrt(rank), the largest possible distance."""
    if unit == "radians" or rank is None or not rank > 0:
        return distances
    return distances / (math.pi / 2 * math.sqrt(rank))


def cka(config: Config, first_key: str, second_key: str) -> np.ndarray | None:
    """(L_first + 1, L_second + 1) linear CKA of two runs, or None if it was not computed."""
    with connect(config, read_only=True) as connection:
        for one, other in ((first_key, second_key), (second_key, first_key)):
            found = read_newest(connection, MATRICES, run_key=one, series=f"cka:{other}")
            if not found.empty:
                row = found.iloc[-1]
                cells = np.asarray(row.cells).reshape(row.num_rows, row.num_columns)
                return cells if one == first_key else cells.T
    return None


def comparable(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Whether two runs saw the same texts, so that CKA between them means something."""
    same = ("task", "task_revision", "split", "n", "seed")
    return all(first[name] == second[name] for name in same)


def _distance_rows(config: Config, run_keys: Sequence[str]) -> pd.DataFrame:
    with connect(config, read_only=True) as connection:
        rows = read_newest(
            connection, MATRICES, run_key=list(run_keys), series=PATH.distances, mode="exact"
        )
    return rows.assign(variance=_variance_of(rows["parameters"]))


def _path_values(config: Config, run_keys: Sequence[str], variance: float) -> pd.DataFrame:
    with connect(config, read_only=True) as connection:
        rows = read_profiles(connection, metric=PATH.metric, run_key=list(run_keys), mode="exact")
    return rows[np.isclose(_variance_of(rows["parameters"]), variance)]


def _variance_of(parameters: pd.Series) -> np.ndarray:
    known = (json.loads(text).get(PATH.threshold, DEFAULT_VARIANCE) for text in parameters)
    return np.array(list(known), dtype=float)


def _ranks(config: Config, run_keys: Sequence[str], variance: float) -> dict[str, float]:
    rows = _path_values(config, run_keys, variance)
    rows = rows[(rows["series"] == PATH.rank) & rows["value"].notna()]
    return dict(zip(rows["run_key"], rows["value"], strict=True))


def _path_rows(run: Any, layers: np.ndarray, points: np.ndarray) -> pd.DataFrame:
    flat = np.zeros((len(points), 3))
    flat[:, : points.shape[1]] = points
    return pd.DataFrame(
        {
            "run_key": run.run_key,
            "model": run.model,
            "family": run.family,
            "task": run.task,
            "layer": layers,
            "num_blocks": run.num_blocks,
            "depth": layers / run.num_blocks,
            "x": flat[:, 0],
            "y": flat[:, 1],
            "z": flat[:, 2],
        }
    )


def _quality_row(run: Any, found: MdsEmbedding, left_out: list[int]) -> dict[str, Any]:
    return {
        "run_key": run.run_key,
        "model": run.model,
        "stress": found.stress,
        "shown": found.shown,
        "non_euclidean": found.non_euclidean,
        "residual": math.nan,
        "left_out": left_out,
    }


def _rank_agreement(distances: np.ndarray, reference: np.ndarray | None) -> float:
    if reference is None or reference.shape != distances.shape:
        return math.nan
    upper = np.triu_indices(len(distances), 1)
    pair = pd.DataFrame({"one": distances[upper], "other": reference[upper]}).dropna()
    if len(pair) < 3:
        return math.nan
    return float(pair["one"].rank().corr(pair["other"].rank()))
