"""Figures of the Pruning page: prepared numbers, then traces, axes and units."""

import numpy as np
import pandas as pd
import pytest

from lrd_core.plots.pruning import plot_latency, plot_plan, plot_plan_grid
from lrd_core.plots.pruning_results import plot_margins, plot_regret, plot_results, rule_style
from lrd_core.plots.theme import Look
from lrd_core.views.pruning_plans import plan_table

LABELS = {"gfmi": "GFMI <b>", "last": "Last blocks"}


def points() -> pd.DataFrame:
    rows = [
        {
            "task": task,
            "rule": rule,
            "m": m,
            "num_blocks": 6,
            "centre": float(m),
            "speedup": 1 + m / 10,
            "x": m + shift,
            "change": -float(m),
            "noise": 0.3,
            "oracle": 0.5 * m,
            "removed": tuple(range(m)),
            "evaluator_sd": 1.5,
            "win_random": 0.75,
            "n_random": 17,
            "win_protected": np.nan if m == 1 else 0.5,
            "n_protected": m,
            "no_choice": m == 1,
        }
        for task in ("news", "pairs")
        for m in (1, 2)
        for rule, shift in (("gfmi", -0.01), ("last", 0.01))
    ]
    return pd.DataFrame(rows)


def bands() -> pd.DataFrame:
    rows = [
        {
            "task": task,
            "kind": kind,
            "m": m,
            "x": float(m),
            "mean": -4.0,
            "low": -9.0,
            "high": -1.0,
            "n": 20,
        }
        for task in ("news", "pairs")
        for kind in ("random", "random-protected")
        for m in (1, 2)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_removed_blocks_are_crossed_out_and_protected_ones_shaded(mode):
    table = plan_table([0.1, 0.5, 1.0, 0.2], removed=(2,), protected=(0, 3))
    figure = plot_plan(table, Look(mode=mode), model="m", score_label="Redundancy")
    crosses = next(trace for trace in figure.data if trace.name == "removed")
    assert list(crosses.x) == [2.5]
    assert list(crosses.y) == [1.0]
    assert sorted(shape.x0 for shape in figure.layout.shapes) == [0, 2, 3]
    assert figure.layout.yaxis.title.text == "Redundancy"
    assert figure.layout.xaxis.title.text == "Block"
    assert "block 0: protected" in figure.data[0].hovertext[0]


def test_a_plan_without_a_score_still_shows_its_blocks():
    table = plan_table([None] * 4, removed=(1,), protected=())
    figure = plot_plan(table, Look(), model="m", score_label="Redundancy")
    assert figure.layout.yaxis.visible is False
    assert list(figure.data[1].x) == [1.5]


def test_the_grid_marks_every_block_of_every_plan():
    plans = pd.DataFrame(
        {
            "label": ["A <b>", "B"],
            "removed": [(1,), (2, 3)],
            "protected": [(0,), ()],
            "num_blocks": [4, 4],
        }
    )
    figure = plot_plan_grid(plans, Look(), model="m")
    heat = figure.data[0]
    assert heat.z[0] == (1, 2, 0, 0) or list(heat.z[0]) == [1, 2, 0, 0]
    assert list(heat.text[1]) == ["", "", "×", "×"]
    assert heat.y[0] == "A &lt;b&gt;"


def test_results_show_rules_both_bands_the_oracle_and_the_noise():
    figure = plot_results(points(), bands(), Look(), labels=LABELS, timed=True)
    names = [trace.name for trace in figure.data if trace.showlegend]
    assert names == [
        "random: 5 to 95%",
        "random, ends kept: 5 to 95%",
        "best of all subsets",
        "GFMI &lt;b&gt;",
        "Last blocks",
    ]
    band = figure.data[0]
    assert list(band.y) == [-9.0, -4.0, -1.0]
    assert {shape.y1 for shape in figure.layout.shapes} == {1.5}, "one SD of the evaluator"
    assert figure.layout.yaxis.title.text == "Change (points)"
    assert list(figure.layout.xaxis.ticktext) == ["1.10×<br>1 of 6", "1.20×<br>2 of 6"]
    oracle = next(trace for trace in figure.data if trace.name == "best of all subsets")
    assert list(oracle.x) == [1.0, 2.0]
    assert [a.text for a in figure.layout.annotations] == ["news", "pairs"]


def test_a_point_says_how_many_random_plans_it_is_compared_with():
    figure = plot_results(points(), bands(), Look(), labels=LABELS, timed=True)
    one, two = next(trace for trace in figure.data if trace.name == "Last blocks").hovertext
    assert one.endswith("beats 75% of 17 random plans<br>the only plan that keeps the ends")
    assert two.endswith("beats 50% of 2 that keep the ends")


@pytest.mark.parametrize(("noise", "deviation", "height"), [(0.3, np.nan, 0.3), (0.0, 0.0, None)])
def test_the_floor_is_the_larger_noise_and_none_is_drawn_without(noise, deviation, height):
    rows = points().assign(noise=noise, evaluator_sd=deviation)
    shapes = plot_results(rows, bands(), Look(), labels=LABELS, timed=True).layout.shapes
    assert {shape.y1 for shape in shapes} == ({height} if height else set())


def test_untimed_results_say_so():
    figure = plot_results(points(), bands(), Look(), labels=LABELS, timed=False)
    assert "not timed yet" in figure.layout.xaxis.title.text
    assert list(figure.layout.xaxis.ticktext) == ["1 of 6", "2 of 6"]


def test_rules_differ_in_colour_and_marker():
    rules = list(LABELS)
    one, other = (rule_style(rule, rules) for rule in rules)
    assert one["color"] != other["color"]
    assert one["symbol"] != other["symbol"]


def test_margins_show_both_opponents_with_intervals():
    row = {
        "rule": "gfmi",
        "win_random": 0.7,
        "win_protected": 0.5,
        "n_random": "17 to 20",
        "n_protected": "2",
        "pairs_random": 6,
        "pairs_protected": 5,
        "margin_random": 3.0,
        "margin_random_low": 1.0,
        "margin_random_high": 5.0,
        "margin_protected": 0.5,
        "margin_protected_low": -1.0,
        "margin_protected_high": np.nan,
    }
    figure = plot_margins(pd.DataFrame([row]), Look(), labels=LABELS)
    weak, fair = figure.data
    assert weak.name == "over random plans"
    assert weak.error_x.array[0] == 2.0
    assert fair.error_x.arrayminus[0] == 1.5
    assert "wins 70% against 17 to 20 plans a pair, 6 pairs" in weak.hovertext[0]
    assert "wins 50% against 2 plans a pair, 5 pairs" in fair.hovertext[0]
    assert "(points)" in figure.layout.xaxis.title.text


def test_every_timed_run_is_drawn():
    times = pd.DataFrame(
        {
            "label": ["1 of 6 removed"] * 4,
            "kind": ["full", "full", "pruned", "pruned"],
            "milliseconds": [9.0, 8.0, 6.0, 5.0],
        }
    )
    figure = plot_latency(times, Look(), model="m", where="NVIDIA H100, bfloat16")
    assert [list(trace.x) for trace in figure.data] == [[9.0, 8.0], [6.0, 5.0]]
    assert figure.layout.xaxis.title.text == "Time of one batch on NVIDIA H100, bfloat16 (ms)"


def test_regret_is_in_the_cells_best_rule_first():
    compared = pd.DataFrame(
        {
            "rule": ["last", "gfmi", "last", "gfmi"],
            "task": ["a", "a", "b", "b"],
            "regret": [5.0, 0.0, 3.0, 1.0],
        }
    )
    heat = plot_regret(compared, Look(), labels=LABELS).data[0]
    assert list(heat.y) == ["GFMI &lt;b&gt;", "Last blocks"]
    assert list(heat.text[1]) == ["5.0", "3.0"]
