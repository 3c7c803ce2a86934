"""Trajectories: each model's way through the Grassmannian, its motion and its distances."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.views import coverage, stored
from lrd_core.views.command_text import commands_for_runs
from lrd_core.views.path_numbers import motion_profiles, summary, threshold_table
from lrd_core.views.paths import (
    DEFAULT_VARIANCE,
    StoredPaths,
    Unit,
    credit,
    metric_asked,
    place_paths,
    read_paths,
)
from lrd_core.views.trajectory_words import missing_variances, quality_line, sentence, steps_note
from lrd_core.views.view import Selection, View, told

Dimensions = Literal[2, 3]

DEPTH_STEPS = tuple(range(101))
"""Depths in percent that the cursor can stand at; each is a frame of the figures."""

OTHER_VARIANCES = (0.8, 0.9, 0.99)
"""Thresholds beside the default that tell whether the picture hangs on it."""

MOST_SQUARES = 6
MOST_SCENES = 4
"""Pictures in three dimensions on one page; a browser keeps 8 to 16 WebGL contexts."""


@dataclass(frozen=True)
class TrajectoryRequest:
    """Which paths to draw, and how.

    dimensions: of the picture. together: all paths in one frame, laid on the first; else one frame
    a model, where there is room for that. unit: of distances. variance: the share of it that a
    subspace keeps at the last layer. percent, camera: as in PathsView; a page, which moves them
    without asking again, sets them on the view.
    """

    selection: Selection
    dimensions: Dimensions = 2
    together: bool = True
    unit: Unit = "radians"
    variance: float = DEFAULT_VARIANCE
    percent: int = 100
    camera: tuple[float, ...] | None = None


@dataclass(frozen=True)
class TrajectoryChoices:
    """What the store offers for a selection.

    names: of the runs that have a path, each a model on a task. variances: thresholds that all of
    them have. steps, steps_command: runs that have no path to draw but its steps, in a sentence,
    and what measures the rest; empty where none is so.
    """

    names: tuple[str, ...]
    variances: tuple[float, ...]
    steps: str = ""
    steps_command: str = ""

    def can_stand_apart(self, dimensions: Dimensions) -> bool:
        """Whether each path can have a frame of its own."""
        return _can_stand_apart(len(self.names), dimensions)


@dataclass(frozen=True)
class PathsView(View):
    """Paths as points: `table` has the columns of paths.POINT_COLUMNS, one row a layer.

    quality: as in paths.Points. numbers: one row a path, see path_numbers.summary. percent: one of
    DEPTH_STEPS, the depth looked at. camera: eye x, y, z and centre x, y, z of a picture in three
    dimensions, from a link.
    """

    quality: pd.DataFrame = field(default_factory=pd.DataFrame)
    numbers: pd.DataFrame = field(default_factory=pd.DataFrame)
    dimensions: Dimensions = 2
    together: bool = True
    unit: Unit = "radians"
    percent: int = 100
    camera: tuple[float, ...] | None = None


@dataclass(frozen=True)
class MotionView(View):
    """Speed and curvature over depth: `table` as path_numbers.motion_profiles gives it.

    num_blocks: L where all models share it, else None. percent: one of DEPTH_STEPS, as above.
    """

    num_blocks: int | None = None
    percent: int = 100


@dataclass(frozen=True)
class DistancesView(View):
    """Distance of every pair of layers: `table` has one row a pair of layers of a path.

    Columns: run_key, name, layer, other_layer, distance. Of the first MOST_SQUARES paths.
    """

    unit: Unit = "radians"


@dataclass(frozen=True)
class ThresholdsView(View):
    """What a path comes to at each threshold: `table` as path_numbers.threshold_table gives it.

    missing: of OTHER_VARIANCES, those that at least one path lacks.
    """

    missing: tuple[float, ...] = ()

    @property
    def can_compare(self) -> bool:
        """Whether there is more than one threshold."""
        return not self.empty and bool(self.table["variance"].nunique() > 1)


@dataclass(frozen=True)
class Trajectories:
    """The answer to one request: four views of the same paths."""

    paths: PathsView
    motion: MotionView
    distances: DistancesView
    thresholds: ThresholdsView


def choices(config: Config, selection: Selection) -> TrajectoryChoices:
    """What can be drawn of this selection."""
    found = _read(config, selection)
    each = list(found.variances().values())
    shared = set.intersection(*map(set, each)) if each else set()
    return TrajectoryChoices(
        tuple(coverage.by_name(found.runs)),
        tuple(sorted(shared)),
        steps_note(found.steps_only),
        commands_for_runs(found.steps_only, [metric_asked()]),
    )


def trajectories(config: Config, request: TrajectoryRequest) -> Trajectories:
    """The paths that were asked for, drawn and in numbers; empty where the store has none.

    Raises: InputError for a depth at which the cursor cannot stand.
    """
    if request.percent not in DEPTH_STEPS:
        raise InputError(f"percent must be a whole number from 0 to 100, got {request.percent}")
    everything = stored.runs(config)
    found = read_paths(config, request.selection.pick_runs(everything))
    others = coverage.not_picked(everything, found.runs)
    return Trajectories(
        paths=_paths(found, request, others),
        motion=_motion(found, request),
        distances=_distances(found, request, everything),
        thresholds=_thresholds(found, others),
    )


def _read(config: Config, selection: Selection) -> StoredPaths:
    return read_paths(config, selection.pick_runs(stored.runs(config)))


def _can_stand_apart(paths: int, dimensions: Dimensions) -> bool:
    return paths > 1 and (dimensions == 2 or paths <= MOST_SCENES)


def _paths(found: StoredPaths, request: TrajectoryRequest, others: str) -> PathsView:
    together = request.together or not _can_stand_apart(len(found.runs), request.dimensions)
    placed = place_paths(
        found,
        dimensions=request.dimensions,
        unit=request.unit,
        aligned=together,
        variance=request.variance,
    )
    numbers = summary(found, request.variance)
    said = sentence(numbers)
    note = quality_line(placed.quality, together) if len(placed.quality) else ""
    return PathsView(
        placed.table,
        sentence=said,
        notes=told(note, others, steps_note(found.steps_only)),
        runs=found.runs,
        metrics=(credit(request.variance),),
        command=commands_for_runs(found.runs, [metric_asked(request.variance)]),
        alt=f"Paths of {len(found.runs)} models in {request.dimensions} dimensions. {said}",
        quality=placed.quality,
        numbers=numbers,
        dimensions=request.dimensions,
        together=together,
        unit=request.unit,
        percent=request.percent,
        camera=request.camera,
    )


def _motion(found: StoredPaths, request: TrajectoryRequest) -> MotionView:
    blocks = set(found.runs["num_blocks"])
    return MotionView(
        motion_profiles(found, request.variance),
        runs=found.runs,
        metrics=(credit(),),
        command=commands_for_runs(found.runs, [metric_asked(request.variance)]),
        alt="Speed and curvature of the paths over depth.",
        num_blocks=blocks.pop() if len(blocks) == 1 else None,
        percent=request.percent,
    )


def _distances(
    found: StoredPaths, request: TrajectoryRequest, everything: pd.DataFrame
) -> DistancesView:
    shown = found.runs[:MOST_SQUARES]
    squares = found.squares(request.unit, request.variance)
    names = _square_names(shown)
    drawn = {key: squares[key] for key in names if key in squares}
    return DistancesView(
        pair_table(drawn, names),
        notes=told(coverage.not_picked(everything, shown)),
        runs=shown,
        command=commands_for_runs(shown),
        alt="Layer-to-layer distances of the subspaces, one square a model.",
        unit=request.unit,
    )


def _thresholds(found: StoredPaths, others: str) -> ThresholdsView:
    missing = missing_variances(found.variances(), list(found.runs["run_key"]), OTHER_VARIANCES)
    return ThresholdsView(
        threshold_table(found),
        notes=told("Right: Spearman correlation of all layer distances with those at 95%.", others),
        runs=found.runs,
        command=commands_for_runs(found.runs),
        alt="Rank, straightness and agreement of distances over the variance threshold.",
        missing=tuple(missing),
    )


def _square_names(runs: pd.DataFrame) -> dict[str, str]:
    """What to write above each square: the model, and the task if there are several."""
    several = runs["task"].nunique() > 1
    return {
        run.run_key: f"{run.model} on {run.task}" if several else run.model
        for run in runs.itertuples()
    }


def pair_table(squares: Mapping[str, np.ndarray], names: Mapping[str, str]) -> pd.DataFrame:
    """Squares of layers by run as one table, with the columns that DistancesView tells of."""
    columns = ["run_key", "name", "layer", "other_layer", "distance"]
    parts = []
    for key, cells in squares.items():
        layers, others = np.indices(cells.shape)
        part = pd.DataFrame(
            {"layer": layers.ravel(), "other_layer": others.ravel(), "distance": cells.ravel()}
        )
        parts.append(part.assign(run_key=key, name=names[key])[columns])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
