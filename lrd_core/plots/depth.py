"""Profiles over depth: stacked panels on one depth axis, as an overlay or as small multiples."""

import math
from collections.abc import Mapping, Sequence
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
from lrd_core.plots.depth_lines import Crowd, add_channels, add_entries, draw_lines
from lrd_core.plots.depth_marks import add_key, add_marks, key_words, label_ends
from lrd_core.plots.depth_shades import add_shades
from lrd_core.plots.drawing import Drawing
from lrd_core.plots.theme import DepthScale, Look, apply_theme, plot_text
from lrd_core.views.panel import Panel

LEGEND_ROW, ENTRIES_IN_A_ROW = 24, 5
"""On a wide page; on a narrow one Plotly makes room for more rows by itself."""


@dataclass(frozen=True)
class Behind:
    """What stands behind the lines.

    range_of: rows that the y axes must hold, where those are more than the drawn ones. shades:
    layers to be shaded, of views.dominance.spans. in_front: models whose lines the others stand
    behind, in grey and without names; none: all are in front.
    """

    range_of: pd.DataFrame | None = None
    shades: pd.DataFrame | None = None
    in_front: tuple[str, ...] = ()

    def held(self, prepared: pd.DataFrame) -> pd.DataFrame:
        """The rows that the y axes must hold."""
        return prepared if self.range_of is None else self.range_of

    def shade(
        self,
        drawing: Drawing,
        cells: Mapping[tuple[int, str | None], Cell],
        look: Look,
        scale: DepthScale,
        facet: str | None,
    ) -> None:
        """Draw the shaded layers; a panel of a whole family has no one model to shade."""
        if self.shades is not None and facet != "family":
            add_shades(drawing, self.shades, cells, look, scale, facet)


def prepare_depth(lines: pd.DataFrame, scale: DepthScale, facet: str | None = None) -> pd.DataFrame:
    """Add what a figure needs to lines: `x`, the line's `name`, and the text on `hover`.

    lines: model, family, num_blocks, task, variation, strength (0 faint to 1 full colour),
    variant, series, position, value, low, high, n, reason. x is the layer, or
    position / num_blocks in percent; a transition stands half way between its layers. Missing
    values stay missing: a gap in the line. facet: "task" where each task has a panel of its own.
    """
    table = lines.copy()
    position, blocks = table["position"].astype(float), table["num_blocks"].astype(float)
    table["x"] = 100 * position / blocks if scale == "percent" else position
    several_tasks = table["task"].nunique() > 1 and facet != "task"
    told_apart = several_tasks or (table["variation"] != "").any()
    one_model = table["model"].nunique() == 1 and told_apart
    parts = zip(table["model"], table["task"], table["variation"], table["variant"], strict=True)
    table["name"] = [
        _line_name(
            "" if one_model else m,
            t if several_tasks else "",
            v or ("plain" if one_model and not several_tasks else ""),
            k,
        )
        for m, t, v, k in parts
    ]
    table["hover"] = [_hover(row) for row in table.itertuples()]
    return table.sort_values(
        ["model", "task", "variation", "variant", "series", "position"],
        kind="stable",
        key=_keep_order,
    ).reset_index(drop=True)


def plot_depth(
    prepared: pd.DataFrame,
    panels: Sequence[Panel],
    look: Look,
    *,
    scale: DepthScale = "percent",
    facet: str | None = None,
    bands: bool = True,
    marks: pd.DataFrame | None = None,
    behind: Behind | None = None,
) -> go.Figure:
    """One panel a series on a shared depth axis; colour is the model, dash its family.

    prepared: rows of `prepare_depth`. bands: draw low to high behind each line. marks: rows with
    the columns of prepared and `kind` (of depth_marks.MARKS) and `text`; their places stand out.
    behind: what stands behind the lines. facet: the
    column of which each value has panels of its own; None for one picture.

    Up to six lines carry their short names at the right end; others have a legend, and beyond
    twelve only the first six models are coloured.
    """
    marks = None if marks is None or marks.empty else marks
    drawing = Drawing()
    overlay = facet is None
    columns = columns_of(prepared, facet)
    behind = behind or Behind()
    crowd = Crowd.of(prepared, bands, facet, behind.in_front)
    end_labels = overlay and crowd.fits_at_the_ends
    height = figure_height(len(panels), len(columns), overlay)
    held = behind.held(prepared)
    cells = lay_out(drawing, held, panels, columns, scale, look, bands, height)
    behind.shade(drawing, cells, look, scale, facet)
    in_legend: set[str] | None = set() if overlay and not end_labels else None
    for (place, column), cell in cells.items():
        rows = rows_of(prepared, panels[place], facet, column)
        draw_lines(drawing, rows, panels[place], cell, look, crowd, told=in_legend)
        if marks is not None:
            own = rows_of(marks, panels[place], facet, column)
            add_marks(drawing, own, cell, look, beside=rows if crowd.spelled_out else None)
        if end_labels:
            label_ends(drawing, rows[rows["model"].isin(crowd.coloured)], cell, look)
    right = round(crowd.widest * look.font_size * 0.55) + 16 if end_labels else 24
    if marks is not None and not crowd.spelled_out:
        for place, panel in enumerate(panels):
            kinds = set(marks.loc[marks["series"] == panel.series, "kind"])
            told = key_words(panel.series, kinds)
            add_key(drawing, told, cells[place, columns[0]], look, right)
    keyed = facet in ("family", "task")
    if keyed:
        add_entries(drawing, prepared, look)
    entries = crowd.entries(prepared, panels) if keyed or (overlay and not end_labels) else 0
    entries += add_channels(drawing, prepared, look, facet, named=overlay)
    top = MARGIN_TOP + HEADER_HEIGHT * (len(columns) > 1)
    legend = _legend_above(drawing, top, height, entries)
    drawing.layout |= {
        "margin": {"l": 56, "r": right, "t": top + legend, "b": MARGIN_BOTTOM},
        "hovermode": "x unified" if crowd.in_one_box else "closest",
        "hoversubplots": "overlaying" if crowd.many else "axis",
        "hoverdistance": 60,
    }
    return apply_theme(drawing.figure(), look, height + legend)


def _legend_above(drawing: Drawing, top: int, height: int, entries: int) -> int:
    """Put the legend over the captions of the panels; returns the pixels that it takes.

    Below them it would lie under the edge of most screens.
    """
    above = (top - 6) / (height - top - MARGIN_BOTTOM)
    drawing.layout["legend"] = {"orientation": "h", "yanchor": "bottom", "y": 1 + above, "x": 0}
    return LEGEND_ROW * math.ceil(entries / ENTRIES_IN_A_ROW)


def _keep_order(column: pd.Series) -> pd.Series:
    if column.name == "position":
        return column
    return column.map({value: rank for rank, value in enumerate(dict.fromkeys(column))})


def _line_name(model: str, task: str, variation: str, variant: str) -> str:
    parts = (shorten(model), shorten(task), variation)
    name = " · ".join(part for part in parts if part)
    return f"{name} ({variant})" if variant and name else name or variant


def _hover(row: Any) -> str:
    position, blocks = float(row.position), int(row.num_blocks)
    place = (
        f"layer {whole(position)} of {blocks}"
        if position == math.floor(position)
        else f"layer {math.floor(position)} to {math.ceil(position)} of {blocks}"
    )
    who = " · ".join(
        str(part) for part in (row.model, row.task, row.variation, row.variant) if part
    )
    head = f"<b>{plot_text(who)}</b>, {place}: "
    if pd.isna(row.value):
        return head + f"missing ({plot_text(row.reason or 'no reason was recorded')})"
    interval = "" if pd.isna(row.low) else f" ({significant(row.low)} to {significant(row.high)})"
    texts = f", n={whole(row.n)}" if row.n > 0 else ", n not stated"
    return head + significant(row.value) + interval + texts
