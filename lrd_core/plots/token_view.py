"""One text as a map: tokens across, layers down, colour what is asked; dominating tokens glow."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from lrd_core.numbers import drawn, in_sentence, tick_format, whole
from lrd_core.plots.theme import (
    DEPTH_COLOURS,
    Look,
    apply_theme,
    depth_axis,
    plot_text,
    translucent,
)
from lrd_core.views.panel import axis_title
from lrd_core.views.token_view import Measure, TokenView

HEIGHT = 470
MOST_WORDS = 40
"""Words that fit below the figure on a small screen."""

GLOW = "#E69F00"
"""Of outlines: bright on both ends of the colours of cells."""

TICKS_A_DECADE = (1, 3)


@dataclass(frozen=True)
class Outline:
    """Corners of the rectangles around dominated cells, with a gap (NaN) after each."""

    x: list[float]
    y: list[float]


def token_figure(view: TokenView, look: Look) -> go.Figure:
    """One heatmap and one outline, however many cells there are."""
    values = view.grid(view.quantity).astype(np.float32)
    figure = go.Figure()
    _add_cells(figure, values, view, look)
    _add_outline(figure, prepare_outline(view.grid("dominating")), look)
    figure.update_layout(
        xaxis=_token_axis(view, look),
        yaxis=_layer_axis(view.num_blocks, look),
        margin={"l": 70, "r": 12, "t": 12, "b": 80},
        hovermode="closest",
        showlegend=False,
    )
    return apply_theme(figure, look, HEIGHT)


def prepare_outline(dominating: np.ndarray) -> Outline:
    """Rectangles around each token's unbroken stretches of layers at which it dominates.

    dominating: (layers, tokens) bool. Cells are 1 wide and high, centred on whole numbers.
    """
    x: list[float] = []
    y: list[float] = []
    for position in np.flatnonzero(dominating.any(axis=0)):
        edges = np.diff(dominating[:, position].astype(int), prepend=0, append=0)
        starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
        for top, bottom in zip(starts - 0.5, ends - 0.5, strict=True):
            left, right = position - 0.5, position + 0.5
            x += [left, right, right, left, left, math.nan]
            y += [top, top, bottom, bottom, top, math.nan]
    return Outline(x, y)


def prepare_colours(values: np.ndarray, measure: Measure) -> np.ndarray:
    """What the colour scale is given: logarithms to base 10, shares in percent, or the value.

    A norm of 0 has no logarithm and no colour.
    """
    if not measure.log:
        return 100 * values if measure.percent else values
    return np.log10(np.where(values > 0, values, np.nan))


def _add_cells(figure: go.Figure, values: np.ndarray, view: TokenView, look: Look) -> None:
    colours = prepare_colours(values, view.measure)
    special = view.grid("special")[0]
    names = [
        f"<b>{plot_text(word)}</b>{' (special)' if special[place] else ''}, token {place + 1}"
        for place, word in enumerate(view.words)
    ]
    kind = drawn("customdata", "tenths" if view.measure.percent else "significant")
    said = f"{kind}%" if view.measure.percent else kind
    unit = " times the median" if view.quantity == "relative" else ""
    figure.add_heatmap(
        z=colours,
        customdata=100 * values if view.measure.percent else values,
        text=[names] * len(values),
        hovertemplate=f"%{{text}} of {len(view.words)}<br>layer {drawn('y', 'whole')} of "
        f"{view.num_blocks}<br>"
        f"{view.measure.label}: {said}{unit}<extra></extra>",
        hoverongaps=False,
        colorscale=DEPTH_COLOURS,
        colorbar=_colour_bar(colours, view.measure, look),
        name="tokens",
    )


def _colour_bar(colours: np.ndarray, measure: Measure, look: Look) -> dict[str, Any]:
    unit = "" if measure.percent else measure.unit
    bar: dict[str, Any] = {
        "title": {"text": axis_title(measure.label, unit), "side": "right"},
        "thickness": 12,
        "outlinewidth": 0,
        "tickfont": {"size": look.font_size - 1},
    }
    if measure.percent:
        return bar | {"tickformat": tick_format("tenths"), "ticksuffix": "%"}
    if not measure.log or not np.isfinite(colours).any():
        return bar
    ticks = log_ticks(float(np.nanmin(colours)), float(np.nanmax(colours)))
    return bar | {
        "tickmode": "array",
        "tickvals": [math.log10(tick) for tick in ticks],
        "ticktext": [in_sentence(tick) if tick < 1 else whole(tick) for tick in ticks],
    }


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers between 10^low and 10^high: 1, 3, 10, 30; of many decades only their starts."""
    many = high - low > 4
    found = [
        float(lead * 10.0**power)
        for power in range(math.floor(low), math.ceil(high) + 1)
        for lead in (TICKS_A_DECADE[:1] if many else TICKS_A_DECADE)
        if low <= math.log10(lead * 10.0**power) <= high
    ]
    return found or [10.0 ** ((low + high) / 2)]


def _add_outline(figure: go.Figure, outline: Outline, look: Look) -> None:
    """A sharp line on a wide faint one, so that even a cell of two pixels is seen."""
    for colour, width in ((translucent(GLOW, 0.4), 4 * look.line_width), (GLOW, look.line_width)):
        figure.add_scatter(
            x=outline.x,
            y=outline.y,
            mode="lines",
            line={"color": colour, "width": width},
            hoverinfo="skip",
            name="dominating",
        )


def _token_axis(view: TokenView, look: Look) -> dict[str, Any]:
    glowing = np.flatnonzero(view.grid("dominating").any(axis=0))
    places = prepare_ticks(len(view.words), glowing, MOST_WORDS // (2 if look.present else 1))
    return {
        "title": {"text": f"{len(view.words)} tokens of the text"},
        "tickmode": "array",
        "tickvals": places,
        "ticktext": [plot_text(view.words[place]) for place in places],
        "tickangle": -60,
        "range": [-0.5, len(view.words) - 0.5],
        "showgrid": False,
        "zeroline": False,
    }


def prepare_ticks(tokens: int, glowing: Sequence[int] | np.ndarray, most: int) -> list[int]:
    """Which tokens are named: every one, or every second and so on, and those that glow."""
    step = math.ceil(tokens / most)
    named = [int(one) for one in glowing][:most]
    others = [
        place for place in range(0, tokens, step) if all(abs(place - one) >= step for one in named)
    ]
    return sorted({*named, *others})


def _layer_axis(num_blocks: int, look: Look) -> dict[str, Any]:
    axis = depth_axis("layer", num_blocks, look)
    del axis["unifiedhovertitle"]
    return axis | {"range": [num_blocks + 0.5, -0.5], "showgrid": False}
