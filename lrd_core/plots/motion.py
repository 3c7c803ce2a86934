"""Speed and curvature of the paths over depth, with the cursor of the paths."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lrd_core.metrics.grassmann import PATH
from lrd_core.metrics.registry import find_series
from lrd_core.numbers import drawn, whole
from lrd_core.plots.labels import CHARACTER
from lrd_core.plots.theme import (
    MOST_END_LABELS,
    DepthScale,
    Look,
    apply_theme,
    depth_axis,
    dodge,
    family_dash,
    padded_range,
    plot_text,
)
from lrd_core.plots.trajectory_frames import Trace, add_depth_frames
from lrd_core.views.trajectories import DEPTH_STEPS, MotionView

NAME_SHIFT = 10
"""Pixels between the lines and their names, beside the last tick's word."""


def prepare_motion(motion: pd.DataFrame, series: str) -> dict[str, pd.DataFrame]:
    """One table a run (position, depth in %, value), in the order in which runs came."""
    rows = motion[motion["series"] == series].sort_values("position")
    order = list(motion["run_key"].drop_duplicates())
    tables = {
        key: rows[rows["run_key"] == key].assign(percent=lambda t: 100 * t["depth"])
        for key in order
    }
    return {key: table for key, table in tables.items() if not table.empty}


def motion_figure(view: MotionView, look: Look) -> go.Figure:
    """Speed and curvature over depth, with the depth looked at."""
    figure = plot_motion(view.table, look, num_blocks=view.num_blocks, percent=view.percent)
    return apply_theme(figure, look, 600)


def plot_motion(
    motion: pd.DataFrame, look: Look, *, num_blocks: int | None, percent: int = 100
) -> go.Figure:
    """Speed above curvature on one depth axis, with the cursor of the paths.

    num_blocks: L where all models share it (the axis is then in layers), else None.
    percent: one of DEPTH_STEPS, where the cursor stands.
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08)
    scale: DepthScale = "layer" if num_blocks else "percent"
    told = [find_series(name) for name in (PATH.speed, PATH.bend)]
    titles = {series.name: f"{series.short} ({series.unit})" for series in told}
    spans = []
    for row, (series, title) in enumerate(titles.items(), start=1):
        tables = prepare_motion(motion, series)
        for table in tables.values():
            figure.add_trace(_motion_line(table, series, scale, look), row=row, col=1)
        spans.append(
            padded_range(motion.loc[motion["series"] == series, "value"].dropna().tolist())
        )
        figure.update_yaxes(title_text=title, range=spans[-1], row=row, col=1)
        if len(tables) <= MOST_END_LABELS:
            _label_lines(figure, list(tables.values()), scale, spans[-1], row, look)
    first = len(figure.data)
    for row, line in enumerate(_cursor_lines(percent, num_blocks, spans, look), start=1):
        figure.add_trace(line, row=row, col=1)
    lines = {at: _cursors_at(at, num_blocks, spans) for at in DEPTH_STEPS}
    add_depth_frames(figure, lines, [first, first + 1], percent)
    figure.update_xaxes(**depth_axis(scale, num_blocks, look, title=False))
    figure.update_xaxes(**depth_axis(scale, num_blocks, look), row=2, col=1)
    labelled = motion["run_key"].nunique() <= MOST_END_LABELS
    figure.update_layout(
        showlegend=not labelled,
        hovermode="x unified",
        margin={"l": 70, "r": _room_for_names(motion, look) if labelled else 20, "t": 10, "b": 60},
    )
    return figure


def _room_for_names(motion: pd.DataFrame, look: Look) -> int:
    """Pixels that the longest name takes right of the lines."""
    widest = max((len(str(model)) for model in motion["model"].unique()), default=0)
    return round(widest * look.font_size * CHARACTER) + NAME_SHIFT + 4


def _cursor_lines(
    percent: int, num_blocks: int | None, spans: Sequence[Sequence[float]], look: Look
) -> list[go.Scatter]:
    line = {"color": look.text, "width": 1.5, "dash": "dot"}
    return [
        go.Scatter(cursor, mode="lines", hoverinfo="skip", showlegend=False, line=line)
        for cursor in _cursors_at(percent, num_blocks, spans)
    ]


def _cursors_at(
    percent: int, num_blocks: int | None, spans: Sequence[Sequence[float]]
) -> list[Trace]:
    """Where the cursors of both panels stand, as a frame gives it."""
    at = percent / 100 * (num_blocks or 100)
    return [{"type": "scatter", "x": [at, at], "y": list(span)} for span in spans]


def _motion_line(table: pd.DataFrame, series: str, scale: str, look: Look) -> go.Scatter:
    model = str(table["model"].iloc[0])
    return go.Scatter(
        x=table["percent" if scale == "percent" else "position"],
        y=table["value"],
        mode="lines+markers",
        name=plot_text(model),
        legendgroup=str(table["run_key"].iloc[0]),
        showlegend=series == PATH.speed,
        line={
            "color": look.colour(model),
            "width": look.line_width,
            "dash": family_dash(table["family"].iloc[0]),
        },
        marker={"size": look.marker_size},
        meta={"places": [round(percent) for percent in table["percent"]]},
        customdata=np.column_stack([_place_names(table, series), table["n"]]),
        hovertemplate=f"{plot_text(model)}, %{{customdata[0]}}: {drawn('y', 'significant')} "
        "(n = %{customdata[1]})<extra></extra>",
    )


def _place_names(table: pd.DataFrame, series: str) -> list[str]:
    if series == PATH.speed:
        return [f"layer {whole(p - 0.5)} to {whole(p + 0.5)}" for p in table["position"]]
    return [f"layer {whole(p)}" for p in table["position"]]


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
    # The lowest name stands above the ticks of the axis.
    places = dodge([end["value"] for end in ends], gap, span[0] + gap / 2, span[1])
    for end, place in zip(ends, places, strict=True):
        figure.add_annotation(
            x=1.0,
            xref="x domain",
            y=place,
            xanchor="left",
            showarrow=False,
            xshift=NAME_SHIFT,
            text=plot_text(end["model"]),
            row=row,
            col=1,
            font={"color": look.label_colour(end["model"]), "size": look.font_size},
        )
