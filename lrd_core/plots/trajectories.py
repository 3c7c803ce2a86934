"""Paths of subspaces through the layers and their motion, on one depth cursor."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lrd_core.plots.theme import (
    DEPTH_COLOURS,
    MOST_END_LABELS,
    DepthScale,
    Look,
    depth_axis,
    dodge,
    family_dash,
    padded_range,
    plot_text,
    significant,
)

MOST_NUMBERED_LAYERS = 13
TRANSITION = {"duration": 350, "easing": "cubic-in-out"}
UNITS = {"radians": "radians", "share": "share of the largest distance"}


def prepare_cursor(points: pd.DataFrame, depth: float) -> pd.DataFrame:
    """Where each path is at a depth (0..1), linear between layers: run_key, model, x, y, z."""
    rows = [
        {"run_key": key, "model": path["model"].iloc[0]}
        | {axis: float(np.interp(depth, path["depth"], path[axis])) for axis in ("x", "y", "z")}
        for key, path in points.groupby("run_key", sort=False)
    ]
    return pd.DataFrame(rows, columns=["run_key", "model", "x", "y", "z"])


def prepare_numbers(layers: Sequence[int]) -> list[str]:
    """The layer number to write at each point: all of them, or a few and both ends if many."""
    step = max(1, math.ceil(len(layers) / MOST_NUMBERED_LAYERS))
    last = len(layers) - 1
    shown = {i for i in range(0, last, step) if last - i >= step or i == 0} | {last}
    return [str(layer) if i in shown else "" for i, layer in enumerate(layers)]


def prepare_motion(motion: pd.DataFrame, series: str) -> dict[str, pd.DataFrame]:
    """One table a run (position, depth in %, value), in the order in which runs came."""
    rows = motion[motion["series"] == series].sort_values("position")
    order = list(motion["run_key"].drop_duplicates())
    tables = {
        key: rows[rows["run_key"] == key].assign(percent=lambda t: 100 * t["depth"])
        for key in order
    }
    return {key: table for key, table in tables.items() if not table.empty}


def plot_paths(
    points: pd.DataFrame,
    quality: pd.DataFrame,
    look: Look,
    *,
    dimensions: int = 2,
    depth: float = 1.0,
    together: bool = True,
    unit: str = "radians",
    camera: Mapping[str, Any] | None = None,
) -> go.Figure:
    """Each model's way through the layers; depth is colour, the ring is where `depth` (0..1) is.

    together: all paths in one frame; else one frame a model, all at one scale.
    """
    keys = list(points["run_key"].drop_duplicates())
    columns = 1 if together else max(1, min(len(keys), 3))
    rows = 1 if together else max(1, math.ceil(len(keys) / columns))
    figure = _frames(points, quality, keys, rows, columns, dimensions, together)
    cursor = prepare_cursor(points, depth).set_index("run_key")
    for index, key in enumerate(keys):
        place = (
            {"row": 1, "col": 1}
            if together
            else {"row": index // columns + 1, "col": index % columns + 1}
        )
        path = points[points["run_key"] == key]
        for trace in _path_traces(path, cursor.loc[key], look, dimensions, unit, index == 0):
            figure.add_trace(trace, **place)
    if together and dimensions == 2:
        _label_ends(figure, points, look)
    _scale_axes(figure, points, look, dimensions, unit, camera)
    figure.update_layout(
        showlegend=False,
        margin={"l": 60, "r": 90, "t": 20 if together else 50, "b": 50},
        coloraxis=_depth_colours(),
        transition=TRANSITION,
        uirevision=f"paths-{dimensions}-{together}",
    )
    return figure


def plot_motion(
    motion: pd.DataFrame, look: Look, *, depth: float, num_blocks: int | None
) -> go.Figure:
    """Speed above curvature on one depth axis, with the cursor of the paths.

    num_blocks: L where all models share it (the axis is then in layers), else None.
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08)
    scale: DepthScale = "layer" if num_blocks else "percent"
    titles = {"speed": "Speed (radians)", "curvature": "Curvature (1/radians)"}
    for row, (series, title) in enumerate(titles.items(), start=1):
        tables = prepare_motion(motion, series)
        for table in tables.values():
            figure.add_trace(_motion_line(table, series, scale, look), row=row, col=1)
        span = padded_range(motion.loc[motion["series"] == series, "value"].dropna().tolist())
        figure.update_yaxes(title_text=title, range=span, row=row, col=1)
        if len(tables) <= MOST_END_LABELS:
            _label_lines(figure, list(tables.values()), scale, span, row, look)
    at = depth * (num_blocks or 100)
    figure.add_vline(x=at, line={"color": look.text, "width": 1, "dash": "dot"})
    figure.update_xaxes(**depth_axis(scale, num_blocks, look, title=False))
    figure.update_xaxes(**depth_axis(scale, num_blocks, look), row=2, col=1)
    labelled = motion["run_key"].nunique() <= MOST_END_LABELS
    figure.update_layout(
        showlegend=not labelled,
        hovermode="x unified",
        margin={"l": 70, "r": 150 if labelled else 20, "t": 10, "b": 50},
        transition=TRANSITION,
        uirevision="motion",
    )
    return figure


def _frames(
    points: pd.DataFrame, quality: pd.DataFrame, keys: list[str], rows: int, columns: int,
    dimensions: int, together: bool,
) -> go.Figure:  # fmt: skip
    stress = quality.set_index("run_key")["stress"] if len(quality) else {}
    names = points.drop_duplicates("run_key").set_index("run_key")["model"]
    titles = (
        []
        if together
        else [f"{plot_text(names[k])}, stress {significant(stress[k], 2)}" for k in keys]
    )
    kind = "scene" if dimensions == 3 else "xy"
    return make_subplots(
        rows=rows, cols=columns, specs=[[{"type": kind}] * columns for _ in range(rows)],
        subplot_titles=titles or None, horizontal_spacing=0.06,
    )  # fmt: skip


def _path_traces(
    path: pd.DataFrame, cursor: pd.Series, look: Look, dimensions: int, unit: str, bar: bool
) -> list[Any]:
    model = str(path["model"].iloc[0])
    kind = go.Scatter3d if dimensions == 3 else go.Scatter
    axes = ["x", "y", "z"][:dimensions]
    near = ", ".join(f"%{{{axis}:.3g}}" for axis in axes)
    line = kind(
        **{axis: path[axis] for axis in axes}, mode="lines", hoverinfo="skip",
        line={"color": look.colour(model), "width": 4 if dimensions == 3 else look.line_width,
              "dash": family_dash(path["family"].iloc[0])},
    )  # fmt: skip
    layers = kind(
        **{axis: path[axis] for axis in axes}, mode="markers+text", name=plot_text(model),
        text=prepare_numbers(list(path["layer"])), textposition="top center",
        textfont={"size": look.font_size - 1, "color": look.quiet},
        customdata=np.column_stack([path["layer"], path["num_blocks"]]),
        marker={"color": 100 * path["depth"], "coloraxis": "coloraxis",
                "size": 6 if dimensions == 3 else look.marker_size + 6,
                "line": {"color": look.colour(model), "width": 2}},
        hovertemplate=f"{plot_text(model)}<br>layer %{{customdata[0]}} of %{{customdata[1]}}"
        f"<br>{near} {UNITS[unit]}<extra></extra>",
    )  # fmt: skip
    ring = kind(
        **{axis: [cursor[axis]] for axis in axes}, mode="markers", hoverinfo="skip",
        marker={"size": 14 if dimensions == 3 else look.marker_size + 16, "symbol": "circle-open",
                "color": look.text, "line": {"width": 3, "color": look.text}},
    )  # fmt: skip
    return [line, layers, ring]


def _label_ends(figure: go.Figure, points: pd.DataFrame, look: Look) -> None:
    for _, path in points.groupby("run_key", sort=False):
        end = path.iloc[-1]
        figure.add_annotation(
            x=end["x"], y=end["y"], text=plot_text(end["model"]), showarrow=False, xanchor="left",
            xshift=14, font={"color": look.label_colour(end["model"]), "size": look.font_size},
        )  # fmt: skip


def _scale_axes(
    figure: go.Figure,
    points: pd.DataFrame,
    look: Look,
    dimensions: int,
    unit: str,
    camera: Mapping[str, Any] | None,
) -> None:
    names = [f"Dimension {i} ({UNITS[unit]})" for i in (1, 2, 3)]
    if dimensions == 3:
        axis = {"gridcolor": look.grid, "color": look.quiet, "backgroundcolor": "rgba(0,0,0,0)"}
        figure.update_scenes(
            aspectmode="data",
            xaxis={**axis, "title": {"text": names[0]}},
            yaxis={**axis, "title": {"text": names[1]}},
            zaxis={**axis, "title": {"text": names[2]}},
            camera=dict(camera or {"eye": {"x": 0.9, "y": -1.7, "z": 0.9}}),
        )
        return
    spans = {axis: padded_range(points[axis].tolist(), 0.14) for axis in ("x", "y")}
    figure.update_xaxes(title_text=names[0], range=spans["x"], zeroline=False)
    figure.update_yaxes(range=spans["y"], zeroline=False)
    figure.update_yaxes(title_text=names[1], col=1)
    count = len([name for name in figure.layout if str(name).startswith("xaxis")])
    for index in range(1, count + 1):
        suffix = "" if index == 1 else str(index)
        figure.update_layout({f"yaxis{suffix}": {"scaleanchor": f"x{suffix}", "scaleratio": 1}})


def _depth_colours() -> dict[str, Any]:
    bar = {
        "title": {"text": "Depth (%)", "side": "right"},
        "thickness": 12,
        "tickvals": [0, 50, 100],
    }
    return {"colorscale": DEPTH_COLOURS, "cmin": 0, "cmax": 100, "colorbar": bar}


def _motion_line(table: pd.DataFrame, series: str, scale: str, look: Look) -> go.Scatter:
    model = str(table["model"].iloc[0])
    return go.Scatter(
        x=table["percent" if scale == "percent" else "position"], y=table["value"],
        mode="lines+markers", name=plot_text(model), legendgroup=str(table["run_key"].iloc[0]),
        showlegend=series == "speed",
        line={"color": look.colour(model), "width": look.line_width,
              "dash": family_dash(table["family"].iloc[0])},
        marker={"size": look.marker_size},
        customdata=np.column_stack([_place_names(table, series), table["n"]]),
        hovertemplate=f"{plot_text(model)}, %{{customdata[0]}}: %{{y:.3g}} "
        "(n = %{customdata[1]})<extra></extra>",
    )  # fmt: skip


def _place_names(table: pd.DataFrame, series: str) -> list[str]:
    if series == "speed":
        return [f"layer {p - 0.5:.0f} to {p + 0.5:.0f}" for p in table["position"]]
    return [f"layer {p:.0f}" for p in table["position"]]


def _label_lines(
    figure: go.Figure,
    tables: list[pd.DataFrame],
    scale: str,
    span: list[float],
    row: int,
    look: Look,
) -> None:
    ends = [
        table.dropna(subset=["value"]).iloc[-1] for table in tables if table["value"].notna().any()
    ]
    gap = (span[1] - span[0]) * 0.13
    places = dodge([end["value"] for end in ends], gap, *span)
    for end, place in zip(ends, places, strict=True):
        figure.add_annotation(
            x=1.0, xref="x domain", y=place, xanchor="left", showarrow=False, xshift=6,
            text=plot_text(end["model"]), row=row, col=1,
            font={"color": look.label_colour(end["model"]), "size": look.font_size},
        )  # fmt: skip
