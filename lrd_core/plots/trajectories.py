"""Paths of subspaces through the layers and their motion, on one depth cursor."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lrd_core.numbers import drawn, significant
from lrd_core.plots.labels import annotation_place, place_labels
from lrd_core.plots.theme import (
    DEPTH_COLOURS,
    Look,
    apply_theme,
    family_dash,
    padded_range,
    plot_text,
)
from lrd_core.plots.trajectory_frames import RING, add_depth_frames, depth_rings
from lrd_core.views.trajectories import DEPTH_STEPS, PathsView

MOST_NUMBERED_LAYERS = 13
PADDING = 0.14

NARROWEST_PLOT, LOWEST_PLOT = 600.0, 390.0
"""Room for paths and names in pixels, in a window of 1024; wider windows have more."""

UNITS = {"radians": "radians", "share": "share of the largest distance"}


def prepare_numbers(layers: Sequence[int], most: int = MOST_NUMBERED_LAYERS) -> list[str]:
    """The layer number to write at each point: all of them, a few and both ends if many, none."""
    if not most:
        return [""] * len(layers)
    step = max(1, math.ceil(len(layers) / most))
    last = len(layers) - 1
    shown = {i for i in range(0, last, step) if last - i >= step or i == 0} | {last}
    return [str(layer) if i in shown else "" for i, layer in enumerate(layers)]


def paths_figure(view: PathsView, look: Look) -> go.Figure:
    """Each model's way through the layers, with the depth looked at."""
    figure = plot_paths(
        view.table,
        view.quality,
        look,
        dimensions=view.dimensions,
        percent=view.percent,
        together=view.together,
        unit=view.unit,
        camera=view.camera,
    )
    return apply_theme(figure, look, 480 if view.together else 400)


def plot_paths(
    points: pd.DataFrame,
    quality: pd.DataFrame,
    look: Look,
    *,
    dimensions: int = 2,
    percent: int = 100,
    together: bool = True,
    unit: str = "radians",
    camera: Sequence[float] | None = None,
) -> go.Figure:
    """Each model's way through the layers; depth is colour, the ring is the depth looked at.

    percent: one of DEPTH_STEPS; the figure glides to the others. together: all paths in one
    frame; else one frame a model, all at one scale. camera: eye x, y, z and centre x, y, z of a
    picture in three dimensions.
    """
    keys = list(points["run_key"].drop_duplicates())
    columns = 1 if together else max(1, min(len(keys), 3))
    rows = 1 if together else max(1, math.ceil(len(keys) / columns))
    figure = _frames(points, quality, keys, rows, columns, dimensions, together)
    # Numbers of several paths in one frame cover each other; there colour and hover say the layer.
    numbered = MOST_NUMBERED_LAYERS if len(keys) == 1 or not together else 0
    for index, key in enumerate(keys):
        place = (1, 1) if together else (index // columns + 1, index % columns + 1)
        path = points[points["run_key"] == key]
        for trace in _path_traces(path, look, dimensions, unit, numbered):
            figure.add_trace(trace, row=place[0], col=place[1])
    _add_rings(
        figure, points, percent, look, dimensions, [keys] if together else [[k] for k in keys]
    )
    if together and dimensions == 2:
        _label_ends(figure, points, look)
    _scale_axes(figure, points, look, dimensions, unit, camera)
    figure.update_layout(
        showlegend=dimensions == 3,
        legend={"orientation": "h", "y": -0.02},
        margin={"l": 60, "r": 90, "t": 20 if together else 50, "b": 60},
        coloraxis=_depth_colours(),
    )
    return figure


def _frames(
    points: pd.DataFrame,
    quality: pd.DataFrame,
    keys: list[str],
    rows: int,
    columns: int,
    dimensions: int,
    together: bool,
) -> go.Figure:
    stress = quality.set_index("run_key")["stress"] if len(quality) else {}
    names = points.drop_duplicates("run_key").set_index("run_key")["model"]
    titles = (
        []
        if together
        else [f"{plot_text(names[k])}, stress {significant(stress[k], 2)}" for k in keys]
    )
    kind = "scene" if dimensions == 3 else "xy"
    return make_subplots(
        rows=rows,
        cols=columns,
        specs=[[{"type": kind}] * columns for _ in range(rows)],
        subplot_titles=titles or None,
        horizontal_spacing=0.06,
    )


def _path_traces(
    path: pd.DataFrame, look: Look, dimensions: int, unit: str, numbered: int
) -> list[Any]:
    model = str(path["model"].iloc[0])
    kind = go.Scatter3d if dimensions == 3 else go.Scatter
    axes = ["x", "y", "z"][:dimensions]
    near = ", ".join(drawn(axis, "significant") for axis in axes)
    line = kind(
        **{axis: path[axis] for axis in axes},
        mode="lines",
        hoverinfo="skip",
        name=plot_text(model),
        showlegend=dimensions == 3,
        line={
            "color": look.colour(model),
            "width": 4 if dimensions == 3 else look.line_width,
            "dash": family_dash(path["family"].iloc[0]),
        },
    )
    layers = kind(
        **{axis: path[axis] for axis in axes},
        mode="markers+text",
        name=plot_text(model),
        showlegend=False,
        text=prepare_numbers(list(path["layer"]), numbered),
        textposition="top center",
        textfont={"size": look.font_size - 1, "color": look.quiet},
        customdata=np.column_stack([path["layer"], path["num_blocks"]]),
        marker={
            "color": 100 * path["depth"],
            "coloraxis": "coloraxis",
            "size": 6 if dimensions == 3 else look.marker_size + 6,
            "line": {"color": look.colour(model), "width": 2},
        },
        hovertemplate=f"{plot_text(model)}<br>layer %{{customdata[0]}} of %{{customdata[1]}}"
        f"<br>{near} {UNITS[unit]}<extra></extra>",
    )
    return [line, layers]


def _add_rings(
    figure: go.Figure,
    points: pd.DataFrame,
    percent: int,
    look: Look,
    dimensions: int,
    panels: Sequence[Sequence[str]],
) -> None:
    """Rings at the depth looked at and a frame for every other depth; panels: their paths."""
    columns = max(len(figure._grid_ref[0]), 1)
    paths = [points[points["run_key"].isin(keys)] for keys in panels]
    first = len(figure.data)
    for index, path in enumerate(paths):
        ring = depth_rings(path, percent, look, dimensions)
        figure.add_trace(ring, row=index // columns + 1, col=index % columns + 1)
    moved = {at: [depth_rings(path, at, look, dimensions) for path in paths] for at in DEPTH_STEPS}
    add_depth_frames(figure, moved, list(range(first, len(figure.data))), percent)


def _label_ends(figure: go.Figure, points: pd.DataFrame, look: Look) -> None:
    """Names beside the last layers, clear of every path; both axes have one scale, the height's."""
    (low, high), (left, right) = (padded_range(points[axis].tolist(), PADDING) for axis in "yx")
    width, height = NARROWEST_PLOT, LOWEST_PLOT * (1.25 if look.present else 1)
    scale = height / (high - low)

    def pixels(rows: pd.DataFrame) -> list[tuple[float, float]]:
        across = width / 2 + (rows["x"] - (left + right) / 2) * scale
        return list(zip(across, (high - rows["y"]) * scale, strict=True))

    ends = points.groupby("run_key", sort=False).tail(1)
    ring = look.marker_size + RING
    places = place_labels(
        pixels(ends),
        list(ends["model"]),
        width=width,
        height=height,
        font_size=look.font_size,
        marker_size=ring,
        obstacles=pixels(points),
    )
    for end, place in zip(ends.itertuples(), places, strict=True):
        if place is not None:
            colour = look.label_colour(end.model)
            figure.add_annotation(
                x=end.x,
                y=end.y,
                text=plot_text(end.model),
                font={"color": colour, "size": look.font_size},
                **annotation_place(place, colour, ring),
            )


def _scale_axes(
    figure: go.Figure,
    points: pd.DataFrame,
    look: Look,
    dimensions: int,
    unit: str,
    camera: Sequence[float] | None,
) -> None:
    names = [f"Dimension {i} ({UNITS[unit]})" for i in (1, 2, 3)]
    if dimensions == 3:
        axis = {"gridcolor": look.grid, "color": look.quiet, "backgroundcolor": "rgba(0,0,0,0)"}
        figure.update_scenes(
            aspectmode="data",
            xaxis={**axis, "title": {"text": names[0]}},
            yaxis={**axis, "title": {"text": names[1]}},
            zaxis={**axis, "title": {"text": names[2]}},
            camera=_camera(camera),
        )
        return
    spans = {axis: padded_range(points[axis].tolist(), PADDING) for axis in ("x", "y")}
    figure.update_xaxes(title_text=names[0], range=spans["x"], zeroline=False)
    figure.update_yaxes(range=spans["y"], zeroline=False)
    figure.update_yaxes(title_text=names[1], col=1)
    count = len([name for name in figure.layout if str(name).startswith("xaxis")])
    for index in range(1, count + 1):
        suffix = "" if index == 1 else str(index)
        figure.update_layout({f"yaxis{suffix}": {"scaleanchor": f"x{suffix}", "scaleratio": 1}})


def _camera(numbers: Sequence[float] | None) -> dict[str, Any]:
    eye = numbers if numbers is not None and len(numbers) == 6 else (1.1, -1.9, 1.0, 0, 0, -0.1)
    axes = ("x", "y", "z")
    return {
        "eye": dict(zip(axes, eye[:3], strict=True)),
        "center": dict(zip(axes, eye[3:], strict=True)),
    }


def _depth_colours() -> dict[str, Any]:
    bar = {
        "title": {"text": "Depth (%)", "side": "right"},
        "thickness": 12,
        "tickvals": [0, 50, 100],
    }
    return {"colorscale": DEPTH_COLOURS, "cmin": 0, "cmax": 100, "colorbar": bar}
