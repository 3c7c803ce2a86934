"""Many lines over depth: families as median and bands, single lines light, some in colour."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from lrd_core.numbers import significant, whole
from lrd_core.plots.depth_layout import (
    HEADER_HEIGHT,
    MARGIN_BOTTOM,
    MARGIN_TOP,
    Cell,
    columns_of,
    figure_height,
    lay_out,
    rows_of,
    shorten,
)
from lrd_core.plots.depth_marks import add_marks
from lrd_core.plots.drawing import Drawing
from lrd_core.plots.theme import (
    DepthScale,
    Look,
    apply_theme,
    dodge,
    family_colour,
    family_dash,
    plot_text,
    readable,
    translucent,
)
from lrd_core.settings import family_title
from lrd_core.views.panel import Panel

BANDS = (("low90", "high90", 0.10), ("low50", "high50", 0.22))
"""Lower and upper end of each band, and how much it covers what lies behind."""

FAINT = 0.35
"""How strong a single line is among many."""


@dataclass(frozen=True)
class Shown:
    """What a figure of many lines holds.

    lines, marks: of prepare_depth. families: of family_bands. lifted: models in colour.
    """

    lines: pd.DataFrame
    families: pd.DataFrame
    marks: pd.DataFrame | None = None
    lifted: Sequence[str] = ()

    def of_task(self, task: str | None) -> pd.DataFrame:
        """Families of one panel: those of a task where every task has its own."""
        own = self.families["task"].isin(["", task])
        return self.families[own]


def plot_crowd(
    shown: Shown,
    panels: Sequence[Panel],
    look: Look,
    *,
    scale: DepthScale = "percent",
    facet: str | None = None,
) -> go.Figure:
    """One panel a series: families as medians with bands, light lines, lifted models in colour.

    facet: the column of which each value has panels of its own; None for one picture. In panels
    by task, of which there are many, single lines are those of lifted models alone.
    """
    drawing = Drawing()
    columns = columns_of(shown.lines, facet)
    height = figure_height(len(panels), len(columns), facet is None)
    cells = lay_out(drawing, shown.lines, panels, columns, scale, look, False, height)
    for (place, column), cell in cells.items():
        rows = rows_of(shown.lines, panels[place], facet, column)
        if facet == "task":
            rows = rows[rows["model"].isin(list(shown.lifted))]
        families = rows_of(shown.of_task(column), panels[place], None, None)
        if facet == "family":
            families = families[families["family"] == column]
        draw_crowd(drawing, rows, families, panels[place], cell, look, shown.lifted)
        if shown.marks is not None:
            own = rows_of(shown.marks, panels[place], facet, column)
            add_marks(drawing, own, cell, look)
        if facet is None:
            label_crowd(drawing, rows, families, cell, look, shown.lifted)
    right = 24
    if facet is None:
        widest = widest_label(shown.families, shown.lines, shown.lifted)
        right = round(widest * look.font_size * 0.58) + 16
    top = MARGIN_TOP + (HEADER_HEIGHT if len(columns) > 1 else 0)
    drawing.layout |= {
        "margin": {"l": 56, "r": right, "t": top, "b": MARGIN_BOTTOM},
        "hovermode": "closest",
        "hoverdistance": 20,
    }
    return apply_theme(drawing.figure(), look, height)


def draw_crowd(
    drawing: Drawing,
    rows: pd.DataFrame,
    families: pd.DataFrame,
    panel: Panel,
    cell: Cell,
    look: Look,
    lifted: Sequence[str],
) -> None:
    """One cell: bands, single lines, medians, and the lifted models above them all.

    rows: lines of the cell, of prepare_depth; none where only families are drawn. families: of
    family_bands, of the cell.
    """
    for family, bands in families.groupby("family", sort=False):
        _bands(drawing, bands, family_colour(str(family)), cell)
    is_lifted = rows["model"].isin(list(lifted))
    for _, line in rows[~is_lifted].groupby("name", sort=False):
        colour = translucent(family_colour(str(line["family"].iloc[0])), FAINT)
        _line(drawing, line, panel, cell, look, colour, width=1.0)
    for family, bands in families.groupby("family", sort=False):
        _median(drawing, str(family), bands, panel, cell, look)
    for _, line in rows[is_lifted].groupby("name", sort=False):
        colour = look.colour(str(line["model"].iloc[0]))
        # A rim in the colour of the page sets it off a median of nearly the same colour.
        _line(drawing, line, panel, cell, look, look.background, width=look.line_width + 5)
        _line(drawing, line, panel, cell, look, colour, width=look.line_width + 1)


def label_crowd(
    drawing: Drawing,
    rows: pd.DataFrame,
    families: pd.DataFrame,
    cell: Cell,
    look: Look,
    lifted: Sequence[str],
) -> None:
    """Names at the right ends of the medians and of the lifted lines, moved apart."""
    ends: list[tuple[float, str, str]] = []
    for family, bands in families.groupby("family", sort=False):
        last = bands.loc[bands["x"].idxmax()]
        colour = readable(family_colour(str(family)), look.background)
        ends.append(
            (float(last["median"]), f"<b>{plot_text(family_title(str(family)))}</b>", colour)
        )
    known = rows[rows["model"].isin(list(lifted)) & rows["value"].notna()]
    for name, line in known.groupby("name", sort=False):
        last = line.loc[line["x"].idxmax()]
        colour = look.label_colour(str(last["model"]))
        ends.append((float(last["value"]), plot_text(shorten(str(name))), colour))
    low, high = cell.y_range
    heights = [cell.height(value) for value, _, _ in ends]
    places = [(height - low) / (high - low) * cell.pixels for height in heights]
    moved = dodge(places, look.font_size * 1.25, 6.0, cell.pixels - 6.0)
    for (_, text, colour), height, place, shifted in zip(ends, heights, places, moved, strict=True):
        drawing.annotate(
            text=text,
            xref=f"{cell.x} domain",
            yref=cell.y,
            x=1,
            y=height,
            xanchor="left",
            yanchor="middle",
            xshift=6,
            yshift=shifted - place,
            showarrow=False,
            font={"size": look.font_size, "color": colour},
        )


def widest_label(families: pd.DataFrame, rows: pd.DataFrame, lifted: Sequence[str]) -> int:
    """Characters of the longest name that label_crowd writes."""
    names = [family_title(str(family)) for family in families["family"].unique()]
    names += [shorten(name) for name in rows.loc[rows["model"].isin(list(lifted)), "name"].unique()]
    return max((len(name) for name in names), default=0)


def _bands(drawing: Drawing, bands: pd.DataFrame, colour: str, cell: Cell) -> None:
    for low, high, opacity in BANDS:
        rows = bands[bands[low].notna()]
        if len(rows) < 2:
            continue
        drawing.scatter(
            x=[*rows["x"], *rows["x"][::-1]],
            y=[*rows[high], *rows[low][::-1]],
            fill="toself",
            fillcolor=translucent(colour, opacity),
            line={"width": 0},
            mode="lines",
            hoverinfo="skip",
            showlegend=False,
            xaxis=cell.x,
            yaxis=cell.y,
        )


def _median(
    drawing: Drawing, family: str, bands: pd.DataFrame, panel: Panel, cell: Cell, look: Look
) -> None:
    drawing.scatter(
        x=bands["x"],
        y=bands["median"],
        customdata=[_median_hover(family, row) for row in bands.itertuples()],
        hovertemplate=f"{plot_text(panel.label)} · %{{customdata}}<extra></extra>",
        mode="lines",
        line={
            "color": family_colour(family),
            "width": look.line_width + 1.5,
            "dash": family_dash(family),
        },
        name=plot_text(family_title(str(family))),
        showlegend=False,
        xaxis=cell.x,
        yaxis=cell.y,
    )


def _median_hover(family: str, row: Any) -> str:
    half = "" if pd.isna(row.low50) else f"<br>half: {_range(row.low50, row.high50)}"
    most = "" if pd.isna(row.low90) else f"<br>90%: {_range(row.low90, row.high90)}"
    return (
        f"<b>{plot_text(family_title(str(family)))}</b>, median of {whole(row.n)}: "
        f"{significant(row.median)}{half}{most}"
    )


def _range(low: float, high: float) -> str:
    return f"{significant(low)} to {significant(high)}"


def _line(
    drawing: Drawing,
    line: pd.DataFrame,
    panel: Panel,
    cell: Cell,
    look: Look,
    colour: str,
    *,
    width: float,
) -> None:
    """One line; `meta` says whom it shows and in which colour it lights up under the pointer."""
    model = str(line["model"].iloc[0])
    drawing.scatter(
        x=line["x"],
        y=line["value"],
        customdata=line["hover"],
        connectgaps=False,
        hovertemplate=f"{plot_text(panel.label)} · %{{customdata}}<extra></extra>",
        mode="lines",
        line={"color": colour, "width": width, "dash": family_dash(str(line["family"].iloc[0]))},
        meta={"name": model, "colour": look.colour(model)},
        name=plot_text(str(line["name"].iloc[0])),
        showlegend=False,
        xaxis=cell.x,
        yaxis=cell.y,
    )
