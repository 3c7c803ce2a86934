"""A metric against the number of texts it was computed on."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.express.colors import sample_colorscale

from lrd_core.numbers import short, significant
from lrd_core.plots.theme import DEPTH_COLOURS, Look, apply_theme, plot_text, translucent
from lrd_core.views.panel import axis_title

HEIGHT = 340
MOST_LINES = 5


def prepare_sample(points: pd.DataFrame, num_blocks: int) -> pd.DataFrame:
    """Mean, lowest and highest value over repeats, by position and size; spread over the depth.

    points: position, size, repeat, value. At most MOST_LINES positions are kept, evenly spaced,
    the first and the last among them. Adds depth = position / num_blocks.
    """
    positions = sorted(points["position"].unique())
    step = max((len(positions) - 1) / (MOST_LINES - 1), 1)
    kept = {positions[round(i * step)] for i in range(MOST_LINES) if i * step <= len(positions) - 1}
    groups = points[points["position"].isin(kept)].groupby(["position", "size"])["value"]
    table = groups.agg(mean="mean", low="min", high="max", repeats="count").reset_index()
    return table.assign(depth=table["position"] / num_blocks)


def plot_sample(
    prepared: pd.DataFrame,
    look: Look,
    *,
    label: str,
    unit: str,
    num_blocks: int,
    title: str,
    noun: str = "text",
) -> go.Figure:
    """One line a layer, depth as colour, the range over repeats as a band; texts on a log axis."""
    figure = go.Figure()
    for position, rows in prepared.groupby("position"):
        colour = _hex(sample_colorscale(DEPTH_COLOURS, [float(rows["depth"].iloc[0]) * 0.9])[0])
        figure.add_scatter(
            x=[*rows["size"], *rows["size"][::-1]],
            y=[*rows["high"], *rows["low"][::-1]],
            fill="toself",
            fillcolor=translucent(colour, 0.2),
            line={"width": 0},
            mode="lines",
            hoverinfo="skip",
            showlegend=False,
            legendgroup=str(position),
        )
        figure.add_scatter(
            x=rows["size"],
            y=rows["mean"],
            mode="lines+markers",
            legendgroup=str(position),
            name=_layer_name(float(position), num_blocks),
            customdata=_hover(rows),
            hovertemplate="%{customdata}<extra></extra>",
            line={"color": colour, "width": look.line_width},
            marker={"size": look.marker_size},
        )
    figure.update_layout(
        xaxis={
            "type": "log",
            "title": {"text": f"Number of {noun}s"},
            "tickvals": sorted(prepared["size"].unique()),
        },
        yaxis={"title": {"text": axis_title(label, unit)}},
        title={"text": plot_text(title), "font": {"size": look.font_size}, "x": 0, "xref": "paper"},
        margin={"l": 60, "r": 12, "t": 36, "b": 60},
        hovermode="x unified",
    )
    return apply_theme(figure, look, HEIGHT)


def _hover(rows: pd.DataFrame) -> Sequence[str]:
    return [
        f"layer {short(row.position)}: {significant(row.mean)} "
        f"({significant(row.low)} to {significant(row.high)} in {row.repeats} samples)"
        for row in rows.itertuples()
    ]


def _layer_name(position: float, num_blocks: int) -> str:
    ends = {0.0: "embedding", float(num_blocks): "output"}
    return ends.get(position, f"layer {short(position)}")


def _hex(colour: str) -> str:
    channels = [int(float(part)) for part in colour.removeprefix("rgb(").rstrip(")").split(",")]
    return "#{:02X}{:02X}{:02X}".format(*channels)
