"""Colours that can be told apart and read, axes that name their ends, labels that stay apart."""

import itertools
import math

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrd_core.numbers import significant
from lrd_core.plots.theme import (
    MARKERS,
    OKABE_ITO,
    Look,
    apply_theme,
    contrast,
    depth_axis,
    dodge,
    family_dash,
    padded_range,
    plot_text,
    readable,
    task_marker,
    tint,
)
from lrd_core.settings import FAMILIES
from lrd_core.views.panel import axis_title

ORDER = tuple(f"model {number}" for number in range(12))


def test_contrast_of_known_pairs() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#777777") == pytest.approx(1.0)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_line_colours_stand_out_and_their_labels_can_be_read(mode: str) -> None:
    look = Look(mode=mode, order=ORDER)
    for model in ORDER[:7]:
        assert contrast(look.colour(model), look.background) > 2.2, model
        assert contrast(look.label_colour(model), look.background) >= 4.5, model
    assert contrast(look.text, look.background) > 7
    assert contrast(look.quiet, look.background) >= 4.5


def test_a_models_colour_survives_filtering_and_the_theme() -> None:
    light, dark = Look("light", order=ORDER), Look("dark", order=ORDER)
    assert [light.colour(m) for m in ORDER[:6]] == list(OKABE_ITO)
    assert [dark.colour(m) for m in ORDER[:6]] == list(OKABE_ITO)
    assert (light.colour(ORDER[6]), dark.colour(ORDER[6])) == ("#000000", "#FFFFFF")


def test_second_channels_differ_by_family_and_task() -> None:
    families = ["encoder embedder", "decoder embedder", "base LM", "state-space"]
    assert [family_dash(f) for f in families] == ["solid", "dash", "dot", "dashdot"]
    assert [family_dash(f) for f in ("Encoder", "my decoder", "Mamba 2", "vision")] == [
        *("solid", "dash", "dashdot", "solid")
    ]
    assert sorted(FAMILIES) == sorted(families)
    assert len({one.marker for one in FAMILIES.values()}) == len(FAMILIES)
    assert family_dash(None) == "solid"
    tasks = ["a", "b", "c"]
    assert len({task_marker(task, tasks) for task in tasks}) == 3
    assert task_marker("a", tasks) == MARKERS[0]


def test_presenter_mode_is_large() -> None:
    look = Look(present=True)
    assert (look.font_size, look.line_width) == (18, 3.0)
    figure = apply_theme(go.Figure(), look, 400)
    assert figure.layout.template.layout.font.size == 18
    assert figure.layout.height == 500


def test_text_from_outside_cannot_be_markup() -> None:
    assert plot_text("<b>x</b> & $y$") == "&lt;b&gt;x&lt;/b&gt; &amp; &#36;y&#36;"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.41249, "0.412"),
        (12.345, "12.3"),
        (1234.6, "1,235"),
        (0.0, "0"),
        (-0.5, "−0.500"),
        (0.00001234, "1.23e−05"),
        (None, "–"),
        (math.nan, "–"),
    ],
)
def test_three_significant_digits(value: float | None, text: str) -> None:
    assert significant(value) == text


def test_depth_axis_names_its_ends() -> None:
    percent = depth_axis("percent", None, Look())
    assert percent["ticktext"][0] == "embedding"
    assert percent["ticktext"][-1] == "output"
    assert percent["tickvals"][-1] == 100
    assert percent["title"]["text"] == "Depth (% of blocks)"
    layer = depth_axis("layer", 30, Look())
    assert layer["ticktext"][0] == "embedding"
    assert layer["ticktext"][-1] == "output (30)"
    assert len(layer["tickvals"]) == len(layer["ticktext"]) <= 13
    assert depth_axis("layer", 1, Look())["tickvals"] == [0, 1]


def test_titles_carry_units() -> None:
    assert axis_title("Grassmann speed", "radians") == "Grassmann speed (radians)"
    assert axis_title("Rank", "") == "Rank"


def test_ranges_hold_every_value_with_air() -> None:
    low, high = padded_range([1.0, 3.0, math.nan])
    assert low < 1.0
    assert high > 3.0
    assert padded_range([]) == [0.0, 1.0]
    flat = padded_range([2.0, 2.0])
    assert flat[0] < 2.0 < flat[1]


@given(st.lists(st.floats(0, 200), min_size=1, max_size=8))
def test_labels_are_moved_apart_in_order_and_stay_inside(places: list[float]) -> None:
    moved = dodge(places, 20, 0, 220)
    ordered = [moved[i] for i in sorted(range(len(places)), key=lambda i: places[i])]
    assert all(b - a >= 20 - 1e-6 for a, b in itertools.pairwise(ordered))
    assert min(moved) >= -1e-6
    assert max(moved) <= 220 + 1e-6


def test_labels_that_do_not_touch_stay_where_they_are() -> None:
    assert dodge([100.0, 10.0, 50.0], 20, 0, 200) == [100.0, 10.0, 50.0]
    assert dodge([100.0, 100.0], 20, 0, 200) == [90.0, 110.0]


def test_tint_and_readable() -> None:
    assert tint("#000000", "#FFFFFF", 0.0) == "#000000"
    assert tint("#000000", "#FFFFFF", 1.0) == "#FFFFFF"
    assert readable("#56B4E9", "#FFFFFF") != "#56B4E9"
    assert readable("#005A8C", "#FFFFFF") == "#005A8C"


def test_models_drawn_together_have_colours_of_their_own_while_there_are_enough() -> None:
    size = len(OKABE_ITO) + 1
    order = tuple(f"m{place}" for place in range(3 * size))
    alone, second, third = Look(order=order), f"m{size + 1}", f"m{2 * size + 1}"
    assert alone.colour("m1") == alone.colour(second) == alone.colour(third)
    few = Look(order=order, together=(second, "m2", "m1", third))
    colours = [few.colour(model) for model in few.together]
    assert len(set(colours)) == 4
    assert few.colour("m1") == alone.colour("m1") and few.colour("m2") == alone.colour("m2")
    assert few.colour("m4") == alone.colour("m4"), "one that is not drawn keeps its colour"
    crowd = Look(order=order, together=order)
    assert len({crowd.colour(model) for model in order[:size]}) == size
    assert hash(few) != hash(alone)
