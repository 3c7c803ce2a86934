"""Where the panels of a depth figure stand: stacked on one depth axis, or a grid of models."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from lrd_core.metrics.score import declared
from lrd_core.numbers import short
from lrd_core.plots.drawing import Drawing
from lrd_core.plots.theme import DepthScale, Look, depth_axis, padded_range, plot_text
from lrd_core.settings import FAMILIES, family_rank, family_title
from lrd_core.views.panel import Panel

PANEL_HEIGHT = 250
LONE_PANEL_HEIGHT = 380
MULTIPLE_HEIGHT = 190
MOST_COLUMNS = 4
MARGIN_TOP, MARGIN_BOTTOM = 34, 62
HEADER_HEIGHT = 22
COLUMN_GAP = 0.06
LONGEST_LABEL = 26


@dataclass(frozen=True)
class Cell:
    """Where one panel of one column stands: axis names, height in pixels, y range.

    log: whether the y axis counts powers of ten, as its range does.
    """

    x: str
    y: str
    pixels: float
    y_range: list[float]
    log: bool = False

    def height(self, value: float) -> float:
        """A value as a coordinate of the y axis, as annotations take it."""
        return math.log10(value) if self.log else value

    def at(self, share: float) -> float:
        """The value that stands at a share of the panel's height."""
        low, high = self.y_range
        height = low + share * (high - low)
        return 10.0**height if self.log else height


def shorten(name: str) -> str:
    """A name cut to the length that fits beside or above a panel."""
    return name if len(name) <= LONGEST_LABEL else name[: LONGEST_LABEL - 1] + "…"


def columns_of(table: pd.DataFrame, facet: str | None) -> list[str | None]:
    """The panels side by side: each value of the facet in order, or one for all."""
    if facet is None:
        return [None]
    found: list[str] = list(dict.fromkeys(table[facet]))
    return [*(sorted(found, key=family_rank) if facet == "family" else found)]


def rows_of(
    table: pd.DataFrame, panel: Panel, facet: str | None, column: str | None
) -> pd.DataFrame:
    """Rows of a panel's series, of one value of the facet where each has a column."""
    rows = table[table["series"] == panel.series]
    return rows if facet is None else rows[rows[facet] == column]


def columns_wide(num_columns: int) -> int:
    """How many columns stand beside each other: rows of them are alike, 3 and 3, not 4 and 2."""
    rows = math.ceil(num_columns / MOST_COLUMNS)
    return math.ceil(num_columns / rows) if rows else 1


def figure_height(num_panels: int, num_columns: int, overlay: bool) -> int:
    """Height in pixels: it depends on how many panels there are, never on their numbers."""
    if overlay:
        panel = LONE_PANEL_HEIGHT if num_panels == 1 else PANEL_HEIGHT
        return num_panels * panel + MARGIN_TOP + MARGIN_BOTTOM
    blocks = math.ceil(num_columns / columns_wide(num_columns))
    rows = blocks * num_panels
    between = (blocks - 1) * (MARGIN_BOTTOM + HEADER_HEIGHT)
    return rows * MULTIPLE_HEIGHT + between + MARGIN_TOP + HEADER_HEIGHT + MARGIN_BOTTOM


def lay_out(
    drawing: Drawing,
    held: pd.DataFrame,
    panels: Sequence[Panel],
    columns: Sequence[str | None],
    scale: DepthScale,
    look: Look,
    bands: bool,
    height: int,
) -> dict[tuple[int, str | None], Cell]:
    """Make one x axis a column and one y axis a cell, all on the same ranges.

    held: the rows that the axes must hold. columns: of columns_of.
    """
    wide = columns_wide(len(columns))
    inner = height - MARGIN_TOP - MARGIN_BOTTOM - (HEADER_HEIGHT if wide > 1 else 0)
    tops, pixels = _row_places(len(panels), math.ceil(len(columns) / wide), inner)
    deepest = int(held["num_blocks"].max()) if len(held) else 1
    ranges = [value_range(held, panel, bands) for panel in panels]
    cells: dict[tuple[int, str | None], Cell] = {}
    for number, column in enumerate(columns):
        block, place = divmod(number, wide)
        x_name = f"x{number + 1}" if number else "x"
        left, right = place / wide, (place + 1) / wide - (COLUMN_GAP if wide > 1 else 0)
        for index, panel in enumerate(panels):
            top = tops[block * len(panels) + index]
            serial = number * len(panels) + index
            y_name = f"y{serial + 1}" if serial else "y"
            log = is_log(panel)
            drawing.layout[_axis_key(y_name)] = {
                **({"type": "log"} if log else {}),
                "domain": [max(top - pixels / inner, 0.0), top],
                "anchor": x_name,
                "range": ranges[index],
                "nticks": 6,
                "showticklabels": place == 0,
                "zeroline": False,
            }
            cells[index, column] = Cell(x_name, y_name, pixels, ranges[index], log)
            if place == 0:
                _caption(drawing, panel.title, left, top, look)
            if column is not None and index == 0:
                named = family_title(column) if column in FAMILIES else column
                _caption(drawing, shorten(named), left, top, look, HEADER_HEIGHT)
        drawing.layout[_axis_key(x_name)] = {
            **_depth_axis(scale, deepest, look, wide, place),
            "domain": [left, right],
            "anchor": cells[len(panels) - 1, column].y,
            **({"matches": "x"} if number else {}),
        }
    return cells


def value_range(held: pd.DataFrame, panel: Panel, bands: bool) -> list[float]:
    """The y range of a panel over all lines of its series, bands included."""
    rows = held[held["series"] == panel.series]
    values = list(rows["value"])
    if bands:
        values += [*rows["low"], *rows["high"]]
    known = [float(value) for value in values if pd.notna(value)]
    if is_log(panel):
        known = [math.log10(value) for value in known if value > 0]
    return padded_range(known, 0.14)


def is_log(panel: Panel) -> bool:
    """Whether a quantity declares that its values are told apart by factors."""
    known = declared(panel.series)
    return known is not None and known.scale == "log" and not panel.difference


def _row_places(panels: int, blocks: int, inner: float) -> tuple[list[float], float]:
    """Top of every row as a share of the plot, and the height of a row in pixels."""
    title, between = 24, MARGIN_BOTTOM + HEADER_HEIGHT + 24
    rows = panels * blocks
    gaps = (panels - 1) * blocks * title + (blocks - 1) * between
    pixels = (inner - gaps) / rows
    tops, used = [], 0.0
    for row in range(rows):
        if row:
            used += between if row % panels == 0 else title
        tops.append(1 - used / inner)
        used += pixels
    return tops, pixels


def _depth_axis(
    scale: DepthScale, deepest: int, look: Look, wide: int, place: int
) -> dict[str, object]:
    axis = depth_axis(scale, deepest, look, title=place == (wide - 1) // 2)
    if wide > 1:
        last = 100 if scale == "percent" else deepest
        axis |= {"tickvals": [0, last / 2, last], "ticktext": ["emb.", short(last / 2), "out"]}
    return axis


def _axis_key(name: str) -> str:
    return f"{name[0]}axis{name[1:]}"


def _caption(
    drawing: Drawing, text: str, left: float, top: float, look: Look, above: int = 0
) -> None:
    drawing.annotate(
        text=f"<b>{plot_text(text)}</b>",
        xref="paper",
        yref="paper",
        x=left,
        y=top,
        xanchor="left",
        yanchor="bottom",
        showarrow=False,
        yshift=3 + above,
        font={"size": look.font_size, "color": look.quiet if above else look.text},
    )
