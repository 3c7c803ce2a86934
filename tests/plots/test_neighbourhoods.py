import numpy as np
import pandas as pd
import pytest

from lrd_core.plots.gliding import MOST_ANIMATED, may_glide
from lrd_core.plots.lifelines import plot_lifeline, prepare_losses, prepare_strands
from lrd_core.plots.map_colours import NO_VALUE, NONE, OTHERS, prepare_categories
from lrd_core.plots.neighbourhoods import (
    ARROWS,
    OVERLAYS,
    Panel,
    hover_text,
    plot_maps,
    prepare_edges,
    prepare_span,
)
from lrd_core.plots.theme import Look
from lrd_core.plots.trust import plot_trust
from lrd_core.views.ties import Ties

LOOK = Look()
HOSTILE = "<script>alert(1)</script> $x$ **bold**"


def _table(values: list, shift: float = 0.0) -> pd.DataFrame:
    n = len(values)
    return pd.DataFrame(
        {
            "row": range(n),
            "text_index": np.arange(n) + 100,
            "text": [HOSTILE] * n,
            "label": [f"<b>{i}</b>" for i in range(n)],
            "x": np.arange(n) + shift,
            "y": np.arange(n) * 2.0,
            "value": values,
        }
    )


def _panel(values: list, shift: float = 0.0, **marks: object) -> Panel:
    return Panel("m", _table(values, shift), (0, 10, 0, 10), **marks)


def test_the_span_holds_all_layers_with_air():
    points = np.array([[[0.0, 0.0], [10.0, 5.0]], [[-2.0, 1.0], [4.0, 8.0]]])
    assert prepare_span(points, share=0.1) == pytest.approx((-3.2, 11.2, -1.2, 9.2))


def test_rare_categories_are_folded_and_missing_ones_named():
    values = pd.Series([f"c{i}" for i in range(12) for _ in range(12 - i)] + [None])
    folded, order = prepare_categories(values)
    assert order == [f"c{i}" for i in range(7)] + [OTHERS, NONE]
    assert (folded == OTHERS).sum() == 5 + 4 + 3 + 2 + 1
    assert folded.iloc[-1] == NONE
    few, order = prepare_categories(pd.Series(["b", "a", "b"]))
    assert order == ["a", "b"]
    assert few.tolist() == ["b", "a", "b"]


def test_edges_join_rows_with_gaps_between():
    xs, ys = prepare_edges(_table([1, 2, 3]), np.array([[0, 2], [1, 99]]))
    assert xs == [0, 2, None]
    assert ys == [0, 4, None]


def test_hostile_text_stays_text():
    shown = hover_text(HOSTILE, "<img>", 7, "image")
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "&lt;img&gt;" in shown
    assert "$" not in shown.replace("&#36;", "")
    assert len(hover_text("word " * 100, None, 1, "text")) < 250


def test_amounts_get_a_bar_and_names_get_colour_and_marker():
    amounts = plot_maps([[_panel([0.1, 0.5, 0.3])]], LOOK, colour="entropy")
    cloud = amounts.data[0]
    assert cloud.marker.coloraxis == "coloraxis"
    assert amounts.layout.coloraxis.colorbar.title.text == "entropy"
    names = plot_maps([[_panel(["b", "a", "b"])]], LOOK, colour="label")
    cloud = names.data[0]
    assert list(cloud.marker.symbol) == ["square", "circle", "square"]
    assert cloud.marker.color[0] == cloud.marker.color[2] != cloud.marker.color[1]
    legend = [trace.name for trace in names.data if trace.showlegend is None and trace.name]
    assert legend == ["a", "b"]
    assert names.layout.legend.title.text == "label"


def test_points_carry_their_ids_in_order_and_hover_is_escaped():
    cloud = plot_maps([[_panel([1.0, 2.0])]], LOOK, colour="c").data[0]
    assert cloud.customdata == ([0, 100], [1, 101])
    assert "&lt;b&gt;0" in cloud.hovertext[0]
    assert "<script>" not in cloud.hovertext[0]


def test_picked_and_found_texts_stand_out_and_the_rest_fades():
    panel = _panel([1.0, 2.0, 3.0], picked=[0], marked=[2], focus=1)
    figure = plot_maps([[panel]], LOOK, colour="c")
    cloud, *_, marks, ring, star = figure.data[: 1 + OVERLAYS]
    assert list(cloud.selectedpoints) == [0, 2]
    assert cloud.unselected.marker.opacity == 0.15
    assert list(marks.x) == [2]
    assert list(ring.x) == [1]
    assert list(star.x) == [] and not star.showlegend
    assert plot_maps([[_panel([1.0])]], LOOK, colour="c").data[0].selectedpoints is None


def test_lost_neighbours_are_dotted_and_kept_ones_are_not():
    panel = _panel([1.0, 2.0, 3.0], kept=np.array([[0, 1]]), lost=np.array([[0, 2]]))
    _, kept, lost, *_ = plot_maps([[panel]], LOOK, colour="c").data
    assert (list(kept.x), kept.line.dash) == ([0, 1, None], "solid")
    assert (list(lost.x), lost.line.dash) == ([0, 2, None], "dot")


def test_arrows_are_told_apart_by_dash_and_end_and_named():
    ties = Ties(kept=(1,), gained=(2,), lost=(0,))
    panel = _panel([1.0, 2.0, 3.0, 4.0], focus=3, ties=ties)
    figure = plot_maps([[panel]], LOOK, colour="c")
    kept, gained, lost = figure.data[3:6]
    assert [one.line.dash for one in (kept, gained, lost)] == ["solid", "dash", "dot"]
    assert [one.name for one in (kept, gained, lost)] == [name for name, *_ in ARROWS]
    assert all(one.showlegend for one in (kept, gained, lost))
    assert list(kept.x[:2]) == [3, 1]
    assert [len(one.x) for one in (kept, gained, lost)] == [7, 7, 11]
    alone = plot_maps([[_panel([1.0, 2.0])]], LOOK, colour="c").data[3]
    assert (list(alone.x), alone.showlegend) == ([None], False)


def test_frames_move_points_and_recolour_only_what_changes():
    frames = [[_panel(["a", "b"])], [_panel(["a", "b"], shift=5.0)]]
    figure = plot_maps(frames, LOOK, colour="label", start=1, names=["0", "1"])
    assert list(figure.data[0].x) == [5, 6]
    assert [frame.name for frame in figure.frames] == ["0", "1"]
    assert list(figure.frames[0].data[0].x) == [0, 1]
    assert figure.frames[0].data[0].marker.color is None
    assert list(figure.frames[0].traces) == list(range(1 + OVERLAYS))
    assert figure.layout.meta == 1
    changing = [[_panel([1.0, 2.0])], [_panel([3.0, 4.0])]]
    figure = plot_maps(changing, LOOK, colour="c", names=["0", "1"])
    assert list(figure.frames[1].data[0].marker.color) == [3, 4]
    assert figure.layout.coloraxis.cmin < 1.1
    assert figure.layout.coloraxis.cmax > 3.9


def test_two_maps_are_two_clouds_of_one_figure():
    figure = plot_maps([[_panel([1.0, 2.0]), _panel([5.0, 6.0])]], LOOK, colour="c")
    assert [figure.data[0].xaxis, figure.data[1].xaxis] == ["x", "x2"]
    assert list(figure.data[1].marker.color) == [5, 6]
    assert figure.layout.yaxis2.scaleanchor == "x2"


def test_a_link_sets_the_view_of_the_first_map_alone():
    panels = [_panel([1.0]), _panel([1.0])]
    figure = plot_maps([panels], LOOK, colour="c", camera=[1, 2, 3, 4])
    assert (figure.layout.xaxis.range, figure.layout.yaxis.range) == ((1, 2), (3, 4))
    assert figure.layout.xaxis2.range == (0, 10)


def test_many_points_are_drawn_by_the_graphics_card():
    assert may_glide(MOST_ANIMATED)
    many = _panel([1.0] * (MOST_ANIMATED + 1))
    assert plot_maps([[many]], LOOK, colour="c").data[0].type == "scattergl"
    assert plot_maps([[_panel([1.0])]], LOOK, colour="c").data[0].type == "scatter"


def test_trust_shows_every_layer_and_marks_the_one_shown():
    figure = plot_trust([0, 1, 2], [0.9, 0.8, np.nan], [0.5, 0.4, 0.3], LOOK, layer=1, k=15)
    assert [trace.name for trace in figure.data] == [
        "Trustworthiness",
        "Share of 15 neighbours kept",
    ]
    assert list(figure.data[1].y) == [0.5, 0.4, 0.3]
    assert figure.layout.shapes[0].x0 == 1
    assert figure.data[0].line.dash != figure.data[1].line.dash


@pytest.fixture
def lines() -> pd.DataFrame:
    """Neighbour 1 leaves after layer 0 and comes back at 2; 2 stays; 3 comes and goes."""
    rows = [(0, 1, 1, 0.9, "first"), (0, 2, 2, 0.8, "first")]
    rows += [(1, 2, 1, 0.7, "kept"), (1, 3, 2, 0.6, "gained"), (1, 1, np.nan, np.nan, "lost")]
    rows += [(2, 2, 1, 0.7, "kept"), (2, 1, 2, 0.5, "gained"), (2, 3, np.nan, np.nan, "lost")]
    return pd.DataFrame(rows, columns=["layer", "neighbour", "rank", "similarity", "status"])


def test_strands_break_where_a_neighbour_was_away(lines):
    strands = prepare_strands(lines)
    found = [(part["neighbour"].iloc[0], part["layer"].tolist()) for part in strands]
    assert found == [(1, [0]), (2, [0, 1, 2]), (3, [1]), (1, [2])]
    assert strands[1]["rank"].tolist() == [2, 1, 1]


def test_losses_stand_where_the_neighbour_was_last_seen(lines):
    losses = prepare_losses(lines)
    assert losses[["neighbour", "layer", "rank"]].values.tolist() == [[1, 0, 1], [3, 1, 2]]
    assert prepare_losses(lines[lines["layer"] == 0]).empty


def test_the_lifeline_draws_states_and_retention(lines):
    texts = pd.DataFrame(
        {"text_index": [10, 11, 12, 13], "text": [HOSTILE] * 4, "label": ["a", None, "b", "c"]}
    )
    retention = pd.DataFrame(
        {"position": [0.5, 1.5], "retention": [1 / 3, 1 / 3], "kept": [1, 1], "k": [2, 2]}
    )
    figure = plot_lifeline(lines, retention, texts, LOOK, layer=1, k=2)
    states = {trace.name: trace for trace in figure.data if trace.showlegend is None}
    assert list(states["kept"].x) == [1, 2]
    assert list(states["gained"].y) == [2, 2]
    assert list(states["lost"].x) == pytest.approx([0.28, 1.28])
    assert states["lost"].marker.symbol != states["kept"].marker.symbol
    assert "<script>" not in states["kept"].hovertext[0]
    bars = next(trace for trace in figure.data if trace.type == "bar")
    assert list(bars.y) == pytest.approx([1 / 2, 1 / 2])
    assert figure.layout.yaxis.title.text == "Rank"
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]


@pytest.mark.parametrize("look", [Look(), Look(mode="dark")])
def test_a_missing_amount_is_never_painted_like_one(look):
    frames = [[_panel([0.0, np.nan, 1.0])], [_panel([np.nan] * 3)], [_panel([0.0, 0.5, 1.0])]]
    figure = plot_maps(frames, look, colour="kept", names=["0", "1", "2"], start=0)
    first, nothing, whole = (frame.data[0] for frame in figure.frames)
    assert figure.data[0].marker.coloraxis is None
    assert list(figure.data[0].marker.color) == list(first.marker.color)
    low, missing, high = first.marker.color
    assert missing == look.context
    assert list(nothing.marker.color) == [look.context] * 3
    assert (whole.marker.color[0], whole.marker.color[2]) == (low, high)
    assert len({*whole.marker.color, look.context}) == 4
    assert list(first.text) == ["0", NO_VALUE, "1.00"]
    assert "%{text}" in figure.data[0].hovertemplate
    assert [trace.name for trace in figure.data if trace.showlegend is not False] == [NO_VALUE]
    bars = [trace for trace in figure.data if trace.marker.coloraxis == "coloraxis"]
    assert len(bars) == 1 and figure.layout.coloraxis.colorbar.title.text == "kept"


def test_nothing_but_missing_amounts_still_says_so():
    figure = plot_maps([[_panel([np.nan, np.nan])]], LOOK, colour="kept")
    assert set(figure.data[0].marker.color) == {LOOK.context}
    assert NO_VALUE in [trace.name for trace in figure.data]
