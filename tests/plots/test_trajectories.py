import re

import numpy as np
import pandas as pd
import pytest

from lrd_core.plots.gliding import with_slider
from lrd_core.plots.layer_pairs import plot_cka, plot_distances, plot_thresholds
from lrd_core.plots.motion import plot_motion, prepare_motion
from lrd_core.plots.theme import Look, contrast, depth_scale
from lrd_core.plots.trajectories import GHOST, plot_paths, prepare_numbers
from lrd_core.plots.trajectory_frames import paths_of
from lrd_core.views.paths import Points
from lrd_core.views.trajectories import DEPTH_STEPS

LOOK = Look(order=("a", "b"))


@pytest.fixture
def points() -> pd.DataFrame:
    """Model a: three layers on a line; model b: two layers."""
    rows = [("ra", "a", 0, 2, 0, 0.0, 0.0), ("ra", "a", 1, 2, 0.5, 1.0, 2.0)]
    rows += [("ra", "a", 2, 2, 1, 2.0, 0.0)]
    rows += [("rb", "b", 0, 1, 0, 0.0, 1.0), ("rb", "b", 1, 1, 1, 4.0, 1.0)]
    columns = ["run_key", "model", "layer", "num_blocks", "depth", "x", "y"]
    return pd.DataFrame(rows, columns=columns).assign(z=0.0, family="base LM", task="t")


@pytest.fixture
def quality() -> pd.DataFrame:
    return pd.DataFrame({"run_key": ["ra", "rb"], "model": ["a", "b"], "stress": [0.1, 0.2]})


@pytest.fixture
def motion() -> pd.DataFrame:
    rows = [("speed", 0.5, 1.0), ("speed", 1.5, 2.0), ("curvature", 1.0, 0.3)]
    table = pd.DataFrame(rows, columns=["series", "position", "value"])
    return table.assign(
        run_key="ra", model="a", family="encoder", num_blocks=2, n=10, depth=table["position"] / 2
    )


def test_the_cursor_is_between_layers_at_equal_depth(points):
    first, second = paths_of(points, dimensions=2)
    assert first.at(0.25) == [0.5, 1.0]
    assert second.at(0.25) == [1.0, 1.0]
    assert first.up_to(0.25) == [first.places[0].tolist(), [0.5, 1.0]]


def test_all_numbers_of_few_layers_and_both_ends_of_many():
    assert prepare_numbers([0, 2, 3]) == ["0", "2", "3"]
    many = prepare_numbers(list(range(31)))
    assert many[0] == "0"
    assert many[-1] == "30"
    assert sum(bool(name) for name in many) <= 13
    assert many[-2] == ""


def test_paths_have_a_line_layers_and_a_ring_each(points, quality):
    figure = plot_paths(Points(points, quality), LOOK, percent=50)
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    layers = [trace for trace in figure.data if trace.mode == "markers+text"]
    rings = [trace for trace in figure.data if trace.marker.symbol == "circle-open"]
    assert [len(group) for group in (lines, layers, rings)] == [4, 2, 1]
    assert lines[0].line.color == "#0072B2"
    assert lines[0].line.dash == "dot"
    assert list(layers[0].marker.color) == [0, 50, 100]
    assert next(zip(rings[0].x, rings[0].y, strict=True)) == (1.0, 2.0)
    assert len(rings[0].x) == 2
    assert figure.layout.coloraxis.colorscale[0][1] == "rgb(0, 34, 78)"
    assert figure.layout.xaxis.title.text == "Dimension 1 (radians)"
    assert figure.layout.yaxis.scaleanchor == "x"
    assert sorted(note.text for note in figure.layout.annotations) == ["a", "b", "start", "start"]
    assert layers[0].marker.symbol == ("square", "circle", "diamond")


def test_the_way_to_come_is_faint_and_the_way_so_far_ends_at_the_ring(points, quality):
    figure = plot_paths(Points(points, quality), LOOK, percent=25)
    whole, so_far = figure.data[0], figure.data[4]
    assert (whole.opacity, so_far.opacity) == (GHOST, None)
    assert len(whole.x) == 3
    ring = figure.data[-1]
    assert (so_far.x[-1], so_far.y[-1]) == (ring.x[0], ring.y[0])
    assert len(so_far.x) == 2


def test_the_panel_is_a_square_cropped_to_the_paths(points, quality):
    layout = plot_paths(Points(points, quality), LOOK).layout
    (left, right), (low, high) = layout.xaxis.range, layout.yaxis.range
    assert right - left == pytest.approx(high - low)
    assert left < points["x"].min()
    assert right > points["x"].max()
    size = max(points[axis].max() - points[axis].min() for axis in "xy")
    assert right - left < 1.5 * size


def test_of_many_paths_only_the_named_ones_have_colour_and_a_name(points, quality):
    figure = plot_paths(Points(points, quality), LOOK, named=["rb"])
    grey = [trace for trace in figure.data if trace.line.color == LOOK.context]
    assert [trace.name for trace in grey] == ["a"]
    assert {note.text for note in figure.layout.annotations} == {"b", "start"}
    assert list(figure.frames[0].traces) == [3, 4]


def test_no_colour_of_depth_vanishes_on_dark_paper():
    dark = Look(mode="dark")
    for _, colour in depth_scale(dark):
        channels = [int(part) for part in re.findall(r"\d+", colour)]
        shown = "#{:02X}{:02X}{:02X}".format(*channels)
        assert contrast(shown, dark.background) >= 3


def test_every_depth_is_a_frame_that_moves_the_rings_alone(points, quality):
    figure = plot_paths(Points(points, quality), LOOK, percent=20)
    assert len(figure.frames) == len(DEPTH_STEPS)
    frame = figure.frames[DEPTH_STEPS.index(50)]
    assert list(frame.traces) == [4, 5, 6]
    assert (frame.data[-1].x[0], frame.data[-1].y[0]) == (1.0, 2.0)
    assert figure.frames[0].name == "0%"
    assert with_slider(figure).layout.sliders[0].active == DEPTH_STEPS.index(20)


def test_side_by_side_says_the_stress_and_keeps_one_scale(points, quality):
    figure = plot_paths(Points(points, quality), LOOK, together=False, unit="share")
    assert [note.text for note in figure.layout.annotations] == ["a, stress 0.10", "b, stress 0.20"]
    assert figure.layout.xaxis.range == figure.layout.xaxis2.range
    assert "share of the largest distance" in figure.layout.xaxis.title.text


def test_three_dimensions_take_the_camera_of_a_link(points, quality):
    figure = plot_paths(Points(points, quality), LOOK, dimensions=3, camera=[1, 2, 3, 0, 0, 0.5])
    assert figure.data[0].type == "scatter3d"
    assert figure.layout.scene.camera.eye.y == 2
    assert figure.layout.scene.camera.center.z == 0.5
    assert figure.layout.showlegend


def test_motion_lines_stand_at_their_depth(motion):
    tables = prepare_motion(motion, "speed")
    assert tables["ra"]["percent"].tolist() == [25, 75]
    assert prepare_motion(motion, "absent") == {}


def test_motion_axes_carry_units_and_the_cursor_stands_on_both(motion):
    figure = plot_motion(motion, LOOK, num_blocks=2, percent=50)
    assert figure.layout.yaxis.title.text == "Speed (radians)"
    assert figure.layout.yaxis2.title.text == "Curvature (1/radians)"
    speed = figure.data[0]
    assert list(speed.x) == [0.5, 1.5]
    assert speed.customdata[0][0] == "layer 0 to 1"
    assert [trace.x[0] for trace in figure.data[-2:]] == [1, 1]
    by_percent = plot_motion(motion, LOOK, num_blocks=None, percent=50)
    assert list(by_percent.data[0].x) == [25, 75]
    assert by_percent.data[-1].x[0] == 50


def test_distances_are_one_square_a_model_on_one_scale():
    cells = np.array([[0, 4.0, 5.0], [4.0, 0, 6.0], [5.0, 6.0, 0]])
    figure = plot_distances({"a": cells, "<b>": 2 * cells}, LOOK)
    assert [trace.type for trace in figure.data] == ["heatmap", "heatmap"]
    assert figure.layout.coloraxis.cmin == pytest.approx(3.8)
    assert figure.layout.coloraxis.cmax == 12
    assert figure.layout.coloraxis.colorbar.title.text == "radians"
    assert [note.text for note in figure.layout.annotations] == ["a", "&lt;b&gt;"]
    assert figure.layout.yaxis.autorange == "reversed"


def test_a_cell_of_the_cka_map_carries_both_layers():
    cells = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])
    figure = plot_cka(cells, "one", "two", LOOK)
    heat, clicks = figure.data
    assert (heat.zmin, heat.zmax) == (0, 1)
    assert list(clicks.customdata[5]) == [1, 2, 0.6]
    assert (clicks.x[5], clicks.y[5]) == (2, 1)
    assert clicks.marker.opacity == 0
    assert figure.layout.xaxis.title.text == "Layer of two"


def test_thresholds_are_drawn_in_percent():
    table = pd.DataFrame(
        {
            "run_key": "ra",
            "model": "a",
            "variance": [0.9, 0.95],
            "rank": [4, 16],
            "straightness": [0.5, 0.6],
            "agreement": [0.9, 1.0],
        }
    )
    figure = plot_thresholds(table, LOOK)
    assert [list(trace.y) for trace in figure.data] == [[4, 16], [0.5, 0.6], [0.9, 1.0]]
    assert list(figure.data[0].x) == pytest.approx([90, 95])
    assert figure.layout.xaxis.title.text == "Variance kept (%)"


def test_the_margin_holds_the_longest_name_in_large_type_too(motion):
    long = motion.assign(model="a-model-of-a-long-name")
    for look in (LOOK, Look(order=("a",), present=True)):
        margin = plot_motion(long, look, num_blocks=2).layout.margin.r
        assert margin >= len("a-model-of-a-long-name") * look.font_size * 0.55
