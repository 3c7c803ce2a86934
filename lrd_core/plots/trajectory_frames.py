"""The place at each depth on the drawn paths, step by step."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lrd_core.plots.gliding import add_frames
from lrd_core.plots.theme import Look

RING = 16
"""How much wider than a point the ring is that marks the depth looked at (pixels)."""

STEP_MS = 50


def prepare_cursor(points: pd.DataFrame, depth: float) -> pd.DataFrame:
    """Where each path is at a depth (0..1), linear between layers: run_key, model, x, y, z."""
    rows = [
        {"run_key": key, "model": path["model"].iloc[0]}
        | {axis: float(np.interp(depth, path["depth"], path[axis])) for axis in ("x", "y", "z")}
        for key, path in points.groupby("run_key", sort=False)
    ]
    return pd.DataFrame(rows, columns=["run_key", "model", "x", "y", "z"])


def add_depth_frames(
    figure: go.Figure, moved: Mapping[int, list[Any]], traces: list[int], percent: int
) -> None:
    """Let the traces with these numbers glide to what `moved` gives for each depth in percent."""
    frames = [go.Frame(name=f"{at}%", data=found, traces=traces) for at, found in moved.items()]
    add_frames(figure, frames, list(moved).index(percent), step_ms=STEP_MS)


def ways(
    points: pd.DataFrame, percent: int, lines: Mapping[str, dict[str, Any]] | None, dimensions: int
) -> list[Any]:
    """One line a path: its way up to a depth, with the place there as the last point.

    lines: how each is drawn; None for a frame, which moves it alone.
    """
    kind = go.Scatter3d if dimensions == 3 else go.Scatter
    axes = ["x", "y", "z"][:dimensions]
    ends = prepare_cursor(points, percent / 100).set_index("run_key")
    traces = []
    for key, path in points.groupby("run_key", sort=False):
        passed = path[path["depth"] <= percent / 100]
        way = {axis: [*passed[axis], ends.at[key, axis]] for axis in axes}
        drawn = {} if lines is None else {"line": lines[str(key)]}
        traces.append(kind(**way, mode="lines", hoverinfo="skip", showlegend=False, **drawn))
    return traces


def depth_rings(points: pd.DataFrame, percent: int, look: Look | None, dimensions: int) -> Any:
    """One trace with a ring on each path at a depth; without a look as a frame, which moves it."""
    kind = go.Scatter3d if dimensions == 3 else go.Scatter
    cursor = prepare_cursor(points, percent / 100)
    places = {axis: cursor[axis] for axis in ["x", "y", "z"][:dimensions]}
    if look is None:
        return kind(**places)
    return kind(
        **places,
        mode="markers",
        hoverinfo="skip",
        showlegend=False,
        marker={
            "size": 14 if dimensions == 3 else look.marker_size + RING,
            "symbol": "circle-open",
            "color": look.text,
            "line": {"width": 3, "color": look.text},
        },
    )
