"""Squares of layers against layers (distances, CKA), and how a threshold changes the paths."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lrd_core.metrics.grassmann import PATH
from lrd_core.metrics.registry import find_series
from lrd_core.metrics.similarity import NAME
from lrd_core.numbers import drawn
from lrd_core.plots.theme import Look, apply_theme, plot_text
from lrd_core.plots.trajectories import UNITS
from lrd_core.views.layer_pairs import CkaView
from lrd_core.views.trajectories import DistancesView, ThresholdsView

MOST_CELLS_WITH_NUMBERS = 14
MOST_CELLS_WITH_GAPS = 20
"""Of more, lines between the cells would take a good part of the colour away."""

MOST_SQUARES_A_ROW = 3


def prepare_squares(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """(layers, layers) distances by the name to write above them, in the order of the table."""
    return {
        str(rows["name"].iloc[0]): rows.pivot(
            index="layer", columns="other_layer", values="distance"
        ).to_numpy()
        for _, rows in table.groupby("run_key", sort=False)
    }


def distances_figure(view: DistancesView, look: Look) -> go.Figure:
    """Layer-to-layer distances, one square a path."""
    squares = prepare_squares(view.table)
    rows = math.ceil(len(squares) / MOST_SQUARES_A_ROW)
    return apply_theme(plot_distances(squares, look, unit=view.unit), look, 110 + 230 * rows)


def cka_figure(view: CkaView, look: Look) -> go.Figure:
    """How alike every pair of layers of two runs is."""
    figure = plot_cka(view.cells, view.rows, view.columns, look, view.measure)
    return apply_theme(figure, look, 440)


def thresholds_figure(view: ThresholdsView, look: Look) -> go.Figure:
    """What a path comes to at each variance threshold."""
    return apply_theme(plot_thresholds(view.table, look), look, 320)


def plot_distances(
    matrices: Mapping[str, np.ndarray], look: Look, *, unit: str = "radians"
) -> go.Figure:
    """Layer-to-layer distances, one square a model (its name is the key), on one colour scale.

    The scale starts just below the smallest distance between two layers, so that differences
    among large distances stay visible; the diagonal is 0 throughout.
    """
    names = list(matrices)
    columns = min(max(len(names), 1), MOST_SQUARES_A_ROW)
    rows = max(1, math.ceil(len(names) / columns))
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=[plot_text(name) for name in names],
        horizontal_spacing=0.09,
        vertical_spacing=0.16,
    )
    for index, (name, cells) in enumerate(matrices.items()):
        place = {"row": index // columns + 1, "col": index % columns + 1}
        figure.add_trace(
            _heatmap(cells, UNITS[unit], plot_text(name), "coloraxis", columns <= 2), **place
        )
    figure.update_xaxes(title_text="Layer", constrain="domain", showgrid=False)
    figure.update_yaxes(autorange="reversed", constrain="domain", showgrid=False, zeroline=False)
    figure.update_yaxes(title_text="Layer", col=1)
    for index in range(1, rows * columns + 1):
        suffix = "" if index == 1 else str(index)
        figure.update_layout({f"yaxis{suffix}": {"scaleanchor": f"x{suffix}"}})
    figure.update_layout(
        coloraxis={
            "colorscale": "Blues" if look.mode == "light" else "Blues_r",
            **_range(matrices),
            "colorbar": {"title": {"text": UNITS[unit], "side": "right"}, "thickness": 12},
        },
        margin={"l": 60, "r": 20, "t": 40, "b": 50},
    )
    return figure


def _range(matrices: Mapping[str, np.ndarray]) -> dict[str, float]:
    apart = [cells[~np.eye(len(cells), dtype=bool)] for cells in matrices.values()]
    known = np.concatenate(apart) if apart else np.array([])
    known = known[np.isfinite(known)]
    if not len(known):
        return {"cmin": 0.0, "cmax": 1.0}
    return {"cmin": float(0.95 * known.min()), "cmax": float(known.max())}


def plot_cka(
    cells: np.ndarray, first: str, second: str, look: Look, measure: str = NAME
) -> go.Figure:
    """A measure of every pair of layers; each cell can be clicked (customdata: both layers)."""
    figure = go.Figure(_heatmap(cells, measure, "", None, True, zmin=0.0, zmax=1.0))
    figure.data[0].update(
        colorscale="Blues" if look.mode == "light" else "Blues_r",
        hoverinfo="skip",
        hovertemplate=None,
    )
    _take_clicks(figure, cells, first, second, measure)
    still = {"showgrid": False, "zeroline": False, "constrain": "domain"}
    figure.update_xaxes(
        title_text=f"Layer of {plot_text(second)}",
        dtick=_tick(cells.shape[1]),
        range=[-0.5, cells.shape[1] - 0.5],
        **still,
    )
    figure.update_yaxes(
        title_text=f"Layer of {plot_text(first)}",
        dtick=_tick(cells.shape[0]),
        range=[cells.shape[0] - 0.5, -0.5],
        scaleanchor="x",
        **still,
    )
    figure.update_layout(
        margin={"l": 60, "r": 20, "t": 20, "b": 50}, clickmode="event+select", dragmode=False
    )
    return figure


def _take_clicks(
    figure: go.Figure, cells: np.ndarray, first: str, second: str, measure: str
) -> None:
    """A transparent point on each cell: a heatmap's own cells cannot be selected."""
    rows, columns = np.indices(cells.shape)
    pairs = np.column_stack([rows.ravel(), columns.ravel(), cells.ravel()])
    figure.add_scatter(
        x=pairs[:, 1],
        y=pairs[:, 0],
        customdata=pairs.tolist(),
        mode="markers",
        marker={"size": 22, "symbol": "square", "opacity": 0},
        showlegend=False,
        hovertemplate=f"{plot_text(first)} layer %{{customdata[0]}}<br>"
        f"{plot_text(second)} layer %{{customdata[1]}}<br>"
        f"{measure} {drawn('customdata[2]', 'thousandths')}<extra></extra>",
    )


def plot_thresholds(table: pd.DataFrame, look: Look) -> go.Figure:
    """How rank, straightness and the layer distances depend on the variance threshold."""
    panels = {
        PATH.rank: "Subspace rank",
        PATH.straightness: find_series(PATH.straightness).label,
        "agreement": "Same order of distances (rho)",
    }
    figure = make_subplots(
        rows=1, cols=3, subplot_titles=list(panels.values()), horizontal_spacing=0.07
    )
    for column, name in enumerate(panels, start=1):
        for key, rows in table.groupby("run_key", sort=False):
            model = str(rows["model"].iloc[0])
            figure.add_trace(
                go.Scatter(
                    x=100 * rows["variance"],
                    y=rows[name],
                    mode="lines+markers",
                    name=plot_text(model),
                    legendgroup=str(key),
                    showlegend=column == 1,
                    line={"color": look.colour(model), "width": look.line_width},
                    hovertemplate=f"{plot_text(model)}<br>{drawn('x', 'whole')}% of variance: "
                    f"{drawn('y', 'significant')}"
                    "<extra></extra>",
                ),
                row=1,
                col=column,
            )
    figure.update_xaxes(title_text="Variance kept (%)")
    figure.update_yaxes(range=[0, 1.05], col=2)
    figure.update_layout(
        margin={"l": 50, "r": 20, "t": 40, "b": 90}, legend={"orientation": "h", "y": -0.3}
    )
    return figure


def _heatmap(
    cells: np.ndarray, unit: str, name: str, coloraxis: str | None, numbered: bool, **scale: float
) -> go.Heatmap:
    numbers = numbered and max(cells.shape) <= MOST_CELLS_WITH_NUMBERS
    gap = 1 if max(cells.shape) <= MOST_CELLS_WITH_GAPS else 0
    number = drawn("z", "hundredths" if np.nanmax(cells) < 10 else "tenths")
    return go.Heatmap(
        z=cells,
        coloraxis=coloraxis,
        xgap=gap,
        ygap=gap,
        **scale,
        texttemplate=number if numbers else None,
        hovertemplate=f"{name}<br>layer %{{y}} to %{{x}}: {drawn('z', 'significant')} "
        f"{unit}<extra></extra>",
    )


def _tick(count: int) -> int:
    return max(1, math.ceil(count / 14))
