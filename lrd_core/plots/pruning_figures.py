"""The figures of the Pruning page, each of one kind of view."""

from collections.abc import Callable, Mapping
from typing import Any

import plotly.graph_objects as go

from lrd_core.plots.pruning import plot_latency, plot_plan, plot_plan_grid
from lrd_core.plots.pruning_frontier import HEIGHT as FRONTIER_HEIGHT
from lrd_core.plots.pruning_frontier import plot_frontier
from lrd_core.plots.pruning_language import HEIGHT as LANGUAGE_HEIGHT
from lrd_core.plots.pruning_language import plot_language
from lrd_core.plots.pruning_results import plot_margins, plot_regret
from lrd_core.plots.pruning_rows import plot_rows, rows_height
from lrd_core.plots.theme import Look, apply_theme
from lrd_core.views.pruning_costs import CostView
from lrd_core.views.pruning_frontier import FrontierView
from lrd_core.views.pruning_language import LanguageView
from lrd_core.views.pruning_plans import PlansView, PlanView
from lrd_core.views.pruning_results import MarginView, RegretView, ResultView
from lrd_core.views.view import View

PLAN_HEIGHT, MARGIN_HEIGHT = 330, 420


def plan_figure(view: PlanView, look: Look) -> go.Figure:
    """One plan on the score behind it."""
    figure = plot_plan(view.table, look, model=view.model, score_label=view.score_label)
    return apply_theme(figure, look, PLAN_HEIGHT)


def plans_figure(view: PlansView, look: Look) -> go.Figure:
    """Every plan as a row, every block as a column."""
    figure = plot_plan_grid(view.table, look, model=view.model, chosen=view.chosen)
    return apply_theme(figure, look, max(200, 60 + 38 * len(view.table)))


def results_figure(view: ResultView, look: Look) -> go.Figure:
    """A row a plan against random plans, a panel a task."""
    figure = plot_rows(view.table, view.bands, look, narrow=view.narrow)
    return apply_theme(figure, look, rows_height(view.table, narrow=view.narrow))


def frontier_figure(view: FrontierView, look: Look) -> go.Figure:
    """Score kept against time saved."""
    figure = plot_frontier(view.table, look, model=view.model, tasks=view.tasks)
    return apply_theme(figure, look, FRONTIER_HEIGHT)


def margins_figure(view: MarginView, look: Look) -> go.Figure:
    """Points above random plans, by rule."""
    return apply_theme(plot_margins(view.table, look, labels=view.labels), look, MARGIN_HEIGHT)


def regret_figure(view: RegretView, look: Look) -> go.Figure:
    """Points below the best subset, by rule and task."""
    figure = plot_regret(view.table, look, labels=view.labels)
    return apply_theme(figure, look, 160 + 34 * view.table["rule"].nunique())


def language_figure(view: LanguageView, look: Look) -> go.Figure:
    """Perplexity above agreement, a column a task."""
    return apply_theme(plot_language(view.table, look, labels=view.labels), look, LANGUAGE_HEIGHT)


def costs_figure(view: CostView, look: Look) -> go.Figure:
    """Every timed run, full against pruned."""
    figure = plot_latency(view.table, look, model=view.model, where=view.where)
    return apply_theme(figure, look, 180 + 90 * view.table["label"].nunique())


PRUNING_FIGURES: Mapping[type[View], Callable[[Any, Look], go.Figure]] = {
    PlanView: plan_figure,
    PlansView: plans_figure,
    ResultView: results_figure,
    FrontierView: frontier_figure,
    MarginView: margins_figure,
    RegretView: regret_figure,
    LanguageView: language_figure,
    CostView: costs_figure,
}
