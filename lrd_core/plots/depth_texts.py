"""How one metric is spread over the texts of a data set, layer by layer."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lrd_core.plots.theme import (
    DEPTH_COLOURS,
    Look,
    apply_theme,
    axis_title,
    depth_axis,
    plot_text,
    significant,
)

NUM_BINS = 48
HEIGHT = 380


def prepare_spread(per_text: pd.DataFrame, num_bins: int = NUM_BINS) -> pd.DataFrame:
    """The share of texts in each bin of value, by panel and position, on bins all of them share.

    per_text: panel, num_blocks, position and text_values (an array), one row a position.
    Columns: panel, num_blocks, position, low, high (edges of the bin), share (0 to 1; each
    position sums to 1), mean (of the texts), n. NaN values are left out of all of them. Empty
    when no text has a value.
    """
    arrays = [np.asarray(values, dtype=float) for values in per_text["text_values"]]
    known = [array[np.isfinite(array)] for array in arrays]
    pooled = np.concatenate(known) if known else np.array([])
    columns = ["panel", "num_blocks", "position", "low", "high", "share", "mean", "n"]
    if pooled.size == 0:
        return pd.DataFrame(columns=columns)
    edges = np.histogram_bin_edges(pooled, bins=num_bins)
    rows = []
    for row, array in zip(per_text.itertuples(), known, strict=True):
        if array.size == 0:
            continue
        shares = np.histogram(array, bins=edges)[0] / array.size
        for low, high, share in zip(edges[:-1], edges[1:], shares, strict=True):
            rows.append(
                (
                    row.panel,
                    row.num_blocks,
                    row.position,
                    low,
                    high,
                    share,
                    array.mean(),
                    array.size,
                )
            )
    return pd.DataFrame(rows, columns=columns)


def plot_spread(spread: pd.DataFrame, look: Look, *, label: str, unit: str) -> go.Figure:
    """One heatmap a panel: depth across, value upwards, brightness the share of texts.

    All panels have the same value axis and the same colours; a dotted line is the mean.
    """
    panels = list(dict.fromkeys(spread["panel"]))
    figure = make_subplots(
        rows=1,
        cols=len(panels),
        shared_yaxes=True,
        horizontal_spacing=0.03,
        subplot_titles=[plot_text(name) for name in panels],
    )
    brightest = 100 * float(spread["share"].max())
    for column, panel in enumerate(panels, start=1):
        rows = spread[spread["panel"] == panel]
        _add_panel(figure, rows, column, brightest, look)
        num_blocks = int(rows["num_blocks"].iloc[0])
        axis = depth_axis("layer", num_blocks, look)
        axis["range"] = [-0.5, num_blocks + 0.5]
        if len(panels) > 1:
            axis["tickvals"] = [0, num_blocks // 2, num_blocks]
            axis["ticktext"] = ["emb.", str(num_blocks // 2), f"out ({num_blocks})"]
        figure.update_xaxes(axis | {"showgrid": False}, col=column)
    figure.update_yaxes(title_text=axis_title(label, unit), col=1)
    figure.update_yaxes(showgrid=False)
    figure.update_annotations(font_size=look.font_size)
    figure.update_layout(margin={"l": 60, "r": 12, "t": 36, "b": 60}, hovermode="closest")
    return apply_theme(figure, look, HEIGHT)


def _add_panel(
    figure: go.Figure, rows: pd.DataFrame, column: int, brightest: float, look: Look
) -> None:
    rows = rows.assign(middle=(rows["low"] + rows["high"]) / 2)
    grid = rows.pivot(index="middle", columns="position", values="share")
    hover = rows.assign(hover=[_hover(row) for row in rows.itertuples()])
    figure.add_heatmap(
        x=list(grid.columns),
        y=list(grid.index),
        z=100 * grid.to_numpy(),
        customdata=hover.pivot(index="middle", columns="position", values="hover").to_numpy(),
        hovertemplate="%{customdata}<extra></extra>",
        colorscale=DEPTH_COLOURS,
        zmin=0,
        zmax=brightest,
        showscale=column == 1,
        name="texts",
        colorbar={
            "title": {"text": "% of texts", "side": "right"},
            "thickness": 12,
            "outlinewidth": 0,
        },
        row=1,
        col=column,
    )
    mean = rows.groupby("position")["mean"].first()
    figure.add_scatter(
        x=mean.index,
        y=mean,
        mode="lines",
        name="mean over texts",
        hoverinfo="skip",
        line={"color": "#FFFFFF", "width": look.line_width, "dash": "dot"},
        showlegend=False,
        row=1,
        col=column,
    )


def _hover(row: Any) -> str:
    low, high = significant(row.low), significant(row.high)
    place = f"layer {row.position:g} of {row.num_blocks}"
    return f"{place}, {low} to {high}: {100 * row.share:.1f}% of texts"
