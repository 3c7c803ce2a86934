"""Score kept against time saved: one point a plan, the unbeaten ones joined and named."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from lrd_core.numbers import percent, tick_format
from lrd_core.plots.theme import Look, padded_range, plot_text
from lrd_core.views.pruning_frontier import CHANCE_NAME

HEIGHT = 380


def plot_frontier(points: pd.DataFrame, look: Look, *, model: str, tasks: int) -> go.Figure:
    """Plans by the time that they save and the score that they keep; the full model at 0 and 1.

    points: of views.pruning_frontier.frontier_points. Each point's `meta` says its rule and size,
    for clicks.
    """
    colour = look.colour(model)
    plans, chance = points[~points["chance"]], points[points["chance"]]
    best = plans[plans["best"]].sort_values("saved")
    figure = go.Figure()
    figure.add_scatter(
        x=[0, *best["saved"]],
        y=[1, *best["kept"]],
        mode="lines",
        line={"color": colour, "width": look.line_width},
        hoverinfo="skip",
        showlegend=False,
    )
    hollow = {"color": look.background, "line": {"color": colour, "width": 2}}
    filled = {"color": colour, "line": {"color": look.background, "width": 2}}
    bar = {"symbol": "line-ew", "line": {"color": look.quiet, "width": 2}}
    _points(figure, plans[~plans["best"]], "another does better", hollow, look)
    _points(figure, best, "none does better", filled, look)
    _points(figure, chance, f"mean of {CHANCE_NAME}", bar, look)
    _full_model(figure, look)
    _names(figure, best, look, model)
    over = f", median of {tasks} tasks" if tasks > 1 else ""
    figure.update_xaxes(
        title_text="Time saved (% of the full model's)",
        tickformat=tick_format("percent"),
        range=padded_range([0, *points["saved"]], 0.14),
        zeroline=False,
    )
    figure.update_yaxes(
        title_text=f"Score kept (%{over})",
        tickformat=tick_format("percent"),
        range=padded_range([1, *points["kept"]], 0.14),
        zeroline=False,
    )
    figure.update_layout(
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        margin={"l": 10, "r": 10, "t": 40, "b": 10},
    )
    return figure


def _points(
    figure: go.Figure, part: pd.DataFrame, name: str, style: dict[str, Any], look: Look
) -> None:
    figure.add_scatter(
        x=part["saved"],
        y=part["kept"],
        mode="markers",
        name=name,
        showlegend=not part.empty,
        meta=[f"{row.rule}|{row.m}" for row in part.itertuples() if row.rule],
        marker=style | {"size": look.marker_size + 5},
        hovertext=[_hover(row) for row in part.itertuples()],
        hoverinfo="text",
    )


def _full_model(figure: go.Figure, look: Look) -> None:
    figure.add_scatter(
        x=[0],
        y=[1],
        mode="markers+text",
        text=["full model"],
        textposition="top center",
        textfont={"size": look.font_size, "color": look.text},
        marker={"symbol": "square", "size": look.marker_size + 4, "color": look.text},
        hoverinfo="skip",
        showlegend=False,
    )


def _names(figure: go.Figure, best: pd.DataFrame, look: Look, model: str) -> None:
    """At the points that no other beats, above and below in turn, towards where there is room."""
    for place, row in enumerate(best.itertuples()):
        last, above = row.saved > 0.6 * best["saved"].max(), place % 2 == 0
        figure.add_annotation(
            x=row.saved,
            y=row.kept,
            text=f"{plot_text(row.name)}, {row.m} of {row.num_blocks}",
            showarrow=False,
            xanchor="right" if last else "left",
            yanchor="bottom" if above else "top",
            xshift=-8 if last else 6,
            yshift=4 if above else -4,
            font={"size": look.font_size, "color": look.label_colour(model)},
        )


def _hover(row: Any) -> str:
    without = f"<br>without {row.blocks}" if row.blocks else ""
    return (
        f"{plot_text(row.name)}, {row.m} of {row.num_blocks} blocks{without}"
        f"<br>score kept {percent(row.kept, 1)} ({percent(row.low, 1)} to {percent(row.high, 1)})"
        f"<br>time saved {percent(row.saved)}, n={row.n} tasks"
    )
