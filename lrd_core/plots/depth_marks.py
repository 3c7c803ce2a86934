"""What is written on profiles over depth: marks, what they mean, names at the ends of lines."""

import pandas as pd

from lrd_core.metrics.score import declared
from lrd_core.plots.depth_layout import Cell
from lrd_core.plots.drawing import Drawing
from lrd_core.plots.labels import Placed, annotation_place, place_labels
from lrd_core.plots.theme import Look, dodge, plot_text, translucent

MARKS = {
    "valley": ("circle-open", "○"),
    "peak": ("circle-open", "○"),
    "best": ("circle", "●"),
    "pick": ("diamond", "◆"),
}
"""Symbol of each kind of mark, and its sign in the key above a panel; the series has the words."""

PICK_WORDS = "a metric's pick"

NARROWEST, MARK_MORE = 460.0, 6
"""Pixels of the narrowest panel across, and by which a mark is larger than a point of a line."""

MOST_SPELLED_OUT = 3
"""Lines up to which every mark says at its place what it is."""


def key_words(series: str, kinds: set[str]) -> str:
    """What these kinds of marks mean on a series."""
    known = declared(series)
    marked = known.mark.words if known and known.mark else ""
    signs = [(kind, sign) for kind, (_, sign) in MARKS.items() if kind in kinds]
    return "   ".join(f"{sign} {PICK_WORDS if kind == 'pick' else marked}" for kind, sign in signs)


def add_key(drawing: Drawing, words: str, cell: Cell, look: Look, margin: int) -> None:
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


def add_marks(
    drawing: Drawing,
    marks: pd.DataFrame,
    cell: Cell,
    look: Look,
    *,
    beside: pd.DataFrame | None = None,
) -> None:
    """Marks of the lines of a cell.

    beside: rows of all lines of the cell, where each mark says at its place what it is.
    """
    for row in marks.itertuples():
        symbol, _sign = MARKS[str(row.kind)]
        colour = look.colour(str(row.model))
        drawing.scatter(
            x=[row.x],
            y=[row.value],
            mode="markers",
            marker={
                "symbol": symbol,
                "size": look.marker_size + MARK_MORE,
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
    if beside is not None and len(marks):
        _spell_out(drawing, marks, beside, cell, look)


def _spell_out(
    drawing: Drawing, marks: pd.DataFrame, lines: pd.DataFrame, cell: Cell, look: Look
) -> None:
    """Say beside each mark of a cell what it is, clear of the lines where there is room.

    lines: rows of all lines of the cell. Where there is no room at all it stands over them.
    """
    low, high = cell.y_range
    right = float(lines["x"].max()) or 1.0

    def pixels(rows: pd.DataFrame) -> list[tuple[float, float]]:
        heights = [(cell.height(float(value)) - low) / (high - low) for value in rows["value"]]
        return [
            (NARROWEST * float(x) / right, cell.pixels * (1 - height))
            for x, height in zip(rows["x"], heights, strict=True)
        ]

    known = lines[lines["value"].notna()]
    size = look.marker_size + MARK_MORE
    places = place_labels(
        pixels(marks),
        [str(text) for text in marks["text"]],
        width=NARROWEST,
        height=cell.pixels,
        font_size=look.font_size - 1,
        marker_size=size,
        obstacles=pixels(known),
        lines=[pixels(line) for _, line in known.groupby("name", sort=False)],
    )
    for row, place in zip(marks.itertuples(), places, strict=True):
        found = place or Placed(0, -1.3 * look.font_size, "center", leader=False)
        drawing.annotate(
            text=plot_text(row.text),
            xref=cell.x,
            yref=cell.y,
            x=row.x,
            y=cell.height(float(row.value)),
            bgcolor=translucent(look.background, 0.75),
            borderpad=0,
            font={"size": look.font_size - 1, "color": look.label_colour(str(row.model))},
            **annotation_place(found, look.context, size),
        )


def label_ends(drawing: Drawing, rows: pd.DataFrame, cell: Cell, look: Look) -> None:
    """Write each line's name at its right end, moved apart where they would overlap."""
    known = rows[rows["value"].notna()]
    ends = known.loc[known.groupby("name", sort=False)["x"].idxmax()] if len(known) else known
    low, high = cell.y_range
    right = float(rows["x"].max()) if len(rows) else 0.0
    edge = ends.assign(end=ends["x"].where(ends["x"] < 0.8 * right, right))
    for end, near in edge.groupby("end", sort=False):
        heights = [cell.height(float(value)) for value in near["value"]]
        places = [(height - low) / (high - low) * cell.pixels for height in heights]
        moved = dodge(places, look.font_size * 1.25, 6.0, cell.pixels - 6.0)
        for row, height, place, shifted in zip(
            near.itertuples(), heights, places, moved, strict=True
        ):
            drawing.annotate(
                text=plot_text(row.name),
                xref=cell.x,
                yref=cell.y,
                x=end,
                y=height,
                xanchor="left",
                yanchor="middle",
                xshift=look.marker_size + 2,
                yshift=shifted - place,
                showarrow=False,
                font={"size": look.font_size, "color": look.label_colour(str(row.model))},
            )
