"""The lines of profiles over depth: colour, dash and marker, bands behind them, gaps in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lrd_core.plots.depth_layout import Cell
from lrd_core.plots.depth_marks import MOST_SPELLED_OUT
from lrd_core.plots.drawing import Drawing
from lrd_core.plots.theme import (
    BAND_OPACITY,
    LONGEST_END_LABEL,
    MOST_COLOURED_LINES,
    MOST_END_LABELS,
    Look,
    family_dash,
    plot_text,
    task_marker,
    tint,
    translucent,
)
from lrd_core.settings import family_rank, family_title
from lrd_core.views.panel import Panel

MOST_TOGETHER = 4
"""Lines whose values are told in one box; of more, those of the line under the pointer alone."""


@dataclass(frozen=True)
class Crowd:
    """What is decided for all lines of a figure together.

    names, tasks: of the lines, in order. coloured: the models that are not in the grey of the
    context. bands: whether low to high is drawn behind each line. together: lines of one panel.
    models: how many they are of.
    """

    names: tuple[str, ...]
    tasks: tuple[str, ...]
    coloured: frozenset[str]
    bands: bool
    together: int
    models: int

    @classmethod
    def of(
        cls,
        prepared: pd.DataFrame,
        bands: bool,
        facet: str | None = None,
        in_front: Sequence[str] = (),
    ) -> "Crowd":
        """in_front: the models that are coloured and named, all others are not; none: all are."""
        if in_front:
            prepared = prepared[prepared["model"].isin(in_front)]
        names = tuple(dict.fromkeys(prepared["name"]))
        models = list(dict.fromkeys(prepared["model"]))
        together = len(names)
        if facet is not None and names:
            together = int(prepared.groupby(facet)["name"].nunique().max())
        coloured = models if together <= MOST_COLOURED_LINES else models[:MOST_END_LABELS]
        tasks = () if facet == "task" else tuple(dict.fromkeys(prepared["task"]))
        return cls(names, tasks, frozenset(coloured), bands, together, len(models))

    @property
    def many(self) -> bool:
        """Too many lines to list: their models are, unless all are of one."""
        return self.together > MOST_COLOURED_LINES and self.models > 1

    @property
    def in_one_box(self) -> bool:
        """Few enough that one box tells the values of all lines at a depth."""
        return self.together <= MOST_TOGETHER

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


def draw_lines(
    drawing: Drawing,
    rows: pd.DataFrame,
    panel: Panel,
    cell: Cell,
    look: Look,
    crowd: Crowd,
    *,
    told: set[str] | None,
) -> None:
    """The lines of a cell.

    told: names of lines, or of their models, that the legend has; others come to it. None: there
    is no legend.
    """
    for name, line in rows.groupby("name", sort=False):
        model = str(line["model"].iloc[0])
        colour = _line_colour(line, look) if model in crowd.coloured else look.context
        name = model if crowd.many else str(name)
        style = _style(line, crowd.tasks, look, colour)
        style |= {"name": plot_text(name), "legendgroup": plot_text(name)}
        style["showlegend"] = told is not None and name not in told
        if told is not None:
            told.add(name)
        if model not in crowd.coloured:
            style["meta"] = {"name": model, "colour": look.colour(model)}
        if crowd.bands:
            _add_band(drawing, line, cell, look, colour)
        if not crowd.in_one_box:  # a box of one line alone is no wider than it must be
            line = line.assign(hover=line["hover"].str.replace("</b>, ", "</b><br>", n=1))
        _add_line(drawing, line, cell, style, panel.label)
        _add_gaps(drawing, line, cell, look, colour)


def add_entries(drawing: Drawing, prepared: pd.DataFrame, look: Look) -> None:
    """One key for the lines of all panels: an entry a line, in its colour and dash."""
    for name, line in prepared.groupby("name", sort=False):
        dash = family_dash(str(line["family"].iloc[0]))
        drawing.scatter(
            x=[None],
            y=[None],
            mode="lines",
            line={"color": _line_colour(line, look), "width": look.line_width, "dash": dash},
            name=plot_text(name),
            legendgroup=plot_text(name),
            showlegend=True,
        )


def add_channels(
    drawing: Drawing, prepared: pd.DataFrame, look: Look, facet: str | None, named: bool
) -> int:
    """Say what dashes and markers stand for, where lines differ in them; how many were said.

    named: whether each line's own name says which task it is of.
    """
    families = sorted(set(prepared["family"]), key=family_rank)
    dashes = {family_dash(family): family for family in reversed(families)}
    told = dict(reversed(dashes.items())) if facet != "family" and len(dashes) > 1 else {}
    for dash, family in told.items():
        line = {"color": look.quiet, "width": look.line_width, "dash": dash}
        _entry(drawing, family_title(family), mode="lines", line=line)
    tasks = [] if named or facet == "task" else list(dict.fromkeys(prepared["task"]))
    for task in tasks if len(tasks) > 1 else []:
        marker = {"symbol": task_marker(task, tasks), "size": look.marker_size + 2}
        _entry(drawing, task, mode="markers", marker=marker | {"color": look.quiet})
    return len(told) + (len(tasks) if len(tasks) > 1 else 0)


def _entry(drawing: Drawing, words: str, **style: Any) -> None:
    """An entry of the legend that stands for no line."""
    drawing.scatter(
        x=[None],
        y=[None],
        name=plot_text(words),
        legendgroup=f"key {plot_text(words)}",  # those of one group stand below each other
        showlegend=True,
        hoverinfo="skip",
        **style,
    )


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
    floor = cell.at(0.03)
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
