"""Mean score by depth: of one model with what each way of choosing lands on, and of checkpoints."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.colors
import plotly.graph_objects as go

from lrd_core.numbers import drawn, points, short, whole
from lrd_core.plots.labels import Placed, annotation_place, place_labels
from lrd_core.plots.theme import (
    DEPTH_COLOURS,
    Look,
    apply_theme,
    depth_axis,
    dodge,
    padded_range,
    plot_text,
    readable,
)

CURVE_HEIGHT, CURVE_WIDTH = 400, 480

POINTS = 100.0
"""Scores are drawn as points out of 100."""

PICK_COLOUR = {"light": "#D55E00", "dark": "#E69F00"}

HINDSIGHT = ("best", "best_fixed")


def prepare_curves(curves: pd.DataFrame) -> pd.DataFrame:
    """Add points, shade (0 first checkpoint to 1 last, NA for the finished model) and hover.

    curves: revision, step (NA for the finished model), layer, score, num_tasks.
    """
    table = curves.copy()
    table["points"] = POINTS * table["score"].astype(float)
    steps = sorted(int(step) for step in table["step"].dropna().unique())
    shade = {step: i / max(len(steps) - 1, 1) for i, step in enumerate(steps)}
    table["shade"] = [np.nan if pd.isna(step) else shade[int(step)] for step in table["step"]]
    table["name"] = ["finished" if pd.isna(s) else f"step {whole(s)}" for s in table["step"]]
    table["hover"] = [
        f"<b>{row.name_}</b><br>layer {row.layer}: {points(row.points)} points"
        f"<br>mean of {row.num_tasks} tasks"
        for row in table.rename(columns={"name": "name_"}).itertuples()
    ]
    return table


def plot_curve(
    prepared: pd.DataFrame,
    strategies: pd.DataFrame,
    names: Mapping[str, str],
    model: str,
    look: Look,
    beside: Sequence[float] = (),
) -> go.Figure:
    """Mean score by layer of one model, with the places where ways of choosing land.

    prepared: rows of one revision. strategies: strategy, score, first_layer, median_layer,
    last_layer. A pick that varies by task stands at its middle layer and lies off the curve.
    beside: scores of another model's figure, which is to have the same scale.
    """
    figure = go.Figure()
    _line(figure, prepared, look.colour(model), look.line_width * 1.5, 1.0, "solid")
    for name, row in strategies.set_index("strategy").iterrows():
        _mark(figure, str(name), row, names, look)
    num_blocks = int(prepared["layer"].max())
    held = [*prepared["points"], *(POINTS * score for score in (*strategies["score"], *beside))]
    y_range = padded_range(held, 0.22)
    _name_marks(figure, prepared, strategies, names, look, y_range)
    figure.update_layout(
        xaxis=_layer_axis(num_blocks, look),
        showlegend=False,
        hovermode="closest",
        yaxis={"title": {"text": "Mean score (points of 100)"}, "range": y_range},
        margin={"l": 60, "r": 28, "t": 12, "b": 52},
    )
    return apply_theme(figure, look, CURVE_HEIGHT)


def plot_checkpoints(prepared: pd.DataFrame, model: str, look: Look) -> go.Figure:
    """Mean score by layer at every training step, from dark to light, a ring at each best layer."""
    figure = go.Figure()
    scale = plotly.colors.get_colorscale(DEPTH_COLOURS)
    for _, line in prepared[prepared["shade"].notna()].groupby("shade", sort=True):
        colour = plotly.colors.sample_colorscale(scale, [float(line["shade"].iloc[0])])[0]
        _line(figure, line, colour, look.line_width * 0.9, 0.95, "solid")
    finished = prepared[prepared["shade"].isna()]
    if len(finished):
        _line(figure, finished, look.colour(model), look.line_width * 1.5, 1.0, "solid")
    best = prepared.loc[prepared.groupby("revision")["points"].idxmax()]
    figure.add_scatter(
        x=best["layer"],
        y=best["points"],
        mode="markers",
        showlegend=False,
        marker={
            "symbol": "circle-open",
            "size": look.marker_size + 5,
            "color": look.text,
            "line": {"width": 2},
        },
        text=best["hover"],
        hovertemplate="best layer<br>%{text}<extra></extra>",
    )
    y_range = padded_range(prepared["points"].tolist(), 0.06)
    _label_ends(figure, prepared, look, model, y_range)
    figure.update_layout(
        xaxis=_layer_axis(int(prepared["layer"].max()), look),
        showlegend=False,
        yaxis={"title": {"text": "Mean score (points of 100)"}, "range": y_range},
        margin={"l": 60, "r": 110, "t": 12, "b": 52},
        hovermode="closest",
    )
    return apply_theme(figure, look, CURVE_HEIGHT)


def _layer_axis(num_blocks: int, look: Look) -> dict[str, Any]:
    """Few enough layers named that the ends keep their words without slanting."""
    step = max(1, math.ceil(num_blocks / 6))
    inner = [layer for layer in range(step, num_blocks, step) if num_blocks - layer >= 0.75 * step]
    axis = depth_axis("layer", num_blocks, look)
    return axis | {
        "tickvals": [0, *inner, num_blocks],
        "tickangle": 0,
        "ticktext": ["embedding", *map(str, inner), f"output ({num_blocks})"],
        "range": [-0.04 * num_blocks, 1.04 * num_blocks],
    }


def _line(
    figure: go.Figure, line: pd.DataFrame, colour: str, width: float, opacity: float, dash: str
) -> None:
    ordered = line.sort_values("layer")
    figure.add_scatter(
        x=ordered["layer"],
        y=ordered["points"],
        mode="lines+markers",
        opacity=opacity,
        line={"color": colour, "width": width, "dash": dash},
        marker={"size": 4},
        text=ordered["hover"],
        hovertemplate="%{text}<extra></extra>",
        name=str(ordered["name"].iloc[0]),
    )


def _mark(figure: go.Figure, name: str, row: Any, names: Mapping[str, str], look: Look) -> None:
    labelled = name in (*HINDSIGHT, "last")
    colour = look.text if labelled else PICK_COLOUR[look.mode]
    figure.add_scatter(
        x=[row.median_layer],
        y=[POINTS * row.score],
        mode="markers",
        name=names.get(name, name),
        marker={
            "symbol": "circle-open" if labelled else "diamond",
            "color": colour,
            "size": look.marker_size + 7,
            "line": {"width": 2.5, "color": colour},
        },
        hovertemplate=f"<b>{plot_text(names.get(name, name))}</b><br>mean {drawn('y', 'tenths')} "
        f"points<br>"
        f"layer {_range(row)}<extra></extra>",
    )


def _name_marks(
    figure: go.Figure,
    prepared: pd.DataFrame,
    strategies: pd.DataFrame,
    names: Mapping[str, str],
    look: Look,
    y_range: list[float],
) -> None:
    """Names beside the marks, clear of the curve and of each other."""
    texts = [
        f"{names.get(name, name)} {points(POINTS * score)}"
        for name, score in zip(strategies["strategy"], strategies["score"], strict=True)
    ]
    places = _places_of_names(prepared, strategies, texts, look, y_range)
    for row, text, place in zip(strategies.itertuples(), texts, places, strict=True):
        if place is None:
            continue
        pick = readable(PICK_COLOUR[look.mode], look.background)
        colour = look.text if row.strategy in (*HINDSIGHT, "last") else pick
        figure.add_annotation(
            x=row.median_layer,
            y=POINTS * row.score,
            text=plot_text(text),
            **annotation_place(place, look.context, look.marker_size + 7),
            font={"size": look.font_size, "color": colour},
        )


def _places_of_names(
    prepared: pd.DataFrame,
    strategies: pd.DataFrame,
    texts: Sequence[str],
    look: Look,
    y_range: list[float],
) -> list[Placed | None]:
    """Where each mark's name stands, found in pixels of the plot's inside."""
    width, height = CURVE_WIDTH - 88.0, CURVE_HEIGHT - 64.0
    last = float(prepared["layer"].max())

    def pixels(layer: float, points: float) -> tuple[float, float]:
        across = (layer + 0.04 * last) / (1.08 * last)
        return width * across, height * (y_range[1] - points) / (y_range[1] - y_range[0])

    layers = np.linspace(0, last, 160)
    ordered = prepared.sort_values("layer")
    curve = np.interp(layers, ordered["layer"], ordered["points"])
    marks = zip(strategies["median_layer"], strategies["score"], strict=True)
    return place_labels(
        [pixels(layer, POINTS * score) for layer, score in marks],
        texts,
        width=width,
        height=height,
        font_size=look.font_size,
        marker_size=look.marker_size + 7,
        obstacles=[pixels(x, y) for x, y in zip(layers, curve, strict=True)],
    )


def _label_ends(
    figure: go.Figure, prepared: pd.DataFrame, look: Look, model: str, y_range: list[float]
) -> None:
    """First, middle and last checkpoint and the finished model are named at their right ends."""
    ends = prepared[prepared["layer"] == prepared["layer"].max()]
    steps = ends[ends["shade"].notna()].sort_values("shade")
    picked = steps.iloc[sorted({0, len(steps) // 2, len(steps) - 1})] if len(steps) else steps
    named = pd.concat([picked, ends[ends["shade"].isna()]])
    gap = (y_range[1] - y_range[0]) * (look.font_size * 1.4) / (CURVE_HEIGHT - 80)
    places = dodge(named["points"].tolist(), gap, *y_range)
    for row, place in zip(named.to_dict("records"), places, strict=True):
        done = pd.isna(row["shade"])
        text = "finished" if done else row["name"]
        figure.add_annotation(
            x=1,
            xref="paper",
            xanchor="left",
            xshift=4,
            y=place,
            text=text,
            showarrow=False,
            font={
                "size": look.font_size - 1,
                "color": look.label_colour(model) if done else look.quiet,
            },
        )


def _range(row: Any) -> str:
    if row.last_layer == row.first_layer:
        return whole(row.first_layer)
    between = f"{whole(row.first_layer)} to {whole(row.last_layer)}"
    return f"{between}, in the middle {short(row.median_layer)}"
