"""The place at each depth on the drawn paths, step by step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lrd_core.plots.gliding import add_frames
from lrd_core.plots.theme import Look

RING = 16
"""How much wider than a point the ring is that marks the depth looked at (pixels)."""

STEP_MS = 50

Trace: TypeAlias = dict[str, Any]
"""A trace as it is written (see gliding.Frame)."""


@dataclass(frozen=True, eq=False)
class Path:
    """One path without its table: a figure asks it for its place at a hundred depths.

    depths: (layers,), 0 to 1, rising. places: (layers, dimensions).
    """

    run_key: str
    depths: np.ndarray
    places: np.ndarray

    def at(self, depth: float) -> list[float]:
        """Where the path is at a depth, linear between layers: a number for each dimension."""
        return [float(np.interp(depth, self.depths, axis)) for axis in self.places.T]

    def up_to(self, depth: float) -> list[list[float]]:
        """The way to a depth, with the place there as the last point."""
        passed = np.searchsorted(self.depths, depth, side="right")
        return [*self.places[:passed].tolist(), self.at(depth)]


def paths_of(points: pd.DataFrame, dimensions: int) -> list[Path]:
    """The paths of a table of points, in the order in which they come."""
    axes = ["x", "y", "z"][:dimensions]
    return [
        Path(str(key), path["depth"].to_numpy(), path[axes].to_numpy())
        for key, path in points.groupby("run_key", sort=False)
    ]


def add_depth_frames(
    figure: go.Figure, moved: Mapping[int, list[Trace]], traces: list[int], percent: int
) -> None:
    """Let the traces with these numbers glide to what `moved` gives for each depth in percent."""
    frames = [{"name": f"{at}%", "data": found, "traces": traces} for at, found in moved.items()]
    add_frames(figure, frames, list(moved).index(percent), step_ms=STEP_MS)


def moved_to(paths: list[Path], percent: int) -> list[Trace]:
    """What a frame moves: the way of each path up to a depth, then one trace with all rings."""
    depth = percent / 100
    rings = _placed([path.at(depth) for path in paths])
    return [*(_placed(path.up_to(depth)) for path in paths), rings]


def moving_traces(
    paths: list[Path], percent: int, lines: Mapping[str, dict[str, Any]], look: Look
) -> list[Trace]:
    """The traces that frames move, as they are drawn at a depth; `lines` says how, by run."""
    told = {"hoverinfo": "skip", "showlegend": False}
    *ways, rings = moved_to(paths, percent)
    drawn = [
        way | {"mode": "lines", "line": lines[path.run_key]} | told
        for path, way in zip(paths, ways, strict=True)
    ]
    size = 14 if "z" in rings else look.marker_size + RING
    marker = {"size": size, "symbol": "circle-open", "color": look.text}
    marker["line"] = {"width": 3, "color": look.text}
    return [*drawn, rings | {"mode": "markers", "marker": marker} | told]


def _placed(places: list[list[float]]) -> Trace:
    # Lists, for Plotly takes ten times as long to look at a short array.
    axes = dict(zip("xyz", map(list, zip(*places, strict=True)), strict=False))
    return {"type": "scatter3d" if "z" in axes else "scatter"} | axes
