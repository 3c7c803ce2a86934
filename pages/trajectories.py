"""Trajectories: each model's way through the Grassmannian, and two models layer by layer."""

from dataclasses import replace

import streamlit as st

from lrd_core.numbers import percent
from lrd_core.views import stored, trajectories
from lrd_core.views.command_text import run_command
from lrd_core.views.path_numbers import NUMBERS
from lrd_core.views.paths import CALLED, DEFAULT_VARIANCE, METRIC, Unit
from lrd_core.views.trajectories import Dimensions, TrajectoryChoices, TrajectoryRequest
from pages._shared import cache, cards, chart_link, state, widgets
from pages._trajectories import cka, sections

DIMENSIONS: dict[Dimensions, str] = {2: "2-D", 3: "3-D"}
LAYOUTS = {True: "Aligned", False: "Side by side"}
UNITS: dict[Unit, str] = {"radians": "Radians", "share": "Share of the largest"}


def choose(choices: TrajectoryChoices) -> tuple[TrajectoryRequest, int]:
    """The controls above the figure, and the depth looked at in percent."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="trajectory_controls"):
        dimensions = state.choose_one(
            "View", list(DIMENSIONS), key="dims", show=DIMENSIONS.__getitem__
        )
        together = True
        if choices.can_stand_apart(dimensions):
            together = state.choose_one(
                "Models",
                list(LAYOUTS),
                key="layout",
                default=not state.side_by_side(),
                show=LAYOUTS.__getitem__,
            )
        with st.popover("More", help="Unit of distance, variance threshold"):
            unit = state.choose_one("Distance in", list(UNITS), key="unit", show=UNITS.__getitem__)
            variance = state.choose_one(
                "Variance that a subspace keeps",
                choices.variances or [DEFAULT_VARIANCE],
                key="variance",
                default=DEFAULT_VARIANCE,
                show=percent,
                help="The rank is the smallest that keeps this share at the last layer.",
            )
    request = TrajectoryRequest(state.selection(), dimensions, together, unit, variance)
    return request, sections.choose_depth()


def nothing_yet(note: str, command: str) -> None:
    """What to do where no run of the selection has a path."""
    widgets.page_header("Trajectories", "No model's path through its layers is stored yet.")
    widgets.empty_state(
        "No path to draw yet",
        note
        or f"A path needs one run of a model with the {CALLED} metric; a small model takes about "
        "a minute without a GPU. Models and tasks are chosen in the side bar.",
        button="Start a run",
        page="pages/runs.py",
        key="trajectories",
        command=command or run_command(metrics=[METRIC.group]),
    )
    widgets.end_page()


def draw(request: TrajectoryRequest, depth: int) -> None:
    """The figures, all of the same paths."""
    found = cache.read(trajectories.trajectories, request)
    widgets.page_header("Trajectories", found.paths.sentence)
    if found.paths.empty:
        st.info(
            "These models have no path at a common threshold. Compute one below, or choose others."
        )
        widgets.end_page()
    eye = "eye" if request.dimensions == 3 else ""
    paths = replace(found.paths, percent=depth, camera=chart_link.camera_now("eye"))
    cards.metric_cards([*NUMBERS[1:], NUMBERS[0]])
    motion = replace(found.motion, percent=depth)
    sections.paths_and_motion(paths, motion, request, camera=eye)
    sections.numbers(found.paths)
    sections.distances(found.distances)
    sections.thresholds(found.thresholds)


if not cache.read(stored.runs).empty:
    widgets.stop_if_nothing_is_chosen("Trajectories")
offered = cache.read(trajectories.choices, state.selection())
if not offered.names:
    nothing_yet(offered.steps, offered.steps_command)
draw(*choose(offered))
cka.draw(offered.names)
