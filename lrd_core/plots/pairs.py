"""Two models beside each other: a row a number, both values on it, and the difference in words."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from lrd_core.claims.verdicts import count_words
from lrd_core.numbers import significant
from lrd_core.plots.drawing import write_column
from lrd_core.plots.theme import Look, apply_theme, padded_range, plot_text
from lrd_core.views.pairs import PairView

ROW, SPACE = 30, 110
SHIFTS = (14, 84, 154)
RIGHT = 300
SYMBOLS = ("circle", "diamond")


def pair_figure(view: PairView, look: Look) -> go.Figure:
    """Each number on a line of its own, from the lowest to the highest model of the store."""
    table = view.table
    places = np.arange(len(table))
    low, width = table["lowest"], (table["highest"] - table["lowest"]).replace(0, np.nan)
    both = [
        table[side] if view.shared_scale else ((table[side] - low) / width).fillna(0.5)
        for side in ("first", "second")
    ]
    figure = go.Figure()
    for x, y in zip(zip(*both, strict=True), places, strict=True):
        line = {"color": look.context, "width": 6}
        figure.add_scatter(
            x=list(x), y=[y, y], mode="lines", line=line, showlegend=False, hoverinfo="skip"
        )
    for side, model, x, symbol in zip(("first", "second"), view.models, both, SYMBOLS, strict=True):
        figure.add_scatter(
            x=x,
            y=places,
            mode="markers",
            name=plot_text(model),
            marker={
                "color": look.colour(model),
                "symbol": symbol,
                "size": look.marker_size + 6,
                "line": {"color": look.background, "width": 1},
            },
            hovertext=_hovers(view, side, model),
            hoverinfo="text",
        )
    _axes(figure, view, [*both[0], *both[1]])
    figure.update_layout(
        margin={"l": 8, "r": RIGHT, "t": 56, "b": 8},
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "xanchor": "left"},
    )
    _columns(figure, view, look)
    return apply_theme(figure, look, SPACE + ROW * len(table))


def _axes(figure: go.Figure, view: PairView, drawn: Sequence[float]) -> None:
    """One scale with its unit, or ends that say what a row's own scale runs between."""
    table = view.table
    if view.shared_scale:
        figure.update_xaxes(range=padded_range(drawn), title_text=table["unit"].iloc[0])
    else:
        ticks = {"tickvals": [0, 1], "ticktext": ["lowest", "highest"]}
        figure.update_xaxes(range=[-0.06, 1.06], zeroline=False, **ticks)
    figure.update_yaxes(
        tickvals=list(range(len(table))),
        ticktext=[plot_text(name) for name in table["number"]],
        range=[len(table) - 0.4, -0.6],
        zeroline=False,
    )


def _columns(figure: go.Figure, view: PairView, look: Look) -> None:
    """The two values and the difference with its interval and n, right of the plot."""
    rows = list(view.table.itertuples())
    words = (
        {place: significant(row.first) for place, row in enumerate(rows)},
        {place: significant(row.second) for place, row in enumerate(rows)},
        {
            place: significant(row.difference)
            + _interval(row.low, row.high)
            + f", n={count_words(row.n, row.of)}"
            for place, row in enumerate(rows)
        },
    )
    titles = ("A", "B", "B less A [95%]")
    for said, title, shift in zip(words, titles, SHIFTS, strict=True):
        write_column(figure, said, title, look, shift=shift)


def _interval(low: float, high: float) -> str:
    return f" [{significant(low)}, {significant(high)}]" if low == low else ""


def _hovers(view: PairView, side: str, model: str) -> list[str]:
    return [
        f"<b>{plot_text(model)}</b><br>{plot_text(row.number)}: {significant(getattr(row, side))} "
        f"{plot_text(row.unit)}<br>n={count_words(row.n, row.of)}"
        for row in view.table.itertuples()
    ]
