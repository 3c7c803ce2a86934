"""Trajectories: each model's way through the Grassmannian, and two models layer by layer."""

import streamlit as st

from lrd_core.plots.layer_pairs import plot_distances, plot_thresholds
from lrd_core.plots.motion import plot_motion
from lrd_core.plots.trajectories import DEPTH_STEPS, plot_paths
from lrd_core.views import stored as results
from lrd_core.views import trajectories, trajectory_words
from lrd_core.views.command_text import commands_for_runs, run_command
from pages._shared import cache, cards, chart_link, cka_panel, player, state, widgets
from pages._shared.jobs import job_panel

DIMENSIONS = {2: "2-D", 3: "3-D"}
LAYOUTS = {True: "Aligned", False: "Side by side"}
UNITS = {"radians": "Radians", "share": "Share of the largest"}
OTHER_THRESHOLDS = (0.8, 0.9, 0.99)
MOST_HEATMAPS = 6
MOST_SCENES = 4  # a browser keeps 8 to 16 WebGL contexts

runs = cache.read(results.runs)
if not runs.empty:
    widgets.stop_if_nothing_is_chosen("Trajectories")
picked = state.selection().pick_runs(runs)
stored = cache.read(trajectories.stored_variances, list(picked["run_key"]))
drawable = picked[picked["run_key"].isin(list(stored))].reset_index(drop=True)

if drawable.empty:
    widgets.page_header("Trajectories", "No model's path through its layers is stored yet.")
    widgets.empty_state(
        "No path to draw yet",
        f"A path needs one run of a model with the {trajectories.CALLED} metric; a small model "
        "takes about a minute without a GPU. Models and tasks are chosen in the side bar.",
        button="Start a run",
        page="pages/runs.py",
        key="trajectories",
        command=run_command(metrics=[trajectories.METRIC.group]),
    )
    st.stop()

blocks = set(drawable["num_blocks"])
keys = list(drawable["run_key"])
shared = sorted(set.intersection(*(set(stored[key]) for key in keys)))
with st.container(horizontal=True, vertical_alignment="bottom", key="trajectory_controls"):
    dimensions = state.choose_one("View", list(DIMENSIONS), key="dims", show=DIMENSIONS.__getitem__)
    together = (
        state.choose_one("Models", list(LAYOUTS), key="layout", show=LAYOUTS.__getitem__)
        if len(drawable) > 1 and not (dimensions == 3 and len(drawable) > MOST_SCENES)
        else True
    )
    percent = state.number("Depth (%)", 0, 100, key="depth", default=100, step=5)
    player.play_button("depth", DEPTH_STEPS, label="depth", wait_s=0.6)
    with st.popover("More", help="Unit of distance, variance threshold"):
        unit = state.choose_one("Distance in", list(UNITS), key="unit", show=UNITS.__getitem__)
        variance = state.choose_one(
            "Variance that a subspace keeps",
            shared or [trajectories.DEFAULT_VARIANCE],
            key="variance",
            default=trajectories.DEFAULT_VARIANCE,
            show=lambda v: f"{v:.0%}",
            help="The rank is the smallest that keeps this share at the last layer.",
        )

numbers = cache.read(trajectories.summary, keys, variance)
sentence = trajectory_words.sentence(numbers)
widgets.page_header("Trajectories", sentence)
drawn = cache.read(
    trajectories.paths,
    drawable,
    dimensions=dimensions,
    unit=unit,
    aligned=together,
    variance=variance,
)
if drawn.points.empty:
    st.info("These models have no path at a common threshold. Compute one below, or choose others.")
    st.stop()
look, step = widgets.look(), DEPTH_STEPS.index(percent)
view = (keys, dimensions, together, unit, variance, look.mode, look.present)
held = chart_link.hold(
    "paths",
    view,
    lambda at: plot_paths(
        drawn.points,
        drawn.quality,
        look,
        dimensions=dimensions,
        percent=DEPTH_STEPS[at],
        together=together,
        unit=unit,
        camera=chart_link.camera_now("eye"),
    ),
    start=step,
)
cards.metric_cards([*trajectories.NUMBERS[1:], trajectories.NUMBERS[0]])
widgets.show(
    held.figure,
    "paths",
    height=480 if together else 400,
    table=drawn.points,
    runs=drawable,
    metrics=[trajectories.credit(variance)],
    command=commands_for_runs(drawable, [trajectories.request(variance)]),
    alt=f"Paths of {len(drawable)} models in {dimensions} dimensions. {sentence}",
    note=trajectory_words.quality_line(drawn.quality, together),
)
chart_link.follow("paths", "eye" if dimensions == 3 else "", frame=step, start=held.start)

motion = cache.read(trajectories.motion_profiles, keys, variance)
same_depth = blocks.pop() if len(blocks) == 1 else None
held = chart_link.hold(
    "motion",
    view,
    lambda at: plot_motion(motion, look, percent=DEPTH_STEPS[at], num_blocks=same_depth),
    start=step,
)
cards.metric_cards(trajectories.MOTION)
widgets.show(
    held.figure,
    "motion",
    height=380,
    table=motion,
    runs=drawable,
    metrics=[trajectories.credit()],
    foot=False,
    alt="Speed and curvature of the paths over depth.",
)
chart_link.follow("motion", frame=step, start=held.start)

st.subheader("The paths in numbers", anchor=False)
st.dataframe(trajectory_words.readable_summary(numbers), hide_index=True, width="stretch")

st.subheader("Distance between every pair of layers", anchor=False)
matrices = cache.read(trajectories.named_distances, drawable[:MOST_HEATMAPS], unit, variance)
widgets.show(
    plot_distances(matrices, look, unit=unit),
    "distances",
    height=110 + 230 * ((len(matrices) + 2) // 3),
    runs=drawable[:MOST_HEATMAPS],
    alt="Layer-to-layer distances of the subspaces, one square a model.",
)

st.subheader("Does the variance threshold matter?", anchor=False)
table = cache.read(trajectories.threshold_table, drawable)
if table["variance"].nunique() > 1:
    widgets.show(
        plot_thresholds(table, look),
        "thresholds",
        height=320,
        table=table,
        runs=drawable,
        alt="Rank, straightness and agreement of distances over the variance threshold.",
        note="Right: Spearman correlation of all layer distances with those at 95%.",
    )
else:
    st.caption("Only one threshold is stored for these models.")
missing = trajectory_words.missing_variances(stored, keys, OTHER_THRESHOLDS)
if missing:
    job_panel(
        "run",
        trajectory_words.threshold_payload(drawable, missing),
        f"Compute at {', '.join(f'{v:.0%}' for v in missing)}",
        "a few seconds a model",
        key="thresholds",
    )

cka_panel.draw(drawable)
