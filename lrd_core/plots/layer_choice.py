"""Which layer to take: mean score by depth, what each way of choosing gives, profiles compared."""

import math
from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from lrd_core.numbers import correlation, drawn, points, signed_points, significant
from lrd_core.plots.drawing import write_column
from lrd_core.plots.layer_curves import PICK_COLOUR, POINTS
from lrd_core.plots.theme import Look, apply_theme, plot_text

STRATEGY_ROW, PROFILE_ROW = 34, 84


def prepare_strategies(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Rows of views.layer_tables.strategy_table in points, with `name` and `hover`."""
    rows = table.assign(
        name=[names.get(name, name) for name in table["strategy"]],
        **{
            column: POINTS * table[column].astype(float)
            for column in ("score", "low", "high", "regret", "gain", "gain_low", "gain_high")
        },
    )
    rows["hover"] = [
        f"<b>{plot_text(row.name_)}</b><br>mean {points(row.score)} points"
        f"<br>against the last layer {signed_points(row.gain)}"
        f"{_between(row.gain_low, row.gain_high)}"
        f"<br>below each task's best {points(row.regret)}"
        f"<br>layer {row.layers}, {row.num_tasks} tasks"
        for row in rows.rename(columns={"name": "name_"}).itertuples()
    ]
    return rows


def plot_strategies(prepared: pd.DataFrame, look: Look) -> go.Figure:
    """Gain over the last layer with its interval over tasks; hollow: needs labels."""
    figure = go.Figure()
    order = prepared.sort_values("score")
    for hindsight, rows in order.groupby("needs_labels"):
        _draw_gains(figure, rows, bool(hindsight), look)
    means = {row.name: points(row.score) for row in order.itertuples()}
    write_column(figure, means, "mean", look, shift=6)
    figure.add_vline(x=0, line={"color": look.quiet, "width": 1, "dash": "dot"})
    figure.update_layout(
        xaxis={"title": {"text": "Gain over the last layer (points)"}, "zeroline": False},
        yaxis={"categoryorder": "array", "categoryarray": list(order["name"]), "title": None},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        margin={"l": 20, "r": 56, "t": 36, "b": 52},
        hovermode="closest",
    )
    return apply_theme(figure, look, max(300, 110 + STRATEGY_ROW * len(order)))


def _draw_gains(figure: go.Figure, rows: pd.DataFrame, hindsight: bool, look: Look) -> None:
    colour = look.quiet if hindsight else PICK_COLOUR[look.mode]
    figure.add_scatter(
        x=rows["gain"],
        y=rows["name"],
        mode="markers",
        error_x={
            "type": "data",
            "symmetric": False,
            "thickness": 1.5,
            "width": 4,
            "array": rows["gain_high"] - rows["gain"],
            "arrayminus": rows["gain"] - rows["gain_low"],
            "color": colour,
        },
        marker={
            "size": look.marker_size + 5,
            "color": look.background if hindsight else colour,
            "line": {"width": 2, "color": colour},
        },
        text=rows["hover"],
        hovertemplate="%{text}<extra></extra>",
        name="needs labels" if hindsight else "needs no labels",
    )


def prepare_profiles(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Rows of views.layer_tables.profile_table with `name` and `hover`; undefined ones go."""
    rows = table[table["distance_correlation"].notna()].copy()
    rows["name"] = [names.get(series, series) for series in rows["series"]]
    rows["hover"] = [
        f"<b>{plot_text(row.task)}</b><br>distance correlation "
        f"{significant(row.distance_correlation)} [{correlation(row.low)}, {correlation(row.high)}]"
        f"<br>after shifting {correlation(row.shifted)}<br>Spearman {correlation(row.rho)} "
        f"[{correlation(row.rho_low)}, {correlation(row.rho_high)}]<br>{row.num_layers} layers"
        for row in rows.itertuples()
    ]
    return rows


def plot_profiles(prepared: pd.DataFrame, look: Look) -> go.Figure:
    """One dot a task: distance correlation of a metric's profile with the score's.

    The bar is the median over tasks; the hollow diamond is what the same curves reach after one
    is shifted along depth, so what lies left of it is no finding.
    """
    figure = go.Figure()
    names = list(dict.fromkeys(prepared["name"]))[::-1]
    for place, name in enumerate(names):
        _draw_profile(figure, prepared[prepared["name"] == name].sort_values("task"), place, look)
    figure.update_layout(
        xaxis={
            "title": {"text": "Distance correlation of metric and score over layers"},
            "range": [0, 1.02],
            "zeroline": False,
        },
        yaxis={
            "tickvals": list(range(len(names))),
            "ticktext": [plot_text(n) for n in names],
            "range": [-0.6, len(names) - 0.4],
            "showgrid": False,
            "zeroline": False,
        },
        margin={"l": 20, "r": 20, "t": 16, "b": 52},
        hovermode="closest",
    )
    return apply_theme(figure, look, max(220, 90 + PROFILE_ROW * len(names)))


def _draw_profile(figure: go.Figure, rows: pd.DataFrame, place: int, look: Look) -> None:
    """A metric at height `place`: its tasks, their median and the median after shifting."""
    figure.add_scatter(
        x=rows["distance_correlation"],
        y=[place + 0.22 * math.sin(2.4 * i) for i in range(len(rows))],
        mode="markers",
        marker={"size": look.marker_size, "color": PICK_COLOUR[look.mode], "opacity": 0.6},
        text=rows["hover"],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )
    middle = float(rows["distance_correlation"].median())
    figure.add_shape(
        type="line",
        x0=middle,
        x1=middle,
        y0=place - 0.34,
        y1=place + 0.34,
        line={"color": look.text, "width": 3},
    )
    figure.add_scatter(
        x=[float(rows["shifted"].median())],
        y=[place],
        mode="markers",
        showlegend=False,
        marker={
            "symbol": "diamond-open",
            "size": look.marker_size + 6,
            "color": look.text,
            "line": {"width": 2},
        },
        hovertemplate=f"after shifting, median {drawn('x', 'hundredths')}<extra></extra>",
    )


def _between(low: float, high: float) -> str:
    if math.isnan(low):
        return ""
    return f" [{signed_points(low)}, {signed_points(high)}]"
