"""What is in the store: models against tasks."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lrd_core.numbers import drawn, whole
from lrd_core.plots.theme import Look, apply_theme, plot_text, tint
from lrd_core.views.task_names import task_titles

FULL = "#0072B2"
ROW_HEIGHT = 34
SMALLEST, TALLEST = 240, 720
MOST_NUMBERED = 150
LONGEST_NAME = 24
COLUMN_CHARACTERS = 12


def prepare_coverage(
    table: pd.DataFrame, models: Sequence[str], tasks: Sequence[str]
) -> pd.DataFrame:
    """The grid models x tasks with `num_series` (NA: nothing there) and the text on `hover`."""
    grid = pd.MultiIndex.from_product([models, tasks], names=["model", "task"])
    cells = table.set_index(["model", "task"]).reindex(grid).reset_index()
    cells["hover"] = [_hover(row) for row in cells.itertuples()]
    empty = (cells["num_series"].fillna(0) == 0) & (cells["num_scores"].fillna(0) == 0)
    cells["num_series"] = cells["num_series"].astype("Float64").mask(empty)
    return cells


def plot_coverage(cells: pd.DataFrame, look: Look) -> go.Figure:
    """A heatmap of the grid: number of metrics in each cell, a ring where layers have scores."""
    models, tasks = list(cells["model"].unique()), list(cells["task"].unique())
    figure = go.Figure(_cells(cells, models, tasks, look))
    _ring_scored(figure, cells, models, tasks)
    figure.update_layout(
        xaxis=_names(tasks, "Task", wrapped=True) | {"side": "top", "tickangle": 0},
        yaxis=_names(models, "Model") | {"autorange": "reversed"},
        margin={"l": 12, "r": 70, "t": 40, "b": 12},
        hovermode="closest",
    )
    height = min(max(150 + ROW_HEIGHT * len(models), SMALLEST), TALLEST)
    return apply_theme(figure, look, height)


def _cells(cells: pd.DataFrame, models: list[str], tasks: list[str], look: Look) -> go.Heatmap:
    grid = cells.pivot(index="model", columns="task", values="num_series").loc[models, tasks]
    hover = cells.pivot(index="model", columns="task", values="hover").loc[models, tasks]
    values = grid.to_numpy(dtype=float, na_value=float("nan"))
    return go.Heatmap(
        x=list(range(len(tasks))),
        y=list(range(len(models))),
        z=values,
        customdata=hover.to_numpy(),
        hovertemplate="%{customdata}<extra></extra>",
        hoverongaps=True,
        colorscale=[[0.0, tint(FULL, look.background, 0.85)], [1.0, FULL]],
        xgap=2,
        ygap=2,
        # Both ends: with one of them alone, Plotly takes the range of the data.
        zmin=0,
        zmax=1.0 if np.isnan(values).all() else float(np.nanmax(values)),
        showscale=False,
        texttemplate=drawn("z", "whole") if values.size <= MOST_NUMBERED else None,
        textfont={"size": look.font_size},
    )


def _ring_scored(
    figure: go.Figure, cells: pd.DataFrame, models: list[str], tasks: list[str]
) -> None:
    """A ring in the corner of each cell whose layers have scores."""
    scored = cells[cells["num_layers_scored"].fillna(0) > 1]
    figure.add_scatter(
        x=[tasks.index(task) + 0.34 for task in scored["task"]],
        y=[models.index(model) - 0.3 for model in scored["model"]],
        mode="markers",
        marker={
            "symbol": "circle",
            "size": 5,
            "color": "#FFFFFF",
            "line": {"width": 1, "color": "#1B1F24"},
        },
        hoverinfo="skip",
        showlegend=False,
        name="scores per layer",
    )


def _names(names: list[str], title: str, *, wrapped: bool = False) -> dict[str, Any]:
    return {
        "tickvals": list(range(len(names))),
        "ticktext": [_wrapped(name) if wrapped else _short(name) for name in names],
        "showgrid": False,
        "zeroline": False,
        "title": {"text": title},
    }


def _wrapped(name: str) -> str:
    """A name in short lines, broken at its hyphens where it can be."""
    words = textwrap.wrap(task_titles([name])[name], COLUMN_CHARACTERS)[:3]
    return "<br>".join(plot_text(word) for word in words)


def _short(name: str) -> str:
    short = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
    return plot_text(short)


def _hover(row: Any) -> str:
    head = f"<b>{plot_text(row.model)}</b> on {plot_text(row.task)}"
    if pd.isna(row.num_series):
        return f"{head}<br>nothing yet"
    lines = [head, f"{int(row.num_series)} metrics"]
    if row.num_layers_scored:
        lines.append(f"measured score of {int(row.num_layers_scored)} layers")
    if not pd.isna(row.n):
        lines.append(f"n={whole(row.n)} of {whole(row.n_total)}")
    return "<br>".join([*lines, plot_text(row.sources)])
