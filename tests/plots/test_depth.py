"""The Depth figure: first the numbers it draws, then its traces, axes and units."""

import re

import pandas as pd
import pytest

from lrd_core.plots.depth import plot_depth, prepare_depth
from lrd_core.plots.depth_layout import columns_wide
from lrd_core.plots.depth_play import can_play, plot_variations
from lrd_core.plots.theme import Look
from lrd_core.settings import family_title
from lrd_core.views.findings import find_marks
from lrd_core.views.panel import Panel
from tests.plots.conftest import make_line

PANELS = [Panel("prompt_entropy", "Prompt entropy", "fraction"), Panel("speed", "Speed", "radians")]
LOOK = Look(order=("alpha", "beta"))


def drawn(figure: object) -> list[object]:
    """The traces that are lines, without bands and marks."""
    return [t for t in figure.data if t.mode == "lines+markers"]


def test_depth_percent_puts_transitions_half_way(two_models: pd.DataFrame) -> None:
    prepared = prepare_depth(two_models, "percent")
    alpha = prepared[(prepared["model"] == "alpha")]
    assert list(alpha[alpha["series"] == "prompt_entropy"]["x"]) == [0, 50, 100]
    assert list(alpha[alpha["series"] == "speed"]["x"]) == [25, 75]
    beta = prepared[(prepared["model"] == "beta") & (prepared["series"] == "speed")]
    assert list(prepare_depth(beta, "layer")["x"]) == [0.5, 1.5, 2.5, 3.5]


def test_hover_says_model_task_layer_value_interval_and_n(two_models: pd.DataFrame) -> None:
    hover = prepare_depth(two_models, "percent")["hover"]
    assert "<b>alpha · news</b>, layer 1 of 2: 0.400 (0.300 to 0.500), n=1,000" in set(hover)
    assert any("layer 0 to 1 of 2" in text for text in hover)


def test_a_missing_value_stays_a_gap_with_its_reason() -> None:
    prepared = prepare_depth(make_line(values=(0.9, None, 0.8)), "layer")
    assert prepared["value"].isna().sum() == 1
    figure = plot_depth(prepared, PANELS[:1], LOOK, scale="layer")
    line = drawn(figure)[0]
    assert line.connectgaps is False
    assert pd.isna(line.y[1])
    gap = next(t for t in figure.data if t.name == "missing")
    assert list(gap.x) == [1]
    assert "rank 1" in gap.customdata[0]


def test_names_say_only_what_tells_lines_apart() -> None:
    one_task = pd.concat([make_line("alpha"), make_line("beta")])
    assert set(prepare_depth(one_task, "percent")["name"]) == {"alpha", "beta"}
    two_tasks = pd.concat([make_line(task="news"), make_line(task="bible")])
    assert set(prepare_depth(two_tasks, "percent")["name"]) == {"news", "bible"}
    varied = pd.concat([make_line(), make_line(variation="repeat 0.5")])
    assert set(prepare_depth(varied, "percent")["name"]) == {"plain", "repeat 0.5"}


def test_overlay_has_one_depth_axis_and_a_panel_a_series(two_models: pd.DataFrame) -> None:
    figure = plot_depth(prepare_depth(two_models, "percent"), PANELS, LOOK)
    lines = drawn(figure)
    assert len(lines) == 4
    assert {t.xaxis for t in lines} == {"x"}
    assert {t.yaxis for t in lines} == {"y", "y2"}
    assert figure.layout.xaxis.title.text == "Depth (% of blocks)"
    captions = [a.text for a in figure.layout.annotations]
    assert "<b>Prompt entropy (fraction)</b>" in captions
    assert "<b>Speed (radians)</b>" in captions
    assert figure.layout.hovermode == "x unified"
    assert figure.layout.hoversubplots == "axis"


def test_colour_is_the_model_and_dash_its_family(two_models: pd.DataFrame) -> None:
    shown = two_models[two_models["model"] == "beta"]
    line = drawn(plot_depth(prepare_depth(shown, "percent"), PANELS, LOOK))[0]
    assert line.line.color == LOOK.colour("beta")
    assert line.line.dash == "dot"


def test_up_to_six_lines_are_labelled_at_their_end_and_more_have_a_legend() -> None:
    few = prepare_depth(pd.concat([make_line(f"m{i}") for i in range(6)]), "percent")
    figure = plot_depth(few, PANELS[:1], LOOK)
    assert not any(t.showlegend for t in figure.data)
    assert {"m0", "m5"} <= {a.text for a in figure.layout.annotations}
    shifts = [a.yshift for a in figure.layout.annotations if a.text.startswith("m")]
    assert len(set(shifts)) == 6
    many = prepare_depth(pd.concat([make_line(f"m{i}") for i in range(7)]), "percent")
    figure = plot_depth(many, PANELS[:1], LOOK)
    assert sum(bool(t.showlegend) for t in figure.data) == 7


def test_beyond_twelve_lines_the_rest_is_grey_context() -> None:
    many = prepare_depth(pd.concat([make_line(f"m{i}") for i in range(14)]), "percent")
    colours = [t.line.color for t in drawn(plot_depth(many, PANELS[:1], LOOK))]
    assert colours.count(LOOK.context) == 8


def test_bands_follow_low_and_high(two_models: pd.DataFrame) -> None:
    prepared = prepare_depth(two_models, "percent")
    banded = plot_depth(prepared, PANELS, LOOK, bands=True)
    fills = [t for t in banded.data if t.fill == "toself"]
    assert len(fills) == 4
    assert fills[0].fillcolor.endswith("0.2)")
    assert max(fills[0].y) == pytest.approx(1.0)
    assert not [t for t in plot_depth(prepared, PANELS, LOOK, bands=False).data if t.fill]


def test_small_multiples_share_ranges(two_models: pd.DataFrame) -> None:
    prepared = prepare_depth(two_models, "percent")
    figure = plot_depth(prepared, PANELS, LOOK, facet="model")
    assert {t.xaxis for t in drawn(figure)} == {"x", "x2"}
    assert figure.layout.xaxis2.matches == "x"
    assert figure.layout.yaxis.range == figure.layout.yaxis3.range
    assert figure.layout.yaxis.domain == figure.layout.yaxis3.domain


def test_five_models_wrap_to_a_second_row_without_overlap() -> None:
    prepared = prepare_depth(pd.concat([make_line(f"m{i}") for i in range(5)]), "percent")
    figure = plot_depth(prepared, PANELS[:1], LOOK, facet="model")
    first, fifth = figure.layout.yaxis.domain, figure.layout.yaxis5.domain
    assert fifth[1] < first[0]


def test_marks_stand_on_their_points(two_models: pd.DataFrame) -> None:
    marks = prepare_depth(find_marks(two_models), "percent")
    assert set(marks["kind"]) == {"valley", "peak"}
    figure = plot_depth(prepare_depth(two_models, "percent"), PANELS, LOOK, marks=marks)
    valley = next(t for t in figure.data if t.name == "valley")
    assert (valley.x[0], valley.y[0]) == (50, 0.4)


def test_hostile_names_are_text() -> None:
    prepared = prepare_depth(make_line("<img src=x onerror=alert(1)>"), "percent")
    figure = plot_depth(prepared, PANELS[:1], LOOK)
    assert "<img" not in figure.to_json().replace("\\u003c", "<")


def test_height_does_not_depend_on_the_numbers(two_models: pd.DataFrame) -> None:
    prepared = prepare_depth(two_models, "percent")
    doubled = prepared.assign(value=prepared["value"] * 100)
    heights = {plot_depth(p, PANELS, LOOK).layout.height for p in (prepared, doubled)}
    assert len(heights) == 1


def test_without_variations_there_is_nothing_to_play() -> None:
    prepared = prepare_depth(make_line(), "percent")
    assert not can_play(prepared)
    with pytest.raises(ValueError, match="nothing to play"):
        plot_variations(prepared, PANELS[:1], LOOK, scale="percent")


def test_beyond_twelve_lines_the_legend_names_models_and_the_marks_have_a_key() -> None:
    lines = pd.concat(
        [make_line(model, task=f"t{i}") for model in ("alpha", "beta") for i in range(8)],
        ignore_index=True,
    )
    prepared = prepare_depth(lines, "percent")
    marks = prepared.iloc[[1]].assign(kind="valley", text="0.4")
    figure = plot_depth(prepared, PANELS[:1], LOOK, marks=marks)
    assert [t.name for t in figure.data if t.showlegend] == ["alpha", "beta"]
    assert "○ lowest entropy" in [note.text for note in figure.layout.annotations]


def test_the_hover_names_place_metric_and_line(two_models: pd.DataFrame) -> None:
    figure = plot_depth(prepare_depth(two_models, "percent"), PANELS, LOOK)
    assert figure.layout.xaxis.unifiedhovertitle.text == "Depth %{x:.0f}%"
    line = next(t for t in figure.data if t.mode == "lines+markers")
    assert line.hovertemplate.startswith("Prompt entropy · ")


def test_play_has_a_frame_a_variation_on_one_range() -> None:
    lines = pd.concat(
        [
            make_line(values=(0.9 - s, 0.4 - s, 0.8 - s), variation=name, step=step)
            for name, s, step in [("repeat 0.8", 0.3, 2), ("", 0.0, 0), ("repeat 0.5", 0.1, 1)]
        ],
        ignore_index=True,
    )
    figure = plot_variations(prepare_depth(lines, "percent"), PANELS[:1], LOOK, scale="percent")
    assert [frame.name for frame in figure.frames] == ["plain", "repeat 0.5", "repeat 0.8"]
    assert list(figure.frames[2].data[0].y) == pytest.approx([0.6, 0.1, 0.5])
    low, high = figure.layout.yaxis.range
    assert low < 0.1
    assert high > 0.9
    assert figure.layout.sliders[0].steps[0].label == "plain"
    assert all(line.showlegend for line in drawn(figure))


def test_the_legend_stands_above_the_panels(two_models: pd.DataFrame) -> None:
    """Below them it lies under the edge of most screens."""
    lines = pd.concat([make_line(name) for name in "abcdefg"])
    figure = plot_depth(prepare_depth(lines, "percent"), PANELS, LOOK)
    assert figure.layout.legend.yanchor == "bottom" and figure.layout.legend.y > 1
    assert (
        figure.layout.margin.t
        > plot_depth(prepare_depth(two_models, "percent"), PANELS, LOOK).layout.margin.t
    )


@pytest.mark.parametrize("off", [None, pd.DataFrame()])
def test_many_lines_are_drawn_without_marks(off: pd.DataFrame | None) -> None:
    lines = pd.concat([make_line(name) for name in ("a", "b", "c", "d", "e")])
    figure = plot_depth(prepare_depth(lines, "layer"), PANELS[:1], LOOK, scale="layer", marks=off)
    assert len(drawn(figure)) == 5


def test_rows_of_small_multiples_are_alike() -> None:
    assert [columns_wide(number) for number in (1, 4, 5, 6, 7, 9)] == [1, 4, 3, 3, 4, 3]


def test_dashes_and_markers_are_explained_where_they_tell_lines_apart(
    two_models: pd.DataFrame,
) -> None:
    both = pd.concat([two_models, two_models.assign(task="bible")])
    figure = plot_depth(prepare_depth(both, "percent"), PANELS, LOOK, facet="model")
    told = {t.name: t for t in figure.data if t.showlegend}
    families = [family_title(family) for family in two_models["family"].unique()]
    assert set(told) == {*families, "news", "bible"}
    assert {told[name].line.dash for name in families} == {t.line.dash for t in drawn(figure)}
    assert told["news"].marker.symbol != told["bible"].marker.symbol
    one = two_models[two_models["model"] == "alpha"]
    plain = plot_depth(prepare_depth(one, "percent"), PANELS, LOOK)
    assert not any(t.showlegend for t in plain.data)


def test_one_box_tells_of_few_lines_alone() -> None:
    for number, mode in ((4, "x unified"), (5, "closest")):
        lines = pd.concat([make_line(f"m{i}") for i in range(number)])
        figure = plot_depth(prepare_depth(lines, "percent"), PANELS[:1], LOOK)
        assert figure.layout.hovermode == mode


def test_many_lines_of_one_model_are_named_one_by_one() -> None:
    names = ["", *(f"repeat 0.{share}" for share in range(10, 24))]
    lines = pd.concat([make_line(variation=name) for name in names])
    figure = plot_depth(prepare_depth(lines, "percent"), PANELS[:1], LOOK)
    assert [t.name for t in figure.data if t.showlegend] == ["plain", *names[1:]]


def test_a_line_of_a_later_panel_alone_stands_in_the_legend_too() -> None:
    many = pd.concat([make_line(f"m{i}") for i in range(7)])
    only_below = make_line("late").assign(series="speed")
    both = prepare_depth(pd.concat([many, only_below]), "percent")
    listed = [t.name for t in drawn(plot_depth(both, PANELS, LOOK)) if t.showlegend]
    assert sorted(listed) == ["late", *(f"m{i}" for i in range(7))]


def test_a_variant_stands_behind_the_name_and_an_unknown_n_is_said() -> None:
    lines = pd.concat([make_line(n=0), make_line("beta", variant="published")])
    prepared = prepare_depth(lines, "percent")
    assert "beta (published)" in set(prepared["name"])
    hover = prepared.groupby("model")["hover"].first()
    assert hover["alpha"].endswith("n not stated")
    assert re.search(r"n=\d", hover["beta"])


def test_words_beside_marks_keep_clear_of_each_other_and_of_the_lines() -> None:
    """Two lines almost on each other, whose valleys stand at one place."""
    lines = pd.concat([make_line("a"), make_line("b").assign(value=lambda t: t["value"] + 0.005)])
    marks = prepare_depth(find_marks(lines), "percent")
    figure = plot_depth(prepare_depth(lines, "percent"), PANELS, LOOK, marks=marks)
    said = [note for note in figure.layout.annotations if note.text in set(marks["text"])]
    assert len(said) == len(marks)
    places = [(note.x, note.xanchor, note.ax, note.ay, note.xshift, note.yshift) for note in said]
    for axis in ("y", "y2"):
        own = [place for place, note in zip(places, said, strict=True) if note.yref == axis]
        assert len(set(own)) == len(own)
