"""Figures of the Pruning page: prepared numbers, then traces, axes and units."""

import numpy as np
import pandas as pd
import pytest

from lrd_core.plots.pruning import plot_latency, plot_plan, plot_plan_grid
from lrd_core.plots.pruning_results import plot_margins, plot_regret, rule_style
from lrd_core.plots.theme import Look
from lrd_core.views.pruning_plans import plan_table

LABELS = {"gfmi": "GFMI <b>", "last": "Last blocks"}


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


def test_every_block_can_be_pointed_at_those_without_a_score_too():
    table = plan_table([None, 0.4, None, 0.6], removed=(1,), protected=())
    figure = plot_plan(table, Look(), model="m", score_label="Redundancy")
    blocks = figure.data[0]
    assert list(blocks.x) == [0.5, 1.5, 2.5, 3.5] and list(blocks.y) == [0.5, 0.4, 0.5, 0.6]
    assert list(blocks.meta) == ["0", "1", "2", "3"]
    assert blocks.hovertext[2] == "block 2: kept<br>no score"
    assert list(figure.data[1].x) == [1.5, 3.5], "the curve has no made-up values"
    bare = plot_plan(plan_table([None] * 4, (1,), ()), Look(), model="m", score_label="x")
    assert bare.layout.yaxis.visible is False
    assert list(bare.data[2].x) == [1.5]


def test_the_grid_marks_every_block_of_every_plan():
    plans = pd.DataFrame(
        {
            "label": ["A <b>", "B"],
            "plan": ["A, 10%", "B, 20%"],
            "removed": [(1,), (2, 3)],
            "protected": [(0,), ()],
            "num_blocks": [4, 4],
        }
    )
    figure = plot_plan_grid(plans, Look(), model="m", chosen=(2, 3))
    heat = figure.data[0]
    assert heat.z[0] == (1, 2, 0, 0) or list(heat.z[0]) == [1, 2, 0, 0]
    assert list(heat.text[1]) == ["", "", "×", "×"]
    assert list(heat.y) == ["A &lt;b&gt;", "<b>▸ B</b>"]
    assert list(heat.meta) == ["A, 10%", "B, 20%"], "what a click chooses"


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
