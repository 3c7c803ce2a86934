"""One text's neighbours through the layers: who is kept, gained and lost, as a bump chart."""

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lrd_core.metrics.retention import RETENTION
from lrd_core.numbers import decimals, drawn, tick_format, whole
from lrd_core.plots.neighbourhoods import hover_text
from lrd_core.plots.theme import Look, apply_theme
from lrd_core.views.lifelines import LifelineView

STATES: Mapping[str, tuple[str, str, str]] = {
    "first": ("at the first layer", "#56B4E9", "circle"),
    "kept": ("kept", "#0072B2", "circle"),
    "gained": ("gained", "#009E73", "diamond"),
    "lost": ("lost", "#D55E00", "x-thin-open"),
}
"""Status -> caption, colour, marker."""


def prepare_strands(lines: pd.DataFrame) -> list[pd.DataFrame]:
    """Unbroken stretches of layers in which one neighbour stays in the list, by rank.

    A neighbour that leaves and comes back gives two strands.
    """
    held = lines[lines["status"] != "lost"].sort_values(["neighbour", "layer"])
    strands = []
    for _, rows in held.groupby("neighbour", sort=False):
        stretch = (rows["layer"].diff() != 1).cumsum()
        strands += [part for _, part in rows.groupby(stretch)]
    return sorted(strands, key=lambda part: (part["layer"].iloc[0], part["rank"].iloc[0]))


def prepare_losses(lines: pd.DataFrame) -> pd.DataFrame:
    """Where each lost neighbour was last seen: neighbour, layer, rank, similarity."""
    held = lines[lines["status"] != "lost"].set_index(["layer", "neighbour"])
    lost = lines[lines["status"] == "lost"]
    before = [(row.layer - 1, row.neighbour) for row in lost.itertuples()]
    last = held.loc[before].reset_index() if before else held.iloc[:0].reset_index()
    return last[["neighbour", "layer", "rank", "similarity"]]


def lifeline_figure(view: LifelineView, look: Look) -> go.Figure:
    """One text's neighbours at every layer."""
    texts = view.texts.set_index("row")
    figure = plot_lifeline(
        view.table, view.retention, texts, look, layer=view.layer, k=view.k, noun=view.noun
    )
    return apply_theme(figure, look, 430)


def plot_lifeline(
    lines: pd.DataFrame,
    retention: pd.DataFrame,
    texts: pd.DataFrame,
    look: Look,
    *,
    layer: int,
    k: int,
    noun: str = "text",
) -> go.Figure:
    """Ranks of a text's neighbours by layer, and beneath the share that each block keeps.

    texts: by row (text_index, text, label), for what pointing at a neighbour shows.
    """
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.76, 0.24], vertical_spacing=0.06
    )
    for strand in prepare_strands(lines):
        figure.add_scatter(
            x=strand["layer"],
            y=strand["rank"],
            mode="lines",
            hoverinfo="skip",
            line={"color": look.context, "width": look.line_width},
            showlegend=False,
            row=1,
            col=1,
        )
    _mark_states(figure, lines, texts, look, noun)
    figure.add_bar(
        x=retention["position"],
        y=retention["kept"] / retention["k"],
        width=0.5,
        showlegend=False,
        marker={"color": look.colour("") if not look.order else look.quiet},
        customdata=retention[["kept", "k", "retention"]].to_numpy(),
        hovertemplate="%{customdata[0]} of %{customdata[1]} neighbours stay "
        f"({RETENTION.short} of this {noun}: {drawn('customdata[2]', 'hundredths')})"
        "<extra></extra>",
        row=2,
        col=1,
    )
    layers = sorted(lines["layer"].unique())
    return _lay_out(figure, layers, look, layer, k)


def _mark_states(
    figure: go.Figure, lines: pd.DataFrame, texts: pd.DataFrame, look: Look, noun: str
) -> None:
    """A mark at each neighbour's rank; a lost one right of where it was last seen."""
    losses = prepare_losses(lines).assign(status="lost")
    losses["layer"] = losses["layer"] + 0.28
    marks = pd.concat([lines[lines["status"] != "lost"], losses], ignore_index=True)
    for status, (caption, colour, symbol) in STATES.items():
        rows = marks[marks["status"] == status]
        figure.add_scatter(
            x=rows["layer"],
            y=rows["rank"],
            mode="markers",
            name=caption,
            # A nested list, as on the maps: row and text_index of each.
            customdata=[[row, texts.at[row, "text_index"]] for row in rows["neighbour"]],
            marker={
                "color": colour,
                "symbol": symbol,
                "size": look.marker_size + 3,
                "line": {"width": 2, "color": colour} if status == "lost" else {},
            },
            hovertext=_hovers(rows, texts, caption, noun),
            hovertemplate="%{hovertext}<extra></extra>",
            row=1,
            col=1,
        )


def _lay_out(figure: go.Figure, layers: Sequence[int], look: Look, layer: int, k: int) -> go.Figure:
    figure.add_vline(x=layer, line={"color": look.quiet, "width": 1, "dash": "dot"})
    span = [layers[0] - 0.4, layers[-1] + 0.5] if layers else [0, 1]
    figure.update_xaxes(range=span, dtick=max(1, len(layers) // 12), zeroline=False, showgrid=False)
    figure.update_xaxes(title_text="Layer", row=2, col=1)
    figure.update_yaxes(title_text="Rank", range=[k + 0.7, 0.3], zeroline=False, row=1, col=1)
    figure.update_yaxes(
        title_text="Kept",
        range=[0, 1],
        tickvals=[0, 1],
        tickformat=tick_format("percent"),
        zeroline=False,
        row=2,
        col=1,
    )
    figure.update_layout(
        margin={"l": 50, "r": 10, "t": 30, "b": 40},
        hovermode="closest",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "itemclick": "toggle"},
        uirevision="lifeline",
    )
    return figure


def _hovers(rows: pd.DataFrame, texts: pd.DataFrame, caption: str, noun: str) -> list[str]:
    found = []
    for row in rows.itertuples():
        text = texts.loc[row.neighbour]
        value = f"{caption}, rank {whole(row.rank)}, similarity {decimals(row.similarity, 3)}"
        found.append(hover_text(text["text"], text["label"], text["text_index"], noun, value))
    return found
