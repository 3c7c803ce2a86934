"""The panel's models down, what the store has of each across."""

import plotly.graph_objects as go

from lrd_core.numbers import drawn
from lrd_core.plots.theme import Look, apply_theme, plot_text, tint
from lrd_core.views.panel_models import HELD, PanelView

FULL = "#0072B2"
ROW, SPACE = 20, 90


def panel_figure(view: PanelView, look: Look) -> go.Figure:
    """A cell a model and kind, with the number of tasks; nothing where there is none."""
    table = view.table
    counts = table[list(HELD)].astype(float)
    cells = counts.where(counts > 0)
    hover = [
        [
            f"<b>{plot_text(row.model)}</b> ({plot_text(row.family)})<br>{words}: "
            f"{getattr(row, name)}<br>{plot_text(row.sources or 'nothing yet')}"
            for name, words in HELD.items()
        ]
        for row in table.itertuples()
    ]
    grid = go.Heatmap(
        z=cells.to_numpy(),
        x=list(HELD.values()),
        y=[plot_text(model) for model in table["model"]],
        customdata=hover,
        hovertemplate="%{customdata}<extra></extra>",
        hoverongaps=True,
        colorscale=[[0.0, tint(FULL, look.background, 0.85)], [1.0, FULL]],
        zmin=0,
        zmax=max(float(counts.max(axis=None)), 1.0),
        showscale=False,
        texttemplate=drawn("z", "whole"),
        xgap=2,
        ygap=2,
    )
    figure = go.Figure(grid)
    figure.update_xaxes(side="top", showgrid=False, zeroline=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, zeroline=False, automargin=True)
    figure.update_layout(margin={"l": 8, "r": 16, "t": 40, "b": 8})
    return apply_theme(figure, look, SPACE + ROW * len(table))
