"""The place at each depth on the drawn paths, step by step."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lrd_core.plots.gliding import frame_buttons
from lrd_core.plots.theme import Look

RING = 16
"""How much wider than a point the ring is that marks the depth looked at (pixels)."""


STEP_GLIDE = {"duration": 400, "easing": "linear"}


def prepare_cursor(points: pd.DataFrame, depth: float) -> pd.DataFrame:
    """Where each path is at a depth (0..1), linear between layers: run_key, model, x, y, z."""
    rows = [
        {"run_key": key, "model": path["model"].iloc[0]}
        | {axis: float(np.interp(depth, path["depth"], path[axis])) for axis in ("x", "y", "z")}
        for key, path in points.groupby("run_key", sort=False)
    ]
    return pd.DataFrame(rows, columns=["run_key", "model", "x", "y", "z"])


def add_depth_frames(
    figure: go.Figure,
    moved: Mapping[int, list[Any]],
    traces: list[int],
    percent: int,
    redraw: bool = False,
) -> None:
    """Let the traces with these numbers glide to what `moved` gives for each depth in percent."""
    names = [f"{at}%" for at in moved]
    figure.frames = [
        go.Frame(name=name, data=found, traces=traces)
        for name, found in zip(names, moved.values(), strict=True)
    ]
    start = list(moved).index(percent)
    figure.update_layout(updatemenus=[frame_buttons(names, start, STEP_GLIDE, redraw)])


def depth_rings(points: pd.DataFrame, percent: int, look: Look, dimensions: int) -> list[Any]:
    kind = go.Scatter3d if dimensions == 3 else go.Scatter
    axes = ["x", "y", "z"][:dimensions]
    return [
        kind(
            **{axis: [getattr(cursor, axis)] for axis in axes},
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
        for cursor in prepare_cursor(points, percent / 100).itertuples()
    ]
