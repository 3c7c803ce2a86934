"""Which metric goes with which task: a heatmap of correlations, and the models behind one cell."""

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lrd_core.numbers import correlation, significant, whole
from lrd_core.plots.drawing import written_in_cells
from lrd_core.plots.labels import annotation_place, place_labels
from lrd_core.plots.theme import DIVERGING, Look, apply_theme, padded_range, plot_text
from lrd_core.settings import FAMILIES
from lrd_core.views.correlations import MEDIAN
from lrd_core.views.evidence import level_label
from lrd_core.views.panel import axis_title
from lrd_core.views.task_names import task_titles

ROW_HEIGHT, MOST_NUMBERED_COLUMNS = 26, 14
COLUMN_CHARACTERS = 8
SCATTER_HEIGHT, SCATTER_WIDTH = 460, 430
MOST_NAMED = 40
UNKNOWN_FAMILY = "x"
"""Its marker."""


def prepare_heatmap(table: pd.DataFrame, *, partial: bool = False) -> pd.DataFrame:
    """Rows of views.correlations.drawn_cells with `text` and `hover`.

    Numbers whose interval leaves zero out are bold; a cell without a number says why on hover.
    partial: whether correlations are given model size.
    """
    rows = list(table.itertuples())
    hover = [_median_hover(row) if row.row == MEDIAN else _cell_hover(row, partial) for row in rows]
    return table.assign(text=[_cell_text(row) for row in rows], hover=hover)


def plot_heatmap(
    prepared: pd.DataFrame,
    metric_names: Mapping[str, str],
    look: Look,
    *,
    chosen: tuple[str, str] | None = None,
) -> go.Figure:
    """Correlations, tasks down and metrics across; a transparent point on each cell takes clicks.

    chosen: (task, metric) whose cell is outlined. customdata of a point: [row, metric].
    """
    rows = list(dict.fromkeys(prepared["row"]))
    titles = task_titles(rows)
    metrics = [name for name in metric_names if name in set(prepared["metric"])]
    # The medians stand a little apart from the tasks.
    down = {row: i + (0.35 if rows[0] == MEDIAN and i else 0.0) for i, row in enumerate(rows)}
    across = {name: float(i) for i, name in enumerate(metrics)}
    figure = go.Figure(_correlations(prepared, across, down))
    _take_clicks(figure, prepared, across, down)
    _write_numbers(figure, prepared, across, down, look)
    if chosen is not None and chosen[0] in down and chosen[1] in across:
        _outline(figure, across[chosen[1]], down[chosen[0]], look)
    still = {"showgrid": False, "zeroline": False}
    figure.update_layout(
        xaxis=still
        | {
            "tickvals": list(across.values()),
            "side": "top",
            "tickangle": 0,
            "ticktext": [_wrapped(metric_names[name]) for name in metrics],
            "range": [-0.5, len(metrics) - 0.5],
        },
        yaxis=still
        | {
            "tickvals": list(down.values()),
            "range": [down[rows[-1]] + 0.5, -0.5],
            "ticktext": [_row_name(row, titles) for row in rows],
        },
        margin={"l": 20, "r": 10, "t": 20, "b": 16},
        hovermode="closest",
        dragmode=False,
        clickmode="event+select",
    )
    return apply_theme(figure, look, max(300, 150 + ROW_HEIGHT * len(rows)))


def _wrapped(name: str) -> str:
    """A name in short lines, so that it stands upright above its column."""
    return "<br>".join(plot_text(line) for line in textwrap.wrap(name, COLUMN_CHARACTERS))


def _correlations(
    prepared: pd.DataFrame, across: Mapping[str, float], down: Mapping[str, float]
) -> go.Heatmap:
    """The coloured cells. across, down: where each metric and row stands."""
    wide = prepared.pivot(index="row", columns="metric", values="rho")
    return go.Heatmap(
        x=list(across.values()),
        y=list(down.values()),
        z=wide.reindex(list(down), columns=list(across)).to_numpy(float),
        colorscale=DIVERGING,
        zmin=-1,
        zmax=1,
        xgap=2,
        ygap=2,
        hoverinfo="skip",
        colorbar={
            "title": {"text": "ρ"},
            "thickness": 10,
            "lenmode": "pixels",
            "len": 170,
            "y": 1,
            "yanchor": "top",
            "xpad": 4,
            "outlinewidth": 0,
            "tickvals": [-1, -0.5, 0, 0.5, 1],
        },
    )


def _take_clicks(
    figure: go.Figure,
    prepared: pd.DataFrame,
    across: Mapping[str, float],
    down: Mapping[str, float],
) -> None:
    """A transparent point on each cell: a heatmap's own cells cannot be selected."""
    figure.add_scatter(
        x=[across[name] for name in prepared["metric"]],
        y=[down[row] for row in prepared["row"]],
        mode="markers",
        marker={"symbol": "square", "size": 22, "opacity": 0.0},
        customdata=np.stack([prepared["row"], prepared["metric"]], axis=1),
        text=prepared["hover"],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        name="cells",
    )


def _outline(figure: go.Figure, x: float, y: float, look: Look) -> None:
    figure.add_shape(
        type="rect",
        x0=x - 0.5,
        x1=x + 0.5,
        y0=y - 0.5,
        y1=y + 0.5,
        line={"color": look.text, "width": 2.5},
    )


def prepare_scatter(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of views.evidence_cell.cell_table with `hover`."""
    hover = [
        f"<b>{plot_text(row.model)}</b><br>{row.family}{_size(row.num_parameters)}"
        f"<br>metric {significant(row.value)} · score {significant(row.score)}"
        for row in table.itertuples()
    ]
    return table.assign(hover=hover)


def plot_scatter(
    prepared: pd.DataFrame, label: str, unit: str, score_name: str, look: Look
) -> go.Figure:
    """Models as named points; colour is the model, marker its family."""
    figure = go.Figure()
    x_range = padded_range(prepared["value"].tolist(), 0.12)
    y_range = padded_range(prepared["score"].tolist(), 0.14)
    size = look.marker_size + 5
    for family, rows in prepared.groupby("family", sort=True):
        figure.add_scatter(
            x=rows["value"],
            y=rows["score"],
            mode="markers",
            name=plot_text(family),
            marker={
                "size": size,
                "symbol": FAMILIES[family].marker if family in FAMILIES else UNKNOWN_FAMILY,
                "color": [look.colour(model) for model in rows["model"]],
                "line": {"width": 1, "color": look.background},
            },
            text=rows["hover"],
            hovertemplate="%{text}<extra></extra>",
        )
    _name_points(figure, prepared, x_range, y_range, look, size)
    # Names lie where lines of a grid would run; a hover tells the numbers.
    bare = {"showgrid": False, "zeroline": False, "ticks": "outside", "showline": True}
    figure.update_layout(
        xaxis={"title": {"text": plot_text(axis_title(label, unit))}, "range": x_range, **bare},
        yaxis={"title": {"text": plot_text(score_name)}, "range": y_range, **bare},
        showlegend=False,
        margin={"l": 60, "r": 16, "t": 20, "b": 56},
        hovermode="closest",
    )
    return apply_theme(figure, look, SCATTER_HEIGHT)


def _name_points(
    figure: go.Figure,
    prepared: pd.DataFrame,
    x_range: list[float],
    y_range: list[float],
    look: Look,
    size: float,
) -> None:
    if len(prepared) > MOST_NAMED:
        return
    width, height = SCATTER_WIDTH - 90.0, SCATTER_HEIGHT - 90.0
    points = [
        (
            width * (row.value - x_range[0]) / (x_range[1] - x_range[0]),
            height * (1 - (row.score - y_range[0]) / (y_range[1] - y_range[0])),
        )
        for row in prepared.itertuples()
    ]
    names = [str(name) for name in prepared["model"]]
    places = place_labels(
        points, names, width=width, height=height, font_size=look.font_size - 1, marker_size=size
    )
    for row, place in zip(prepared.itertuples(), places, strict=True):
        if place is None:
            continue
        figure.add_annotation(
            x=row.value,
            y=row.score,
            text=plot_text(row.model),
            **annotation_place(place, look.context, size),
            font={"size": look.font_size - 1, "color": look.label_colour(row.model)},
        )


def _write_numbers(
    figure: go.Figure,
    prepared: pd.DataFrame,
    across: Mapping[str, float],
    down: Mapping[str, float],
    look: Look,
) -> None:
    """Dark text on the pale middle, white on the strong ends: the map is the same in both modes."""
    words = [[""] * len(across) for _ in down]
    colours = [[look.quiet] * len(across) for _ in down]
    rows, columns = ({name: place for place, name in enumerate(names)} for names in (down, across))
    for row in prepared.itertuples():
        cell = rows[row.row], columns[row.metric]
        words[cell[0]][cell[1]] = row.text
        if not pd.isna(row.rho):
            colours[cell[0]][cell[1]] = "#FFFFFF" if abs(row.rho) > 0.72 else "#1B1F24"
    places = list(across.values()), list(down.values())
    figure.add_traces(written_in_cells(words, colours, *places, look.font_size - 1))


def _cell_text(row: Any) -> str:
    if pd.isna(row.rho):
        return "·"
    number = correlation(row.rho).replace("0.", ".", 1)
    return f"<b>{number}</b>" if row.low > 0 or row.high < 0 else number


def _cell_hover(row: Any, partial: bool) -> str:
    head = f"<b>{plot_text(row.row)}</b><br>{plot_text(level_label(row.metric))}"
    if pd.isna(row.rho):
        why = row.reason if isinstance(row.reason, str) and row.reason else "not computed together"
        return f"{head}<br>no correlation: {plot_text(why)}"
    kind = "ρ given model size" if partial else "ρ"
    return f"{head}<br>{kind} {_interval(row)}<br>n = {int(row.n)} models"


def _median_hover(row: Any) -> str:
    head = f"<b>{plot_text(level_label(row.metric))}</b>"
    if pd.isna(row.rho):
        return f"{head}<br>{plot_text(row.reason)}"
    return (
        f"{head}<br>median ρ {_interval(row)}<br>{whole(row.n)} models on {whole(row.num_tasks)} "
        f"shared "
        f"tasks<br>positive on {whole(row.positive)}, negative on {whole(row.negative)}"
    )


def _interval(row: Any) -> str:
    return f"{correlation(row.rho)} [{correlation(row.low)}, {correlation(row.high)}]"


def _row_name(row: str, titles: Mapping[str, str]) -> str:
    return f"<b>{MEDIAN}</b>" if row == MEDIAN else plot_text(titles[row])


def _size(parameters: float) -> str:
    return "" if pd.isna(parameters) else f", {whole(parameters / 1e6)} million parameters"
