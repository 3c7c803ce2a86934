"""Strips: heatmaps side by side, a row a model, depth across, colour the value."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lrd_core.numbers import drawn, whole
from lrd_core.plots.depth_layout import shorten
from lrd_core.plots.depth_marks import MARKS
from lrd_core.plots.drawing import Drawing
from lrd_core.plots.theme import DepthScale, Look, apply_theme, plot_text
from lrd_core.settings import family_title
from lrd_core.views.strips import StripsView

ROW_HEIGHT = 18
MARGIN_TOP, MARGIN_BOTTOM = 34, 96
COLUMN_GAP = 0.05
NAME_GAP = 6
"""Pixels between the name of a model and its first strip."""

LONGEST_TITLE = 34
VALUE_COLOURS = "Viridis"
"""Depth has cividis and differences a map of their own; a value has this one."""

CELLS = 96
"""Cells across a strip where depth is a share: each shows the layer that is nearest, unchanged."""


@dataclass(frozen=True)
class Rows:
    """Where strips stand: place 0 is the top; a family's name has a row of its own.

    labels: of every row. places: of strips by name. models: of every row, "" for a family's.
    """

    labels: tuple[str, ...]
    places: dict[str, int]
    models: tuple[str, ...]

    @property
    def height(self) -> int:
        """Pixels of all rows."""
        return ROW_HEIGHT * len(self.labels)


def strips_figure(view: StripsView, look: Look) -> go.Figure:
    """The strips of a view, a panel a series, with marks and the number that orders them."""
    rows = place_rows(view.rows, view.lifted, look)
    grids = {p.series: prepare_strips(view.table, p.series, rows, view.axis) for p in view.panels}
    return plot_strips(view, grids, rows, look)


def place_rows(table: pd.DataFrame, lifted: Sequence[str], look: Look) -> Rows:
    """A row for each family's name and for each of its strips.

    table: name, model, family, told, in order. lifted: models whose names stand out.
    """
    labels: list[str] = []
    models: list[str] = []
    places: dict[str, int] = {}
    for family, strips in table.groupby("family", sort=False):
        labels.append(f"<b>{plot_text(family_title(str(family)))} ({len(strips)})</b>")
        models.append("")
        for row in strips.itertuples():
            places[str(row.name)] = len(labels)
            labels.append(_label(row, str(row.model) in lifted, look))
            models.append(str(row.model))
    return Rows(tuple(labels), places, tuple(models))


def prepare_strips(
    table: pd.DataFrame, series: str, rows: Rows, scale: DepthScale
) -> dict[str, np.ndarray]:
    """One series on a grid of rows and cells: x (cells), value, position, blocks, n.

    In percent a cell takes the value of the place that is nearest to its middle; on the layer axis
    a cell is a place. Nothing is interpolated, and a missing value is a hole.
    """
    drawn = table[table["series"] == series]
    if scale == "percent":
        x = (np.arange(CELLS) + 0.5) * 100 / CELLS
    else:
        x = np.sort(drawn["position"].unique()).astype(float)
    shape = (len(rows.labels), len(x))
    grid = {name: np.full(shape, np.nan) for name in ("value", "position", "blocks", "n")}
    for name, line in drawn.groupby("name", sort=False):
        ordered = line.sort_values("position")
        positions = ordered["position"].to_numpy(float)
        blocks = float(ordered["num_blocks"].iloc[0])
        at = x * blocks / 100 if scale == "percent" else x
        nearest = np.abs(at[:, None] - positions[None, :]).argmin(axis=1)
        held = (
            np.abs(positions[nearest] - at) < 1.01 if scale == "percent" else np.isin(at, positions)
        )
        place = rows.places[str(name)]
        for column in ("value", "position", "n"):
            grid[column][place, held] = ordered[column].to_numpy(float)[nearest[held]]
        grid["blocks"][place, held] = blocks
    return {"x": x, **grid}


def plot_strips(
    view: StripsView, grids: dict[str, dict[str, np.ndarray]], rows: Rows, look: Look
) -> go.Figure:
    """Panels side by side on one y axis; a colour bar below each.

    grids: of prepare_strips, by series.
    """
    drawing = Drawing()
    wide = len(view.panels)
    across = (1 - COLUMN_GAP * (wide - 1)) / wide
    height = rows.height + MARGIN_TOP + MARGIN_BOTTOM
    deepest = int(view.table["num_blocks"].max())
    for place, panel in enumerate(view.panels):
        left = place * (across + COLUMN_GAP)
        right = left + across
        number = str(place + 1) if place else ""
        drawing.layout[f"xaxis{number}"] = _depth_ticks(
            view.axis, deepest, wide, last=place == wide - 1
        ) | {"domain": [left, right], "anchor": "y"}
        drawing.traces.append(
            _strips(grids[panel.series], rows, f"x{number}")
            | {"zmin": view.colours[panel.series][0], "zmax": view.colours[panel.series][1]}
            | {"colorbar": _colour_bar(left, right, rows.height, look), "name": panel.label}
        )
        _title(drawing, panel.title if wide < 3 else panel.label, left, look)
        _gaps(drawing, view, panel.series, rows, f"x{number}", look)
        if view.marks is not None:
            own = view.marks[view.marks["series"] == panel.series]
            _marks(drawing, own, rows, f"x{number}", view.axis)
        _outline(drawing, view.lifted, rows, f"x{number}", look)
    _numbers(drawing, view, rows, look)
    drawing.layout |= {
        "yaxis": _names(rows, look),
        "margin": {"l": 12, "r": 64 if view.measure else 16, "t": MARGIN_TOP, "b": MARGIN_BOTTOM},
        "hovermode": "closest",
        "dragmode": False,
    }
    return apply_theme(drawing.figure(), look, height)


def _strips(grid: dict[str, np.ndarray], rows: Rows, x_axis: str) -> dict[str, Any]:
    """One panel's cells. meta: the model of each row, for what follows clicks."""
    details = np.stack([grid["position"], grid["blocks"], grid["n"]], axis=-1)
    unknown = ~(grid["n"] > 0) & np.isfinite(grid["value"])
    texts = f"n={drawn('customdata[2]', 'count')}"
    words: dict[str, Any] = {}
    if unknown.any():  # of imports; a word a cell is long, and most figures have none
        told = [
            [
                "n not stated" if missing else f"n={whole(n)}"
                for n, missing in zip(*row, strict=True)
            ]
            for row in zip(np.nan_to_num(grid["n"]), unknown, strict=True)
        ]
        texts, words = "%{text}", {"text": told}
    return words | {
        "type": "heatmap",
        "x": grid["x"],
        "y": np.arange(len(rows.labels)),
        "z": grid["value"].astype(np.float32),
        "customdata": details.astype(np.float32),
        "meta": list(rows.models),
        "hovertemplate": "<b>%{y}</b><br>layer %{customdata[0]} of %{customdata[1]}: "
        f"{drawn('z', 'significant')}<br>{texts}<extra></extra>",
        "hoverongaps": False,
        "colorscale": VALUE_COLOURS,
        "ygap": 1,
        "xaxis": x_axis,
        "yaxis": "y",
    }


def _colour_bar(left: float, right: float, pixels: int, look: Look) -> dict[str, Any]:
    return {
        "orientation": "h",
        "thickness": 8,
        "len": (right - left) * 0.9,
        "x": (left + right) / 2,
        "xanchor": "center",
        "y": -54 / pixels,
        "yanchor": "top",
        "ypad": 0,
        "nticks": 4,
        "outlinewidth": 0,
        "tickfont": {"size": look.font_size - 2, "color": look.quiet},
    }


def _depth_ticks(scale: DepthScale, deepest: int, wide: int, *, last: bool) -> dict[str, Any]:
    """An x axis over depth whose words fit; last: no panel stands right of it."""
    end = 100 if scale == "percent" else deepest
    steps = [0.0, end / 2, end] if wide > 2 else [0.0, end / 4, end / 2, 3 * end / 4, end]
    words = [whole(step) for step in steps]
    words[0] = "emb."
    if scale == "percent":
        words[-1] = "out" if last else ""
    edge = 0.0 if scale == "percent" else 0.5
    return {
        "tickmode": "array",
        "tickvals": steps,
        "ticktext": words,
        "range": [-edge, end + edge],
        "title": {"text": "Depth (% of blocks)" if scale == "percent" else "Layer"},
        "showgrid": False,
        "zeroline": False,
    }


def _names(rows: Rows, look: Look) -> dict[str, Any]:
    return {
        "tickmode": "array",
        "tickvals": list(range(len(rows.labels))),
        "ticktext": list(rows.labels),
        "tickfont": {"size": look.font_size - 1, "color": look.text},
        "ticklabelstandoff": NAME_GAP,
        "range": [len(rows.labels) - 0.5, -0.5],
        "showgrid": False,
        "zeroline": False,
    }


def _title(drawing: Drawing, text: str, left: float, look: Look) -> None:
    drawing.annotate(
        text=f"<b>{plot_text(text if len(text) <= LONGEST_TITLE else shorten(text))}</b>",
        xref="paper",
        yref="paper",
        x=left,
        y=1,
        xanchor="left",
        yanchor="bottom",
        yshift=2,
        showarrow=False,
        font={"size": look.font_size, "color": look.text},
    )


def _x(rows: pd.DataFrame, scale: DepthScale) -> pd.Series:
    position = rows["position"].astype(float)
    return 100 * position / rows["num_blocks"].astype(float) if scale == "percent" else position


def _marks(
    drawing: Drawing, marks: pd.DataFrame, rows: Rows, x_axis: str, scale: DepthScale
) -> None:
    """Valleys, peaks and best layers on their rows, white with a dark edge on any colour."""
    for kind, own in marks.groupby("kind", sort=False):
        is_open = "open" in MARKS[str(kind)][0]
        drawing.scatter(
            x=_x(own, scale),
            y=[rows.places[str(name)] for name in own["name"]],
            mode="markers",
            marker={
                "symbol": "circle",
                "size": 9 if is_open else 6,
                "color": "rgba(0,0,0,0)" if is_open else "#FFFFFF",
                "line": {
                    "width": 2 if is_open else 1,
                    "color": "#FFFFFF" if is_open else "#1B1F24",
                },
            },
            hoverinfo="skip",
            showlegend=False,
            cliponaxis=False,
            name=str(kind),
            xaxis=x_axis,
            yaxis="y",
        )


def _gaps(
    drawing: Drawing, view: StripsView, series: str, rows: Rows, x_axis: str, look: Look
) -> None:
    """A small cross where a value is missing; hover says why."""
    gaps = view.table[(view.table["series"] == series) & view.table["value"].isna()]
    if gaps.empty:
        return
    drawing.scatter(
        x=_x(gaps, view.axis),
        y=[rows.places[str(name)] for name in gaps["name"]],
        mode="markers",
        marker={"symbol": "x-thin", "size": 5, "line": {"width": 1, "color": look.quiet}},
        customdata=[plot_text(reason or "no reason was recorded") for reason in gaps["reason"]],
        hovertemplate="missing: %{customdata}<extra></extra>",
        showlegend=False,
        name="missing",
        xaxis=x_axis,
        yaxis="y",
    )


def _outline(drawing: Drawing, lifted: Sequence[str], rows: Rows, x_axis: str, look: Look) -> None:
    """A frame around the rows of lifted models, in the colour of each."""
    shapes = drawing.layout.setdefault("shapes", [])
    for place, model in enumerate(rows.models):
        if model and model in lifted:
            shapes.append(
                {
                    "type": "rect",
                    "xref": f"{x_axis} domain",
                    "yref": "y",
                    "x0": 0,
                    "x1": 1,
                    "y0": place - 0.5,
                    "y1": place + 0.5,
                    "line": {"width": 2.5, "color": look.colour(model)},
                }
            )


def _numbers(drawing: Drawing, view: StripsView, rows: Rows, look: Look) -> None:
    """The number that orders the strips, right of the last panel."""
    beside = {"xref": "paper", "x": 1, "xanchor": "left", "xshift": 8, "showarrow": False}
    if view.measure:
        font = {"size": look.font_size - 1, "color": look.quiet}
        for row in view.rows.itertuples():
            drawing.annotate(
                **beside, yref="y", y=rows.places[str(row.name)], text=row.told or "–", font=font
            )
        drawing.annotate(
            **beside, yref="paper", y=1, yanchor="bottom", yshift=2, text=view.measure, font=font
        )


def _label(row: Any, lifted: bool, look: Look) -> str:
    name = plot_text(shorten(str(row.name)))
    if not lifted:
        return name
    return f"<b><span style='color:{look.label_colour(str(row.model))}'>{name}</span></b>"
