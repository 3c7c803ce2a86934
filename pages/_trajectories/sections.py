"""The parts below the paths: their motion, their numbers, their distances, other thresholds."""

import plotly.graph_objects as go
import streamlit as st

from lrd_core.numbers import percent
from lrd_core.views.path_numbers import MOTION
from lrd_core.views.trajectories import (
    DEPTH_STEPS,
    DistancesView,
    MotionView,
    PathsView,
    ThresholdsView,
    TrajectoryRequest,
)
from lrd_core.views.trajectory_words import readable_summary, threshold_payloads
from pages._shared import cards, chart_link, drawn, player, stage, widgets
from pages._shared.jobs import job_panel

PACE = player.Pace(glide=0, stand=50)
"""Steps of a percent each; what lies between them is not seen."""


def choose_depth() -> int:
    """The depth looked at in percent, by a slider that plays paths and motion."""
    steps = player.Steps("depth", DEPTH_STEPS, [f"{at}% deep" for at in DEPTH_STEPS], default=100)
    depth = player.place(steps)
    player.play(steps, depth, label="Depth", figures=["paths", "motion"], pace=PACE)
    return depth


def paths_and_motion(
    paths: PathsView, motion: MotionView, request: TrajectoryRequest, *, camera: str
) -> None:
    """Paths with speed and curvature beside them, on one cursor; below where paths stand apart.

    camera: the URL parameter that follows turns of the picture, "" for none.
    """
    if paths.together:
        left, right = widgets.side_by_side([11, 10], "paths")
    else:
        left, right = st.container(), st.container()
    with left:
        figure = _held(paths, "paths", request)
        widgets.draw(paths, "paths", figure=figure, foot=False)
        if camera:
            chart_link.follow("paths", camera)
    with right:
        if not motion.empty:
            widgets.draw(motion, "motion", figure=_held(motion, "motion", request), foot=False)
        cards.metric_cards(MOTION)
    widgets.draw_foot(paths, "paths", figure)


def _held(view: PathsView | MotionView, key: str, request: TrajectoryRequest) -> go.Figure:
    """The figure, which follows the depth looked at without being drawn anew."""
    look, height = widgets.look(), stage.take()
    return chart_link.hold(
        key,
        (request, tuple(view.runs["run_key"]), look, height),
        lambda: drawn.of(view, look, height),
    )


def numbers(view: PathsView) -> None:
    """One row a path."""
    st.subheader("The paths in numbers", anchor=False)
    st.dataframe(readable_summary(view.numbers), hide_index=True, width="stretch")


def distances(view: DistancesView) -> None:
    """One square a path."""
    st.subheader("Distance between every pair of layers", anchor=False)
    widgets.draw(view, "distances")


def thresholds(view: ThresholdsView) -> None:
    """What other thresholds give, and a job that computes those that are missing."""
    st.subheader("Does the variance threshold matter?", anchor=False)
    if view.can_compare:
        widgets.draw(view, "thresholds")
    else:
        st.caption("Only one threshold is stored for these models.")
    if not view.missing:
        return
    what = f"Compute at {', '.join(percent(variance) for variance in view.missing)}"
    payloads = threshold_payloads(view.runs, view.missing)
    for place, (which, payload) in enumerate(payloads.items()):
        job_panel(
            "run",
            payload,
            f"{what}: {which}" if which else what,
            "a few seconds a model",
            key=f"thresholds_{place}" if place else "thresholds",
        )
