"""How one metric is spread over the texts of a data set, layer by layer."""

import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lrd_core.numbers import percent, short, significant
from lrd_core.plots.theme import DEPTH_COLOURS, Look, apply_theme, depth_axis, plot_text
from lrd_core.views.panel import axis_title

ACROSS = 3
"""Panels beside each other: their titles fit on a narrow page."""

TOP, PANEL, BELOW = 36, 284, 60
"""Pixels: above the panels, of a row of panels, below each row."""


def plot_spread(
    spread: pd.DataFrame, look: Look, *, label: str, unit: str, noun: str = "text"
) -> go.Figure:
    """One heatmap a panel: depth across, value upwards, brightness the share of items.

    All panels have the same value axis and the same colours; a dotted line is the mean.
    """
    panels = list(dict.fromkeys(spread["panel"]))
    across = min(len(panels), ACROSS)
    down = math.ceil(len(panels) / ACROSS)
    inner = down * PANEL + (down - 1) * (TOP + BELOW)
    figure = make_subplots(
        rows=down,
        cols=across,
        shared_yaxes="all",
        horizontal_spacing=0.03,
        vertical_spacing=(TOP + BELOW) / inner if down > 1 else 0,
        subplot_titles=[plot_text(name) for name in panels],
    )
    brightest = 100 * float(spread["share"].max())
    for place, panel in enumerate(panels):
        row, column = place // ACROSS + 1, place % ACROSS + 1
        rows = spread[spread["panel"] == panel]
        _add_panel(figure, rows, (row, column), brightest, look, noun)
        num_blocks = int(rows["num_blocks"].iloc[0])
        axis = depth_axis("layer", num_blocks, look)
        axis["range"] = [-0.5, num_blocks + 0.5]
        if len(panels) > 1:
            axis["tickvals"] = [0, num_blocks // 2, num_blocks]
            axis["ticktext"] = ["emb.", str(num_blocks // 2), f"out ({num_blocks})"]
        figure.update_xaxes(axis | {"showgrid": False}, row=row, col=column)
    figure.update_yaxes(title_text=axis_title(label, unit), col=1)
    figure.update_yaxes(showgrid=False)
    figure.update_annotations(font_size=look.font_size)
    figure.update_layout(margin={"l": 60, "r": 12, "t": TOP, "b": BELOW}, hovermode="closest")
    return apply_theme(figure, look, inner + TOP + BELOW)


def _add_panel(
    figure: go.Figure,
    rows: pd.DataFrame,
    at: tuple[int, int],
    brightest: float,
    look: Look,
    noun: str,
) -> None:
    """A panel at a row and a column, from 1."""
    rows = rows.assign(middle=(rows["low"] + rows["high"]) / 2)
    grid = rows.pivot(index="middle", columns="position", values="share")
    hover = rows.assign(hover=[_hover(row, noun) for row in rows.itertuples()])
    figure.add_heatmap(
        x=list(grid.columns),
        y=list(grid.index),
        z=100 * grid.to_numpy(),
        customdata=hover.pivot(index="middle", columns="position", values="hover").to_numpy(),
        hovertemplate="%{customdata}<extra></extra>",
        colorscale=DEPTH_COLOURS,
        zmin=0,
        zmax=brightest,
        showscale=at == (1, 1),
        name=f"{noun}s",
        colorbar={
            "title": {"text": f"% of {noun}s", "side": "right"},
            "thickness": 12,
            "outlinewidth": 0,
        },
        row=at[0],
        col=at[1],
    )
    mean = rows.groupby("position")["mean"].first()
    figure.add_scatter(
        x=mean.index,
        y=mean,
        mode="lines",
        name=f"mean over {noun}s",
        hoverinfo="skip",
        line={"color": "#FFFFFF", "width": look.line_width, "dash": "dot"},
        showlegend=False,
        row=at[0],
        col=at[1],
    )


def _hover(row: Any, noun: str) -> str:
    low, high = significant(row.low), significant(row.high)
    place = f"layer {short(row.position)} of {row.num_blocks}"
    return f"{place}, {low} to {high}: {percent(row.share, 1)} of {noun}s"
