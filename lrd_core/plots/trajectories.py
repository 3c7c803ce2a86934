"""Paths of subspaces through the layers and their motion, on one depth cursor."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lrd_core.metrics.grassmann import PATH
from lrd_core.numbers import drawn, significant
from lrd_core.plots.labels import Placed, annotation_place, place_labels
from lrd_core.plots.theme import Look, apply_theme, depth_scale, family_dash, plot_text, translucent
from lrd_core.plots.trajectory_frames import (
    RING,
    add_depth_frames,
    moved_to,
    moving_traces,
    paths_of,
)
from lrd_core.views.paths import Points
from lrd_core.views.trajectories import DEPTH_STEPS, PathsView

MOST_NUMBERED_LAYERS = 13
PADDING = 0.16

NARROWEST_PLOT = 400.0
"""Side of the square that holds paths and names in pixels; wider windows have more."""

MOST_NAMED = 6
"""Paths in one frame that are drawn in colour and named; of more, the straightest and the most
winding are, and the rest is grey."""

GHOST = 0.35
"""Opacity of the whole path under the part that lies before the depth looked at."""

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
        Points(view.table, view.quality),
        look,
        dimensions=view.dimensions,
        percent=view.percent,
        together=view.together,
        unit=view.unit,
        camera=view.camera,
        named=named_paths(view),
    )
    return apply_theme(figure, look, 620 if view.together else 400)


def named_paths(view: PathsView) -> list[str]:
    """Runs whose paths are in colour and named: all where they are few, else the two extremes."""
    keys = list(view.table["run_key"].drop_duplicates())
    if len(keys) <= MOST_NAMED or not view.together:
        return keys
    known = view.numbers.dropna(subset=[PATH.straightness])
    known = known[known["run_key"].isin(keys)].sort_values(PATH.straightness)
    return list(dict.fromkeys(known["run_key"].iloc[[0, -1]])) if len(known) else keys[:MOST_NAMED]


def plot_paths(
    placed: Points,
    look: Look,
    *,
    dimensions: int = 2,
    percent: int = 100,
    together: bool = True,
    unit: str = "radians",
    camera: Sequence[float] | None = None,
    named: Sequence[str] | None = None,
) -> go.Figure:
    """Each model's way through the layers; depth is colour, the ring is the depth looked at.

    The way up to there is drawn over the whole path, which is faint.

    percent: one of DEPTH_STEPS; the figure glides to the others. together: all paths in one
    frame; else one frame a model, all at one scale. camera: eye x, y, z and centre x, y, z of a
    picture in three dimensions. named: runs in colour, None for all; the others are grey context.
    """
    points = placed.table
    keys = list(points["run_key"].drop_duplicates())
    columns = 1 if together else max(1, min(len(keys), 3))
    rows = 1 if together else max(1, math.ceil(len(keys) / columns))
    figure = _frames(points, placed.quality, keys, rows, columns, dimensions, together)
    # Numbers of several paths in one frame cover each other; there colour and hover say the layer.
    numbered = MOST_NUMBERED_LAYERS if len(keys) == 1 or not together else 0
    told = keys if named is None else [key for key in keys if key in named]
    for key in sorted(keys, key=lambda key: key in told):  # the grey ones lie below
        index = keys.index(key)
        place = (1, 1) if together else (index // columns + 1, index % columns + 1)
        path = points[points["run_key"] == key]
        drawn = _path_traces(path, look, dimensions, unit, numbered)
        for trace in drawn if key in told else _context_traces(path, look, dimensions):
            figure.add_trace(trace, row=place[0], col=place[1])
    known = points[points["run_key"].isin(told)]
    panels = [told] if together else [[key] for key in told]
    _add_moving(figure, known, percent, look, dimensions, panels)
    if together and dimensions == 2:
        _label_ends(figure, known, points, look)
    _scale_axes(figure, points, look, dimensions, unit, camera)
    figure.update_layout(
        showlegend=dimensions == 3,
        legend={"orientation": "h", "y": -0.02},
        margin={"l": 60, "r": 20, "t": 20 if together else 50, "b": 60},
        coloraxis=_depth_colours(look),
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
        opacity=GHOST,
        line=_line_of(path, look, dimensions),
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
            "symbol": _symbols(len(path)),
            "line": {"color": look.colour(model), "width": 2},
        },
        meta={"places": [round(100 * depth) for depth in path["depth"]]},
        hovertemplate=f"{plot_text(model)}<br>layer %{{customdata[0]}} of %{{customdata[1]}}"
        f"<br>{near} {UNITS[unit]}<extra></extra>",
    )
    return [line, layers]


def _line_of(path: pd.DataFrame, look: Look, dimensions: int) -> dict[str, Any]:
    return {
        "color": look.colour(str(path["model"].iloc[0])),
        "width": 4 if dimensions == 3 else look.line_width,
        "dash": family_dash(path["family"].iloc[0]),
    }


def _symbols(layers: int) -> list[str]:
    """A square where a path starts, a diamond where it ends, circles between."""
    return ["square", *["circle"] * (layers - 2), "diamond"] if layers > 1 else ["square"]


def _context_traces(path: pd.DataFrame, look: Look, dimensions: int) -> list[Any]:
    """A path without name or depth: grey, its model on hover."""
    kind = go.Scatter3d if dimensions == 3 else go.Scatter
    model = plot_text(path["model"].iloc[0])
    line = {"color": look.context, "width": 1.5, "dash": family_dash(path["family"].iloc[0])}
    return [
        kind(
            **{axis: path[axis] for axis in ["x", "y", "z"][:dimensions]},
            mode="lines+markers",
            marker={"size": 3, "color": look.context},
            name=model,
            showlegend=False,
            line=line,
            customdata=path[["layer", "num_blocks"]].to_numpy(),
            hovertemplate=f"{model}<br>layer %{{customdata[0]}} of %{{customdata[1]}}"
            "<extra></extra>",
        )
    ]


def _add_moving(
    figure: go.Figure,
    points: pd.DataFrame,
    percent: int,
    look: Look,
    dimensions: int,
    panels: Sequence[Sequence[str]],
) -> None:
    """The ways up to the depth looked at and rings there, and a frame for every other depth.

    panels: the paths of each.
    """
    columns = max(len(figure._grid_ref[0]), 1)
    known = {path.run_key: path for path in paths_of(points, dimensions)}
    paths = [[known[key] for key in keys] for keys in panels]
    lines = {
        str(key): _line_of(path, look, dimensions)
        for key, path in points.groupby("run_key", sort=False)
    }
    first = len(figure.data)
    for index, panel in enumerate(paths):
        for trace in moving_traces(panel, percent, lines, look):
            figure.add_trace(trace, row=index // columns + 1, col=index % columns + 1)
    moved = {at: [trace for panel in paths for trace in moved_to(panel, at)] for at in DEPTH_STEPS}
    add_depth_frames(figure, moved, list(range(first, len(figure.data))), percent)


def _label_ends(
    figure: go.Figure, points: pd.DataFrame, everything: pd.DataFrame, look: Look
) -> None:
    """Names beside the last layers, "start" beside the first, clear of every path."""
    (left, _), (low, high) = square_spans(everything)
    side = NARROWEST_PLOT * (1.25 if look.present else 1)
    scale = side / (high - low)

    def pixels(rows: pd.DataFrame) -> list[tuple[float, float]]:
        return list(zip((rows["x"] - left) * scale, (high - rows["y"]) * scale, strict=True))

    grouped = points.groupby("run_key", sort=False)
    ends, starts = grouped.tail(1), grouped.head(1)
    marks = pd.concat([ends, starts])
    words = [*ends["model"], *["start"] * len(starts)]
    ring = look.marker_size + RING
    places = place_labels(
        pixels(marks),
        words,
        width=side,
        height=side,
        font_size=look.font_size,
        marker_size=ring,
        obstacles=pixels(everything),
        lines=[pixels(path) for _, path in everything.groupby("run_key", sort=False)],
    )
    for mark, word, place in zip(marks.itertuples(), words, places, strict=True):
        # Where all is taken a name stands over the end itself, and over what is there.
        found = place or Placed(0, -ring, "center", leader=True)
        colour = look.label_colour(mark.model)
        figure.add_annotation(
            x=mark.x,
            y=mark.y,
            text=plot_text(word),
            bgcolor=None if place else translucent(look.background, 0.8),
            borderpad=0,
            font={"color": colour, "size": look.font_size},
            **annotation_place(found, colour, ring),
        )


def square_spans(points: pd.DataFrame) -> tuple[list[float], list[float]]:
    """Ranges of x and y that hold the points in a square with some air: (low, high) each."""
    middles = [(points[axis].max() + points[axis].min()) / 2 for axis in "xy"]
    size = max(points[axis].max() - points[axis].min() for axis in "xy") or 1.0
    half = float(size) * (0.5 + PADDING)
    across, up = ([float(middle) - half, float(middle) + half] for middle in middles)
    return across, up


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
    across, up = square_spans(points)
    shared = {"zeroline": False, "constrain": "domain"}
    figure.update_xaxes(title_text=names[0], range=across, **shared)
    figure.update_yaxes(range=up, **shared)
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


def _depth_colours(look: Look) -> dict[str, Any]:
    bar = {
        "title": {"text": "Depth (%); ■ start, ◆ end", "side": "top"},
        "orientation": "h",
        "thickness": 10,
        "len": 0.7,
        "y": -0.14,
        "yanchor": "top",
        "tickvals": [0, 50, 100],
    }
    return {"colorscale": depth_scale(look), "cmin": 0, "cmax": 100, "colorbar": bar}
