"""One metric of the whole data set against the number of texts it was computed on."""

import pandas as pd
import plotly.graph_objects as go

from lrd_core.numbers import significant, whole
from lrd_core.plots.theme import Look, apply_theme, plot_text, translucent
from lrd_core.views.panel import axis_title

HEIGHT = 300


def prepare_curve(points: pd.DataFrame) -> pd.DataFrame:
    """size, mean, low, high and repeats over the subsamples that have a value, by size.

    points: size, repeat, value of one series at one position.
    """
    groups = points.dropna(subset=["value"]).groupby("size")["value"]
    return groups.agg(mean="mean", low="min", high="max", repeats="count").reset_index()


def plot_curve(
    prepared: pd.DataFrame,
    look: Look,
    *,
    label: str,
    unit: str,
    title: str,
    colour: str,
    noun: str = "text",
) -> go.Figure:
    """The mean over subsamples as a line, their range as a band; texts on a log axis."""
    sizes = list(prepared["size"])
    figure = go.Figure()
    figure.add_scatter(
        x=[*sizes, *sizes[::-1]],
        y=[*prepared["high"], *prepared["low"][::-1]],
        fill="toself",
        fillcolor=translucent(colour, 0.2),
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
        name="range",
    )
    hover = [
        f"{whole(row.size_)} {noun}s: {significant(row.mean)} "
        f"({significant(row.low)} to {significant(row.high)} in {row.repeats} samples)"
        for row in prepared.rename(columns={"size": "size_"}).itertuples()
    ]
    figure.add_scatter(
        x=sizes,
        y=prepared["mean"],
        mode="lines+markers",
        name="mean",
        showlegend=False,
        customdata=hover,
        hovertemplate="%{customdata}<extra></extra>",
        line={"color": colour, "width": look.line_width},
        marker={"size": look.marker_size},
    )
    figure.update_layout(
        xaxis={"type": "log", "title": {"text": f"Number of {noun}s"}, "tickvals": sizes},
        yaxis={"title": {"text": axis_title(label, unit)}},
        title={"text": plot_text(title), "font": {"size": look.font_size}, "x": 0, "xref": "paper"},
        margin={"l": 60, "r": 12, "t": 36, "b": 60},
    )
    return apply_theme(figure, look, HEIGHT)
