"""Maps of texts: clouds side by side, and what is picked, found and lost in them."""

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lrd_core.numbers import drawn
from lrd_core.plots.gliding import Frame, add_frames, may_glide
from lrd_core.plots.map_colours import Paint, add_key, amounts_of, colours_of, paint_for
from lrd_core.plots.theme import OKABE_ITO, Look, plot_text
from lrd_core.views.ties import Ties

HOVER_CHARACTERS = 140
MOST_RINGED = 40
"""Found texts that are ringed; more are told by the rest fading alone."""

OVERLAYS = 8
"""Traces over each cloud: edges near and pulled apart, arrows to neighbours kept, gained and lost,
search marks, the ring of the text looked at, the star of a typed text."""

LOST, KEPT, GAINED = "#D55E00", "#0072B2", "#009E73"
HEAD = 0.02
"""Size of an arrow's head as a share of the map's width."""

ARROWS = (
    ("kept neighbour", KEPT, "solid"),
    ("gained", GAINED, "dash"),
    ("lost (crossed)", LOST, "dot"),
)
"""Name, colour and dash of arrows to neighbours that stayed, came and went."""


YOUR_TEXT = "your text"


def no_edges() -> np.ndarray:
    """No pair of rows to join."""
    return np.empty((0, 2), dtype=np.int64)


@dataclass(frozen=True)
class Panel:
    """One map: a table (row, text_index, x, y, text, label, value) and what to draw on it.

    span: axis range that holds all layers of the run, so that nothing jumps: (x0, x1, y0, y1).
    picked: rows of the selection; marked: rows found by the search; focus: the text looked at.
    kept, lost: pairs of rows to join: true neighbours near on the map, and pulled apart by it.
    ties: true neighbours of the text looked at. own: where a typed text is drawn, if one is. noun:
    what an item is called.
    """

    title: str
    table: pd.DataFrame
    span: tuple[float, float, float, float]
    picked: Sequence[int] = ()
    marked: Sequence[int] = ()
    focus: int | None = None
    kept: np.ndarray = field(default_factory=no_edges)
    lost: np.ndarray = field(default_factory=no_edges)
    ties: Ties = field(default_factory=Ties)
    own: tuple[float, float] | None = None
    noun: str = "text"


def prepare_arrows(
    table: pd.DataFrame, start: int | None, ends: Sequence[int], size: float, *, crossed: bool
) -> tuple[list[Any], list[Any]]:
    """x and y of one line trace of arrows from a row to others; one None where there is none.

    size: of a head, in units of the map. crossed: a cross at the end instead of a head.
    """
    place = table.set_index("row")[["x", "y"]]
    xs: list[Any] = []
    ys: list[Any] = []
    for end in ends:
        if start not in place.index or end not in place.index:
            continue
        (x0, y0), (x1, y1) = place.loc[start].tolist(), place.loc[end].tolist()
        turned = math.atan2(y1 - y0, x1 - x0)
        xs += [x0, x1]
        ys += [y0, y1]
        for angle in (0.75, -0.75, 2.25, -2.25) if crossed else (2.6, -2.6):
            xs += [x1 + size * math.cos(turned + angle), x1]
            ys += [y1 + size * math.sin(turned + angle), y1]
        xs.append(None)
        ys.append(None)
    return xs or [None], ys or [None]


def prepare_span(points: np.ndarray, share: float = 0.06) -> tuple[float, float, float, float]:
    """A range for both axes that holds every layer's points, (layers, n, 2), with some air."""
    low, high = points.reshape(-1, 2).min(axis=0), points.reshape(-1, 2).max(axis=0)
    air = share * float((high - low).max())
    return (float(low[0] - air), float(high[0] + air), float(low[1] - air), float(high[1] + air))


def prepare_edges(table: pd.DataFrame, pairs: np.ndarray) -> tuple[list[Any], list[Any]]:
    """x and y of one line trace that joins the pairs of rows, None between them.

    One None where there is no pair: Plotly leaves out a trace without any point.
    """
    place = table.set_index("row")[["x", "y"]]
    xs: list[Any] = []
    ys: list[Any] = []
    for one, other in pairs:
        if one in place.index and other in place.index:
            xs += [place.at[one, "x"], place.at[other, "x"], None]
            ys += [place.at[one, "y"], place.at[other, "y"], None]
    return xs or [None], ys or [None]


def plot_maps(
    frames: Sequence[Sequence[Panel]],
    look: Look,
    *,
    colour: str,
    start: int = 0,
    names: Sequence[str] = ("",),
    camera: Sequence[float] | None = None,
) -> go.Figure:
    """One or two clouds of the same texts, at one layer or gliding through all of them.

    frames: the panels of each layer; `names` are what the buttons between them say, `start` is
    the one drawn first. The first traces are the clouds; their point i is row i.
    colour: what the table's `value` is, for the legend or the colour bar.
    camera: x0, x1, y0, y1 of the first map, from a link.
    """
    panels = frames[start]
    animated = may_glide(max(len(panel.table) for panel in panels))
    values = pd.concat([p.table["value"] for one in frames for p in one], ignore_index=True)
    paint = paint_for(values)
    figure = make_subplots(
        rows=1,
        cols=len(panels),
        horizontal_spacing=0.03,
        subplot_titles=[plot_text(panel.title) for panel in panels],
    )
    for column, (panel, trace) in enumerate(
        zip(panels, _clouds(panels, look, paint, animated), strict=True), start=1
    ):
        figure.add_trace(trace, row=1, col=column)
        _frame_axes(figure, panel, column, camera if column == 1 else None)
    for column, panel in enumerate(panels, start=1):
        for trace in _overlays(panel, look, animated, keyed=column == 1):
            figure.add_trace(trace, row=1, col=column)
    if len(frames) > 1:
        add_frames(figure, _frames(frames, names, panels, look, paint, animated), start)
    add_key(figure, paint, colour, look)
    figure.update_layout(
        margin={"l": 10, "r": 10, "t": 34, "b": 10},
        dragmode="lasso",
        clickmode="event",
        hovermode="closest",
    )
    return figure


def hover_text(text: str, label: Any, text_index: int, noun: str, value: str = "") -> str:
    """What pointing at an item shows: its beginning, label and value; hostile text stays text.

    noun: what an item is called.
    """
    lines = _wrapped(str(text))
    named = "" if pd.isna(label) else f" · {plot_text(label)}"
    return "<br>".join([f"<b>{noun} {text_index}</b>{named}", *lines, *([value] if value else [])])


@lru_cache(maxsize=16_384)
def _wrapped(text: str) -> tuple[str, ...]:
    """The beginning of a text in lines; kept, for it stands on the map of every layer."""
    short = textwrap.shorten(" ".join(text.split()), HOVER_CHARACTERS, placeholder=" …")
    return tuple(plot_text(line) for line in textwrap.wrap(short, 56, break_long_words=True))


def _frames(
    frames: Sequence[Sequence[Panel]],
    names: Sequence[str],
    first: Sequence[Panel],
    look: Look,
    paint: Paint,
    animated: bool,
) -> list[Frame]:
    """What each layer changes. Colours travel only where some layer's are not those of `first`."""
    recoloured = any(
        not p.table["value"].equals(q.table["value"])
        for one in frames
        for p, q in zip(one, first, strict=True)
    )
    return [
        {
            "name": name,
            "data": _moved(one, look, paint if recoloured else None, animated),
            "traces": list(range(len(first) * (1 + OVERLAYS))),
        }
        for name, one in zip(names, frames, strict=True)
    ]


def _clouds(
    panels: Sequence[Panel], look: Look, paint: Paint, animated: bool
) -> list[go.Scatter | go.Scattergl]:
    return [_cloud(panel, look, paint, animated) for panel in panels]


def _cloud(panel: Panel, look: Look, paint: Paint, animated: bool) -> go.Scatter | go.Scattergl:
    table = panel.table
    shown = sorted({*panel.picked, *panel.marked}) or None
    few = len(table) <= 10_000
    size = (6 if animated else 5 if few else 4) + (2 if look.present else 0)
    marker = colours_of(table["value"], look, paint)
    marker |= {"size": size, "opacity": 0.75, "line": {"width": 0}}
    amount = ""
    if paint.categories is None:
        amount = "%{text}" if paint.gaps else drawn("marker.color", "significant")
        amount = f"<br>{amount}"
    kind = go.Scatter if animated else go.Scattergl
    return kind(
        x=table["x"],
        y=table["y"],
        mode="markers",
        marker=marker,
        showlegend=False,
        # A nested list, not an array: Streamlit hands arrays back as something else.
        customdata=table[["row", "text_index"]].to_numpy().tolist(),
        name=plot_text(panel.title),
        hovertext=_hovers(table, few, panel.noun),
        hovertemplate=f"%{{hovertext}}{amount}<extra></extra>",
        selectedpoints=shown,
        unselected={"marker": {"opacity": 0.15}},
        selected={"marker": {"opacity": 0.95}},
        **amounts_of(table["value"], paint),
    )


def _moved(panels: Sequence[Panel], look: Look, paint: Paint | None, animated: bool) -> list[Any]:
    """What changes from layer to layer: places, and colours unless `paint` is None."""
    kind = "scatter" if animated else "scattergl"
    clouds = []
    for panel in panels:
        cloud: dict[str, Any] = {"type": kind, "x": panel.table["x"], "y": panel.table["y"]}
        if paint is not None:
            colours = colours_of(panel.table["value"], look, paint)
            # Symbols cannot glide; the colour alone says what changed.
            colours.pop("symbol", None)
            cloud |= {"marker": colours, **amounts_of(panel.table["value"], paint)}
        clouds.append(cloud)
    return clouds + [
        {"type": kind, "x": trace.x, "y": trace.y}
        for p in panels
        for trace in _overlays(p, look, animated)
    ]


def _hovers(table: pd.DataFrame, few: bool, noun: str) -> list[str]:
    if few:
        columns = (table["text"], table["label"], table["text_index"])
        return [hover_text(*row, noun) for row in zip(*columns, strict=True)]
    # Tens of thousands of full texts would make the page heavy.
    return [
        f"{noun} {index} · {plot_text(str(text)[:50])}"
        for text, index in zip(table["text"], table["text_index"], strict=True)
    ]


def _overlays(panel: Panel, look: Look, animated: bool, *, keyed: bool = False) -> list[Any]:
    """Lines, marks and the ring over a cloud; keyed: whether the legend names the arrows."""
    kind = go.Scatter if animated else go.Scattergl
    traces: list[Any] = []
    for pairs, colour, dash in ((panel.kept, KEPT, "solid"), (panel.lost, LOST, "dot")):
        xs, ys = prepare_edges(panel.table, pairs)
        traces.append(_line(kind, xs, ys, colour, dash, width=1.5))
    size = HEAD * (panel.span[1] - panel.span[0])
    groups = (panel.ties.kept, panel.ties.gained, panel.ties.lost)
    for ends, (name, colour, dash) in zip(groups, ARROWS, strict=True):
        crossed = colour == LOST
        xs, ys = prepare_arrows(panel.table, panel.focus, ends, size, crossed=crossed)
        trace = _line(kind, xs, ys, colour, dash, width=2)
        traces.append(trace.update(name=name, showlegend=keyed and panel.focus is not None))
    place = panel.table.set_index("row")
    rings = panel.marked if len(panel.marked) <= MOST_RINGED else ()
    for rows, size, width in ((rings, 12, 1.5), ([panel.focus], 20, 3)):
        known = [row for row in rows if row is not None and row in place.index]
        traces.append(
            kind(
                x=place.loc[known, "x"],
                y=place.loc[known, "y"],
                mode="markers",
                hoverinfo="skip",
                showlegend=False,
                marker={
                    "symbol": "circle-open",
                    "size": size,
                    "color": look.text,
                    "line": {"width": width, "color": look.text},
                },
            )
        )
    return [*traces, _star(kind, panel.own, look, keyed=keyed)]


def _star(kind: Any, own: tuple[float, float] | None, look: Look, *, keyed: bool) -> Any:
    """The typed text; without one a trace of no point, so that traces keep their places."""
    name = YOUR_TEXT if own else ""  # maps of pictures have the trace too
    return kind(
        x=[own[0]] if own else [],
        y=[own[1]] if own else [],
        mode="markers",
        name=name,
        showlegend=keyed and own is not None,
        hoverinfo="text",
        hovertext=name,
        marker={
            "symbol": "star",
            "size": 18,
            "color": OKABE_ITO[1],
            "line": {"width": 1.5, "color": look.text},
        },
    )


def _line(
    kind: Any, xs: Sequence[Any], ys: Sequence[Any], colour: str, dash: str, *, width: float
) -> Any:
    return kind(
        x=xs,
        y=ys,
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
        line={"color": colour, "width": width, "dash": dash},
        opacity=0.85,
    )


def _frame_axes(
    figure: go.Figure, panel: Panel, column: int, camera: Sequence[float] | None
) -> None:
    x0, x1, y0, y1 = camera if camera is not None and len(camera) == 4 else panel.span
    hidden = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": ""}
    suffix = "" if column == 1 else str(column)
    figure.update_xaxes(range=[x0, x1], row=1, col=column, **hidden)
    figure.update_yaxes(
        range=[y0, y1], row=1, col=column, scaleanchor=f"x{suffix}", scaleratio=1, **hidden
    )
