"""Paths of the principal subspace as the store holds them, and as points that can be drawn."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.metrics.grassmann import PATH
from lrd_core.metrics.registry import find_metric
from lrd_core.numbers import percent, typed
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
POINT_COLUMNS = (
    *("run_key", "model", "family", "task", "layer", "num_blocks", "depth"),
    *("x", "y", "z"),
)


@dataclass(frozen=True)
class StoredPaths:
    """What the store holds of the paths of some runs, at every variance threshold.

    runs: those of the runs table that have a path, in the order asked.
    distances: one row a run and threshold: run_key, variance, num_rows, num_columns and cells, the
        (L+1, L+1) Grassmann distances in radians.
    values: the metric's other values with the provenance of their run, and their variance.
    steps_only: runs of which the steps were measured and not the pairs that a path is drawn from.
    """

    runs: pd.DataFrame
    distances: pd.DataFrame
    values: pd.DataFrame
    steps_only: pd.DataFrame

    def variances(self) -> dict[str, list[float]]:
        """Thresholds with a stored path, ascending, by run."""
        grouped = self.distances.groupby("run_key")
        return {str(key): sorted(set(rows["variance"])) for key, rows in grouped}

    def matrices(self, variance: float = DEFAULT_VARIANCE) -> dict[str, np.ndarray]:
        """(L+1, L+1) Grassmann distances in radians by run; runs without them are absent."""
        rows = self.distances[np.isclose(self.distances["variance"], variance)]
        return {
            row.run_key: np.asarray(row.cells).reshape(row.num_rows, row.num_columns)
            for row in rows.itertuples()
        }

    def squares(self, unit: Unit, variance: float) -> dict[str, np.ndarray]:
        """The same in a unit."""
        rows = self.values_at(variance)
        known = rows[(rows["series"] == PATH.rank) & rows["value"].notna()]
        ranks = dict(zip(known["run_key"], known["value"], strict=True))
        return {
            key: in_unit(cells, ranks.get(key), unit)
            for key, cells in self.matrices(variance).items()
        }

    def values_at(self, variance: float) -> pd.DataFrame:
        """Rows of `values` at a threshold."""
        return self.values[np.isclose(self.values["variance"], variance)]


@dataclass(frozen=True)
class Points:
    """Several models' paths in one frame.

    table: one row a layer that could be drawn, with POINT_COLUMNS: depth is 0..1, z is 0 in two
        dimensions.
    quality: one row a run: run_key, model, stress, shown, non_euclidean, residual (root mean
        squared distance to the first path at equal depth; NaN where paths are not aligned),
        left_out (layers without a subspace).
    """

    table: pd.DataFrame
    quality: pd.DataFrame


def metric_asked(variance: float = DEFAULT_VARIANCE) -> str:
    """What computes paths at this threshold, as `run --metrics` takes it."""
    changed = "" if variance == DEFAULT_VARIANCE else f":{PATH.threshold}={typed(variance)}"
    return f"{PATH.metric}{changed}:{PATH.every_pair}"


def credit(variance: float | None = None) -> str:
    """The metric with its version, for the provenance line."""
    told = "" if variance is None else f", variance {percent(variance)}"
    return f"{PATH.called} v{METRIC.version}{told}"


def read_paths(config: Config, runs: pd.DataFrame) -> StoredPaths:
    """The paths of these rows of the runs table; those without any are left out."""
    keys = list(runs["run_key"])
    with connect(config, read_only=True) as connection:
        distances = read_newest(
            connection, MATRICES, run_key=keys, series=PATH.distances, mode="exact"
        )
        values = read_profiles(connection, metric=PATH.metric, run_key=keys, mode="exact")
    drawn = runs["run_key"].isin(distances["run_key"])
    measured = runs["run_key"].isin(values.loc[values["value"].notna(), "run_key"])
    found = runs[drawn].reset_index(drop=True)
    values = values[values["run_key"].isin(found["run_key"])]
    steps = runs[measured & ~drawn].reset_index(drop=True)
    return StoredPaths(found, _with_variance(distances), _with_variance(values), steps)


def place_paths(
    found: StoredPaths,
    *,
    dimensions: int = 2,
    unit: Unit = "radians",
    aligned: bool = True,
    variance: float = DEFAULT_VARIANCE,
) -> Points:
    """Each run's layers as points whose distances imitate the Grassmann distances.

    With `aligned`, the frame of the first run is everybody's.
    """
    squares = found.squares(unit, variance)
    drawn, quality = [], []
    for run in found.runs.itertuples():
        if run.run_key not in squares:
            continue
        distances = squares[run.run_key]
        layers = known_layers(distances)
        if len(layers) < 2:
            continue
        placed = classical_mds(distances[np.ix_(layers, layers)], dimensions)
        drawn.append((run, layers, placed.points))
        left_out = sorted(set(range(len(distances))) - set(layers.tolist()))
        quality.append(_quality_row(run, placed, left_out))
    moved = [points for *_, points in drawn]
    if aligned and len(drawn) > 1:
        alignment = align_paths(moved)
        moved = alignment.paths
        for row, residual in zip(quality, alignment.residuals, strict=True):
            row["residual"] = residual
    return Points(_point_table(drawn, moved), pd.DataFrame(quality))


def known_layers(distances: np.ndarray) -> np.ndarray:
    """Layers whose subspace exists: their distance to some other layer is a number."""
    off_diagonal = ~np.eye(len(distances), dtype=bool)
    return np.flatnonzero((np.isfinite(distances) & off_diagonal).any(axis=1))


def in_unit(distances: np.ndarray, rank: float | None, unit: Unit) -> np.ndarray:
    """Radians as they are, or divided by (pi/2) sqrt(rank), the largest possible distance."""
    if unit == "radians" or rank is None or not rank > 0:
        return distances
    return distances / (math.pi / 2 * math.sqrt(rank))


def _with_variance(rows: pd.DataFrame) -> pd.DataFrame:
    known = (json.loads(text).get(PATH.threshold, DEFAULT_VARIANCE) for text in rows["parameters"])
    return rows.assign(variance=np.array(list(known), dtype=float))


def _point_table(
    drawn: Sequence[tuple[Any, np.ndarray, np.ndarray]], moved: Sequence[np.ndarray]
) -> pd.DataFrame:
    frames = [
        _path_rows(run, layers, points)
        for (run, layers, _), points in zip(drawn, moved, strict=True)
    ]
    if not frames:
        return pd.DataFrame(columns=POINT_COLUMNS)
    return pd.concat(frames, ignore_index=True)


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


def _quality_row(run: Any, placed: MdsEmbedding, left_out: list[int]) -> dict[str, Any]:
    return {
        "run_key": run.run_key,
        "model": run.model,
        "stress": placed.stress,
        "shown": placed.shown,
        "non_euclidean": placed.non_euclidean,
        "residual": math.nan,
        "left_out": left_out,
    }
