"""Profiles over depth: stacked panels on one depth axis, as an overlay or as small multiples."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go

from lrd_core.metrics.score import declared
from lrd_core.numbers import significant
from lrd_core.plots.depth_layout import (
    HEADER_HEIGHT,
    MARGIN_BOTTOM,
    MARGIN_TOP,
    Cell,
    figure_height,
    lay_out,
    shorten,
)
from lrd_core.plots.drawing import Drawing
from lrd_core.plots.theme import (
    BAND_OPACITY,
    LONGEST_END_LABEL,
    MOST_COLOURED_LINES,
    MOST_END_LABELS,
    DepthScale,
    Look,
    apply_theme,
    dodge,
    family_dash,
    plot_text,
    task_marker,
    tint,
    translucent,
)
from lrd_core.views.panel import Panel

View = Literal["overlay", "multiples"]

MARKS = {
    "valley": ("circle-open", "○"),
    "peak": ("circle-open", "○"),
    "best": ("circle", "●"),
    "pick": ("diamond", "◆"),
}
"""Symbol of each kind of mark, and its sign in the key above a panel; the series has the words."""

PICK_WORDS = "a metric's pick"
MOST_SPELLED_OUT = 3
"""Lines up to which every mark says at its place what it is."""


def prepare_depth(lines: pd.DataFrame, scale: DepthScale) -> pd.DataFrame:
    """Add what a figure needs to lines: `x`, the line's `name`, and the text on `hover`.

    lines: model, family, num_blocks, task, variation, strength (0 faint to 1 full colour),
    variant, series, position, value, low, high, n, reason. x is the layer, or
    position / num_blocks in percent; a transition stands half way between its layers. Missing
    values stay missing: a gap in the line.
    """
    table = lines.copy()
    position, blocks = table["position"].astype(float), table["num_blocks"].astype(float)
    table["x"] = 100 * position / blocks if scale == "percent" else position
    several_tasks = table["task"].nunique() > 1
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
    view: View = "overlay",
    bands: bool = True,
    marks: pd.DataFrame | None = None,
    range_of: pd.DataFrame | None = None,
) -> go.Figure:
    """One panel a series on a shared depth axis; colour is the model, dash its family.

    prepared: rows of `prepare_depth`. bands: draw low to high behind each line. marks: rows with
    the columns of prepared and `kind` (see MARKS) and `text`; their places are emphasised.
    range_of: rows that the y axes must hold, where those are more than the drawn ones.

    Up to six lines carry their short names at the right end; others have a legend, and beyond
    twelve only the first six models are coloured.
    """
    marks = None if marks is None or marks.empty else marks
    drawing = Drawing()
    overlay = view == "overlay"
    columns = [None] if overlay else list(dict.fromkeys(prepared["model"]))
    crowd = _Crowd.of(prepared, bands)
    end_labels = overlay and crowd.fits_at_the_ends
    height = figure_height(len(panels), len(columns), overlay)
    held = prepared if range_of is None else range_of
    cells = lay_out(drawing, held, panels, columns, scale, look, bands, height)
    for (place, column), cell in cells.items():
        rows = _rows_of(prepared, panels[place], column)
        listed = overlay and place == 0 and not end_labels
        _draw_lines(drawing, rows, panels[place], cell, look, crowd, listed=listed)
        if marks is not None:
            _add_marks(drawing, _rows_of(marks, panels[place], column), cell, look, crowd)
        if end_labels:
            _label_ends(drawing, rows, cell, look)
    right = round(crowd.widest * look.font_size * 0.55) + 16 if end_labels else 24
    if marks is not None and not crowd.spelled_out:
        for place, panel in enumerate(panels):
            kinds = set(marks.loc[marks["series"] == panel.series, "kind"])
            told = _key_words(panel.series, kinds)
            _add_key(drawing, told, cells[place, columns[0]], look, right)
    entries = crowd.entries(prepared, panels)
    legend = 24 * math.ceil(entries / 3) if overlay and not end_labels else 0
    top = MARGIN_TOP + (HEADER_HEIGHT if len(columns) > 1 else 0)
    drawing.layout |= {
        "margin": {"l": 56, "r": right, "t": top, "b": MARGIN_BOTTOM + legend},
        "hovermode": "x unified",
        "hoversubplots": "overlaying" if crowd.many else "axis",
        "hoverdistance": 60,
        "legend": {"orientation": "h", "yanchor": "top", "y": -70 / height, "x": 0},
    }
    return apply_theme(drawing.figure(), look, height + legend)


@dataclass(frozen=True)
class _Crowd:
    """What is decided for all lines of a figure together.

    names, tasks: of the lines, in order. coloured: the models that are not in the grey of the
    context. bands: whether low to high is drawn behind each line.
    """

    names: tuple[str, ...]
    tasks: tuple[str, ...]
    coloured: frozenset[str]
    bands: bool

    @classmethod
    def of(cls, prepared: pd.DataFrame, bands: bool) -> "_Crowd":
        names, models = (
            tuple(dict.fromkeys(prepared["name"])),
            list(dict.fromkeys(prepared["model"])),
        )
        coloured = models if len(names) <= MOST_COLOURED_LINES else models[:MOST_END_LABELS]
        return cls(names, tuple(dict.fromkeys(prepared["task"])), frozenset(coloured), bands)

    @property
    def many(self) -> bool:
        """Too many lines to list: their models are."""
        return len(self.names) > MOST_COLOURED_LINES

    @property
    def spelled_out(self) -> bool:
        """Few enough that each mark says at its place what it is."""
        return len(self.names) <= MOST_SPELLED_OUT

    @property
    def widest(self) -> int:
        """Characters of the longest name."""
        return max((len(name) for name in self.names), default=0)

    @property
    def fits_at_the_ends(self) -> bool:
        """Few and short enough names to stand at the lines' right ends."""
        return len(self.names) <= MOST_END_LABELS and self.widest <= LONGEST_END_LABEL

    def entries(self, prepared: pd.DataFrame, panels: Sequence[Panel]) -> int:
        """Entries of the legend."""
        drawn = prepared["series"].isin([panel.series for panel in panels])
        listed = prepared.loc[drawn, "model"].nunique() if self.many else 0
        return int(listed) or len(self.names)


def _rows_of(table: pd.DataFrame, panel: Panel, model: str | None) -> pd.DataFrame:
    """Rows of a panel's series, of one model where each has a column."""
    rows = table[table["series"] == panel.series]
    return rows if model is None else rows[rows["model"] == model]


def _draw_lines(
    drawing: Drawing,
    rows: pd.DataFrame,
    panel: Panel,
    cell: Cell,
    look: Look,
    crowd: _Crowd,
    *,
    listed: bool,
) -> None:
    """The lines of a cell. listed: their names, or those of their models, stand in the legend."""
    known: set[str] = set()
    for name, line in rows.groupby("name", sort=False):
        model = str(line["model"].iloc[0])
        colour = _line_colour(line, look) if model in crowd.coloured else look.context
        style = _style(line, crowd.tasks, look, colour) | {"showlegend": listed}
        if crowd.many:
            name, style["showlegend"] = model, listed and model not in known
            known.add(model)
        style |= {"name": plot_text(name), "legendgroup": plot_text(name)}
        if crowd.bands:
            _add_band(drawing, line, cell, look, colour)
        _add_line(drawing, line, cell, style, panel.label)
        _add_gaps(drawing, line, cell, look, colour)


def _keep_order(column: pd.Series) -> pd.Series:
    if column.name == "position":
        return column
    return column.map({value: rank for rank, value in enumerate(dict.fromkeys(column))})


def _line_name(model: str, task: str, variation: str, variant: str) -> str:
    parts = (shorten(model), shorten(task), variation, f"({variant})" if variant else "")
    return " · ".join(part for part in parts if part)


def _hover(row: Any) -> str:
    position, blocks = float(row.position), int(row.num_blocks)
    place = (
        f"layer {position:.0f} of {blocks}"
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
    texts = "" if pd.isna(row.n) else f", n={int(row.n):,}"
    return head + significant(row.value) + interval + texts


def _line_colour(line: pd.DataFrame, look: Look) -> str:
    colour = look.colour(str(line["model"].iloc[0]))
    return tint(colour, look.background, 0.65 * (1 - float(line["strength"].iloc[0])))


def _style(line: pd.DataFrame, tasks: Sequence[str], look: Look, colour: str) -> dict[str, Any]:
    variant = str(line["variant"].iloc[0])
    dense = len(line) > 40
    return {
        "mode": "lines+markers",
        "line": {
            "color": colour,
            "width": look.line_width * (0.6 if variant or colour == look.context else 1),
            "dash": family_dash(str(line["family"].iloc[0])),
        },
        "marker": {
            "symbol": task_marker(str(line["task"].iloc[0]), tasks) + ("-open" if variant else ""),
            "size": look.marker_size - (2 if dense else 0),
            "color": colour,
        },
    }


def _add_line(
    drawing: Drawing, line: pd.DataFrame, cell: Cell, style: dict[str, Any], label: str
) -> None:
    drawing.scatter(
        x=line["x"],
        y=line["value"],
        customdata=line["hover"],
        connectgaps=False,
        hovertemplate=f"{plot_text(label)} · %{{customdata}}<extra></extra>",
        xaxis=cell.x,
        yaxis=cell.y,
        **style,
    )


def _key_words(series: str, kinds: set[str]) -> str:
    known = declared(series)
    marked = known.mark.words if known and known.mark else ""
    signs = [(kind, sign) for kind, (_, sign) in MARKS.items() if kind in kinds]
    return "   ".join(f"{sign} {PICK_WORDS if kind == 'pick' else marked}" for kind, sign in signs)


def _add_key(drawing: Drawing, words: str, cell: Cell, look: Look, margin: int) -> None:
    """What the marks of a panel mean, above it at the right edge of the figure."""
    drawing.annotate(
        text=words,
        xref="paper",
        yref=f"{cell.y} domain",
        x=1,
        y=1,
        xanchor="right",
        yanchor="bottom",
        xshift=margin - 8,
        yshift=3,
        showarrow=False,
        font={"size": look.font_size - 1, "color": look.quiet},
    )


def _add_band(drawing: Drawing, line: pd.DataFrame, cell: Cell, look: Look, colour: str) -> None:
    rows = line[line["low"].notna() & line["high"].notna() & line["value"].notna()]
    if len(rows) < 2:
        return
    drawing.scatter(
        x=[*rows["x"], *rows["x"][::-1]],
        y=[*rows["high"], *rows["low"][::-1]],
        fill="toself",
        fillcolor=translucent(colour, BAND_OPACITY),
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
        legendgroup=plot_text(rows["name"].iloc[0]),
        xaxis=cell.x,
        yaxis=cell.y,
    )


def _add_gaps(drawing: Drawing, line: pd.DataFrame, cell: Cell, look: Look, colour: str) -> None:
    """A small cross on the floor of the panel where a value is missing; hover says why."""
    gaps = line[line["value"].isna()]
    if gaps.empty:
        return
    floor = cell.y_range[0] + 0.03 * (cell.y_range[1] - cell.y_range[0])
    drawing.scatter(
        x=gaps["x"],
        y=[floor] * len(gaps),
        customdata=gaps["hover"],
        mode="markers",
        marker={
            "symbol": "x-thin",
            "size": look.marker_size + 2,
            "line": {"width": 1.5, "color": colour},
        },
        hovertemplate="%{customdata}<extra></extra>",
        showlegend=False,
        name="missing",
        legendgroup=plot_text(gaps["name"].iloc[0]),
        xaxis=cell.x,
        yaxis=cell.y,
    )


def _add_marks(
    drawing: Drawing, marks: pd.DataFrame, cell: Cell, look: Look, crowd: _Crowd
) -> None:
    for row in marks.itertuples():
        symbol, _sign = MARKS[str(row.kind)]
        colour = look.colour(str(row.model))
        above = row.kind not in ("valley", "pick")
        drawing.scatter(
            x=[row.x],
            y=[row.value],
            mode="markers",
            marker={
                "symbol": symbol,
                "size": look.marker_size + 6,
                "color": colour,
                "line": {"width": 2, "color": colour if "open" in symbol else look.background},
            },
            hoverinfo="skip",
            showlegend=False,
            cliponaxis=False,
            name=str(row.kind),
            legendgroup=plot_text(row.name),
            xaxis=cell.x,
            yaxis=cell.y,
        )
        if crowd.spelled_out:
            drawing.annotate(
                text=plot_text(row.text),
                xref=cell.x,
                yref=cell.y,
                x=row.x,
                y=row.value,
                yshift=look.font_size * (1.3 if above else -1.3),
                showarrow=False,
                bgcolor=translucent(look.background, 0.75),
                borderpad=0,
                font={"size": look.font_size - 1, "color": look.label_colour(str(row.model))},
            )


def _label_ends(drawing: Drawing, rows: pd.DataFrame, cell: Cell, look: Look) -> None:
    """Write each line's name at its right end, moved apart where they would overlap."""
    known = rows[rows["value"].notna()]
    ends = known.loc[known.groupby("name", sort=False)["x"].idxmax()] if len(known) else known
    low, high = cell.y_range
    right = float(rows["x"].max()) if len(rows) else 0.0
    edge = ends.assign(end=ends["x"].where(ends["x"] < 0.8 * right, right))
    for end, near in edge.groupby("end", sort=False):
        places = [(value - low) / (high - low) * cell.pixels for value in near["value"]]
        moved = dodge(places, look.font_size * 1.25, 6.0, cell.pixels - 6.0)
        for row, place, shifted in zip(near.itertuples(), places, moved, strict=True):
            drawing.annotate(
                text=plot_text(row.name),
                xref=cell.x,
                yref=cell.y,
                x=end,
                y=row.value,
                xanchor="left",
                yanchor="middle",
                xshift=look.marker_size + 2,
                yshift=shifted - place,
                showarrow=False,
                font={"size": look.font_size, "color": look.label_colour(str(row.model))},
            )
