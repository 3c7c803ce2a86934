"""Correlations of many metrics on many tasks: metrics down, where names have room, tasks across."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from lrd_core.plots.drawing import Drawing
from lrd_core.plots.theme import DIVERGING, Look, apply_theme, plot_text
from lrd_core.views.correlations import MEDIAN

ROW_HEIGHT = 22
MARGIN_TOP, MARGIN_BOTTOM = 70, 62
MEDIAN_GAP = 0.6
"""Columns left free between the medians and the tasks."""


def plot_wide(
    prepared: pd.DataFrame,
    names: Mapping[str, str],
    types: Mapping[str, str],
    look: Look,
    *,
    chosen: tuple[str, str] | None = None,
) -> go.Figure:
    """One row a metric, one column a task; types of task stand above their columns.

    prepared: of selection.prepare_heatmap. names: of the metrics, in order. types: task -> type.
    chosen: (task, metric) whose cell is outlined. customdata of a point: [task, metric].
    """
    tasks = list(dict.fromkeys(prepared["row"]))
    metrics = [name for name in names if name in set(prepared["metric"])]
    gap = MEDIAN_GAP if tasks[0] == MEDIAN else 0.0
    across = {task: place + (gap if place else 0.0) for place, task in enumerate(tasks)}
    down = {name: place for place, name in enumerate(metrics)}
    drawing = Drawing()
    drawing.traces.append(_cells(prepared, across, down))
    drawing.scatter(
        x=[across[task] for task in prepared["row"]],
        y=[down[name] for name in prepared["metric"]],
        mode="markers",
        marker={"symbol": "square", "size": 16, "opacity": 0.0},
        customdata=prepared[["row", "metric"]].to_numpy(),
        text=prepared["hover"],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        name="cells",
    )
    _headings(drawing, tasks, across, types, look)
    if chosen is not None and chosen[0] in across and chosen[1] in down:
        drawing.layout["shapes"] = [_outline(across[chosen[0]], down[chosen[1]], look)]
    still = {"showgrid": False, "zeroline": False, "tickmode": "array"}
    drawing.layout |= {
        "xaxis": still | {"tickvals": [], "range": [-0.6, across[tasks[-1]] + 0.6]},
        "yaxis": still
        | {
            "tickvals": list(down.values()),
            "ticktext": [plot_text(names[name]) for name in metrics],
            "range": [len(metrics) - 0.5, -0.5],
        },
        "margin": {"l": 12, "r": 12, "t": MARGIN_TOP, "b": MARGIN_BOTTOM},
        "hovermode": "closest",
        "dragmode": False,
        "clickmode": "event+select",
    }
    height = ROW_HEIGHT * len(metrics) + MARGIN_TOP + MARGIN_BOTTOM
    return apply_theme(drawing.figure(), look, height)


def _outline(x: float, y: float, look: Look) -> dict[str, Any]:
    """A frame around the cell with this middle."""
    box = {"x0": x - 0.5, "x1": x + 0.5, "y0": y - 0.5, "y1": y + 0.5}
    return {"type": "rect", **box, "line": {"color": look.text, "width": 2.5}}


def _cells(
    prepared: pd.DataFrame, across: Mapping[str, float], down: Mapping[str, int]
) -> dict[str, object]:
    wide = prepared.pivot(index="metric", columns="row", values="rho")
    return {
        "type": "heatmap",
        "x": list(across.values()),
        "y": list(down.values()),
        "z": wide.reindex(list(down), columns=list(across)).to_numpy(float),
        "colorscale": DIVERGING,
        "zmin": -1,
        "zmax": 1,
        "xgap": 1,
        "ygap": 1,
        "hoverinfo": "skip",
        "colorbar": {
            "title": {"text": "ρ", "side": "top"},
            "orientation": "h",
            "thickness": 8,
            "lenmode": "pixels",
            "len": 220,
            "x": 0,
            "xanchor": "left",
            "y": 0,
            "yanchor": "top",
            "ypad": 4,
            "outlinewidth": 0,
            "tickvals": [-1, -0.5, 0, 0.5, 1],
        },
    }


def _headings(
    drawing: Drawing,
    tasks: list[str],
    across: Mapping[str, float],
    types: Mapping[str, str],
    look: Look,
) -> None:
    """What stands above the columns: the medians, and each type of task that stands together.

    A type whose columns are apart, as when tasks are sorted otherwise, has no heading.
    """
    runs = [(kind, list(own)) for kind, own in groupby(tasks, lambda t: types.get(t, ""))]
    once = {kind for kind, _ in runs if [name for name, _ in runs].count(kind) == 1}
    for place, (kind, own) in enumerate(runs):
        if own[0] != MEDIAN and (kind not in once or not kind):
            continue
        words = "<b>median</b>" if own[0] == MEDIAN else "<br>".join(plot_text(kind).split(" "))
        drawing.annotate(
            text=words,
            x=(across[own[0]] + across[own[-1]]) / 2,
            y=1,
            yref="paper",
            yanchor="bottom",
            yshift=4 + 20 * (place % 2),
            showarrow=False,
            font={"size": look.font_size - 1, "color": look.quiet},
        )
