"""The figure of any view: pages, the command line and notebooks draw the same one."""

from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go

from lrd_core.plots.ask import ask_figure
from lrd_core.plots.ask_smaller import smaller_figure
from lrd_core.plots.claims import claim_figure, claims_figure
from lrd_core.plots.coverage_types import plot_types
from lrd_core.plots.depth import Behind, plot_depth, prepare_depth
from lrd_core.plots.depth_crowd import Shown, plot_crowd
from lrd_core.plots.depth_play import plot_variations
from lrd_core.plots.depth_sample import plot_sample, prepare_sample
from lrd_core.plots.depth_texts import plot_spread
from lrd_core.plots.enough import plot_curve, prepare_curve
from lrd_core.plots.group_profile import group_figure
from lrd_core.plots.layer_pairs import cka_figure, distances_figure, thresholds_figure
from lrd_core.plots.lifelines import lifeline_figure
from lrd_core.plots.maps import maps_figure
from lrd_core.plots.motion import motion_figure
from lrd_core.plots.overview import plot_coverage, prepare_coverage
from lrd_core.plots.pairs import pair_figure
from lrd_core.plots.placed import placed_figure
from lrd_core.plots.pruning_figures import PRUNING_FIGURES
from lrd_core.plots.selection_figures import SELECTION_FIGURES
from lrd_core.plots.story import story_figure, story_maps_figure
from lrd_core.plots.strips import strips_figure
from lrd_core.plots.theme import Look
from lrd_core.plots.token_view import token_figure
from lrd_core.plots.trajectories import paths_figure
from lrd_core.plots.trust import trust_figure
from lrd_core.views.ask import AskView
from lrd_core.views.ask_beyond import SmallerView
from lrd_core.views.claims import ClaimsView, ClaimView
from lrd_core.views.depth import DepthView
from lrd_core.views.enough import CurveView
from lrd_core.views.group_profile import GroupView
from lrd_core.views.layer_pairs import CkaView
from lrd_core.views.lifelines import LifelineView
from lrd_core.views.neighbourhoods import MapsView, TrustView
from lrd_core.views.overview import CoverageView
from lrd_core.views.pairs import PairView
from lrd_core.views.placed import PlacedView
from lrd_core.views.story import StoryView
from lrd_core.views.story_maps import StoryMapsView
from lrd_core.views.strips import StripsView
from lrd_core.views.text_sample import SampleView, SpreadView
from lrd_core.views.token_view import TokenView
from lrd_core.views.trajectories import DistancesView, MotionView, PathsView, ThresholdsView
from lrd_core.views.view import View


def figure_of(view: View, look: Look) -> go.Figure:
    """What the view shows, drawn.

    Raises: TypeError for a kind of view that has no figure; ValueError for an empty view.
    """
    if view.empty:
        raise ValueError("the view is empty: there is nothing to draw")
    try:
        draw = FIGURES[type(view)]
    except KeyError:
        raise TypeError(f"{type(view).__name__} has no figure") from None
    return draw(view, look)


def depth_figure(view: DepthView, look: Look) -> go.Figure:
    """Profiles over depth; layout "play" where nothing varies is drawn as an overlay."""
    facet = view.facet if view.layout == "multiples" else None
    prepared = prepare_depth(view.table, view.axis, facet)
    marks = None if view.marks is None else prepare_depth(view.marks, view.axis, facet)
    if view.layout == "play" and view.can_play:
        return plot_variations(prepared, view.panels, look, scale=view.axis)
    if len(view.families):
        return plot_crowd(
            Shown(prepared, view.families, marks, view.lifted),
            view.panels,
            look,
            scale=view.axis,
            facet=facet,
        )
    return plot_depth(
        prepared,
        view.panels,
        look,
        scale=view.axis,
        bands=view.bands,
        facet=facet,
        marks=marks,
        behind=Behind(shades=view.shades),
    )


def coverage_figure(view: CoverageView, look: Look) -> go.Figure:
    """Models against tasks, or types of task, with what the store holds of each."""
    if len(view.types):
        return plot_types(view.types, look)
    return plot_coverage(prepare_coverage(view.table, view.models, view.tasks), look)


def spread_figure(view: SpreadView, look: Look) -> go.Figure:
    """How texts differ at every layer, a heatmap a run."""
    return plot_spread(view.table, look, label=view.label, unit=view.unit, noun=view.noun)


def sample_figure(view: SampleView, look: Look) -> go.Figure:
    """A mean over texts against the number of texts, a line a layer."""
    prepared = prepare_sample(view.table, view.num_blocks)
    return plot_sample(
        prepared,
        look,
        label=view.label,
        unit=view.unit,
        num_blocks=view.num_blocks,
        title=view.title,
        noun=view.noun,
    )


def curve_figure(view: CurveView, look: Look) -> go.Figure:
    """A metric of the whole data set against the number of texts."""
    return plot_curve(
        prepare_curve(view.table),
        look,
        label=view.label,
        unit=view.unit,
        title=view.label,
        colour=look.colour(view.model),
        noun=view.noun,
    )


FIGURES: dict[type[View], Callable[[Any, Look], go.Figure]] = {
    AskView: ask_figure,
    SmallerView: smaller_figure,
    CkaView: cka_figure,
    PlacedView: placed_figure,
    ClaimView: claim_figure,
    ClaimsView: claims_figure,
    CoverageView: coverage_figure,
    CurveView: curve_figure,
    DepthView: depth_figure,
    DistancesView: distances_figure,
    GroupView: group_figure,
    LifelineView: lifeline_figure,
    MapsView: maps_figure,
    MotionView: motion_figure,
    PairView: pair_figure,
    PathsView: paths_figure,
    SampleView: sample_figure,
    SpreadView: spread_figure,
    StoryMapsView: story_maps_figure,
    StoryView: story_figure,
    StripsView: strips_figure,
    ThresholdsView: thresholds_figure,
    TokenView: token_figure,
    TrustView: trust_figure,
    **PRUNING_FIGURES,
    **SELECTION_FIGURES,
}
"""One function a kind of view."""
