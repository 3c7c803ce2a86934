"""The figures of the Selection page, each of one kind of view."""

from collections.abc import Callable, Mapping
from typing import Any

import plotly.graph_objects as go

from lrd_core.plots.layer_choice import (
    plot_profiles,
    plot_strategies,
    prepare_profiles,
    prepare_strategies,
)
from lrd_core.plots.layer_curves import plot_checkpoints, plot_curve, prepare_curves
from lrd_core.plots.panel_models import panel_figure
from lrd_core.plots.recommendation import (
    plot_families,
    plot_ranking,
    prepare_families,
    prepare_ranking,
)
from lrd_core.plots.selection import (
    MOST_NUMBERED_COLUMNS,
    plot_heatmap,
    plot_scatter,
    prepare_heatmap,
    prepare_scatter,
)
from lrd_core.plots.selection_wide import plot_wide
from lrd_core.plots.theme import Look
from lrd_core.views.best_layer import CheckpointView, FollowView, LayerCurveView, StrategyView
from lrd_core.views.correlations import CorrelationView
from lrd_core.views.evidence_cell import CellView
from lrd_core.views.families import FamilyView
from lrd_core.views.panel_models import PanelView
from lrd_core.views.recommendation import RankingView
from lrd_core.views.view import View


def map_figure(view: CorrelationView, look: Look) -> go.Figure:
    """Correlations, tasks down and metrics across; many metrics down. A marked cell is outlined."""
    chosen = None if view.marks is None else (view.marks["row"][0], view.marks["metric"][0])
    prepared = prepare_heatmap(view.table, partial=view.partial)
    if len(view.names) > MOST_NUMBERED_COLUMNS:
        return plot_wide(prepared, view.names, view.types, look, chosen=chosen)
    return plot_heatmap(prepared, view.names, look, chosen=chosen)


def cell_figure(view: CellView, look: Look) -> go.Figure:
    """The models behind one correlation."""
    return plot_scatter(prepare_scatter(view.table), view.label, view.unit, view.score, look)


def ranking_figure(view: RankingView, look: Look) -> go.Figure:
    """Every candidate with the range of its rank."""
    named = view.table.rename(columns=dict(view.labels))
    return plot_ranking(prepare_ranking(named), look, shortlist=view.shortlist)


def families_figure(view: FamilyView, look: Look) -> go.Figure:
    """Peaks along depth by family, every model as a dot."""
    intervals = {(entry.series, entry.family): (entry.low, entry.high) for entry in view.summaries}
    return plot_families(prepare_families(view.table, view.tasks), view.panels, look, intervals)


def curve_figure(view: LayerCurveView, look: Look) -> go.Figure:
    """Mean score by layer, and where ways to choose land."""
    prepared = prepare_curves(view.table)
    return plot_curve(prepared, view.marks, view.names, view.model, look, view.beside)


def checkpoints_figure(view: CheckpointView, look: Look) -> go.Figure:
    """Mean score by layer at every training step."""
    return plot_checkpoints(prepare_curves(view.table), view.model, look)


def strategies_figure(view: StrategyView, look: Look) -> go.Figure:
    """Gain of each way to choose over the last layer."""
    return plot_strategies(prepare_strategies(view.table, view.names), look)


def follow_figure(view: FollowView, look: Look) -> go.Figure:
    """How each metric's curve over layers follows the score's."""
    return plot_profiles(prepare_profiles(view.table, view.labels), look)


SELECTION_FIGURES: Mapping[type[View], Callable[[Any, Look], go.Figure]] = {
    CorrelationView: map_figure,
    CellView: cell_figure,
    PanelView: panel_figure,
    RankingView: ranking_figure,
    FamilyView: families_figure,
    LayerCurveView: curve_figure,
    CheckpointView: checkpoints_figure,
    StrategyView: strategies_figure,
    FollowView: follow_figure,
}
