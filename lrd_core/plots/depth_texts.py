"""How one metric is spread over the texts of a data set, layer by layer."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

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
HEIGHT = 360


def prepare_spread(per_text: pd.DataFrame, num_bins: int = NUM_BINS) -> pd.DataFrame:
    """The share of texts in each bin of value, by position, on bins that all positions share.

    per_text: position and text_values (an array), one row a position. Columns: position, low,
    high (edges of the bin), share (0 to 1; each position sums to 1), n. NaN values are left out
    of n. Empty when no text has a value.
    """
    arrays = {
        float(row.position): np.asarray(row.text_values, dtype=float)
        for row in per_text.itertuples()
    }
    known = {position: array[np.isfinite(array)] for position, array in arrays.items()}
    pooled = np.concatenate(list(known.values())) if known else np.array([])
    if pooled.size == 0:
        return pd.DataFrame(columns=["position", "low", "high", "share", "n"])
    edges = np.histogram_bin_edges(pooled, bins=num_bins)
    rows = []
    for position, array in sorted(known.items()):
        counts, _ = np.histogram(array, bins=edges)
        share = counts / max(array.size, 1)
        for low, high, value in zip(edges[:-1], edges[1:], share, strict=True):
            rows.append((position, low, high, value, array.size))
    return pd.DataFrame(rows, columns=["position", "low", "high", "share", "n"])


def plot_spread(
    spread: pd.DataFrame, look: Look, *, label: str, unit: str, num_blocks: int, title: str = ""
) -> go.Figure:
    """A heatmap: depth across, value upwards, brightness the share of texts; its mean as a line."""
    positions = np.sort(spread["position"].unique())
    middles = (spread["low"] + spread["high"]) / 2
    grid = spread.assign(middle=middles).pivot(index="middle", columns="position", values="share")
    widths = spread.assign(middle=middles).drop_duplicates("middle").sort_values("middle")
    hover = [
        [
            f"layer {p:g} of {num_blocks}, {significant(low)} to {significant(high)}: "
            f"{100 * grid.iat[row, column]:.1f}% of texts"
            for column, p in enumerate(positions)
        ]
        for row, (low, high) in enumerate(zip(widths["low"], widths["high"], strict=True))
    ]
    mean = (spread["share"] * middles).groupby(spread["position"]).sum()
    figure = go.Figure()
    figure.add_heatmap(
        x=positions, y=grid.index, z=100 * grid.to_numpy(), customdata=hover,
        colorscale=DEPTH_COLOURS, zmin=0, hovertemplate="%{customdata}<extra></extra>",
        colorbar={"title": {"text": "% of texts", "side": "right"}, "thickness": 12,
                  "outlinewidth": 0},
    )  # fmt: skip
    figure.add_scatter(
        x=mean.index, y=mean, mode="lines", name="mean over texts", hoverinfo="skip",
        line={"color": "#FFFFFF", "width": look.line_width, "dash": "dot"}, showlegend=False,
    )  # fmt: skip
    axis = depth_axis("layer", num_blocks, look)
    axis["range"] = [float(positions.min()) - 0.5, float(positions.max()) + 0.5]
    figure.update_layout(
        xaxis=axis,
        yaxis={"title": {"text": axis_title(label, unit)}},
        title={"text": plot_text(title), "font": {"size": look.font_size}, "x": 0, "xref": "paper"},
        margin={"l": 60, "r": 20, "t": 36 if title else 12, "b": 60},
    )
    return apply_theme(figure, look, HEIGHT)
