"""Dot rows and the frontier: prepared numbers, then traces, axes and names."""

import numpy as np
import pandas as pd
import pytest

from lrd_core.plots.pruning_frontier import plot_frontier
from lrd_core.plots.pruning_rows import columns_of, plot_rows
from lrd_core.plots.theme import Look


def points() -> pd.DataFrame:
    rows = [
        {
            "model": "m",
            "task": task,
            "name": name,
            "row": row,
            "m": 1,
            "num_blocks": 6,
            "speedup": 1.2,
            "change": -2.0 * row,
            "noise": 0.3,
            "oracle": 0.5,
            "removed": (row,),
            "evaluator_sd": 1.5,
            "win_random": 0.75,
            "n_random": 17,
            "win_protected": np.nan if row == 0 else 0.5,
            "n_protected": 4,
            "no_choice": row == 0,
        }
        for task in ("news", "pairs")
        for row, name in enumerate(("GFMI <b> = Frenet", "Last blocks"))
    ]
    return pd.DataFrame(rows)


def bands() -> pd.DataFrame:
    rows = [
        {"task": task, "kind": kind, "m": 1, "mean": -4.0, "low": low, "high": -1.0, "n": 20}
        for task in ("news", "pairs")
        for kind, low in (("random", -90.0), ("random-protected", -9.0))
    ]
    return pd.DataFrame(rows)


def test_a_row_a_plan_a_panel_a_task_on_one_scale():
    figure = plot_rows(points(), bands(), Look())
    shown = [trace.name for trace in figure.data if trace.showlegend]
    assert shown == [
        "random: 5 to 95%",
        "random, ends kept: 5 to 95%",
        "best of all subsets",
        "the plan of the row",
    ]
    plans = [trace for trace in figure.data if trace.name == "the plan of the row"]
    assert [list(trace.x) for trace in plans] == [[0.0, -2.0]] * 2
    assert [list(trace.y) for trace in plans] == [[0, 1]] * 2
    assert [a.text for a in figure.layout.annotations] == ["news", "pairs"]
    assert figure.layout.yaxis.ticktext[0].startswith("GFMI &lt;b&gt; = Frenet<br>")
    assert "block 0 of 6 · 1.20×" in figure.layout.yaxis.ticktext[0]
    low, high = figure.layout.xaxis.range
    assert -15 < low < -9 and 0.5 < high < 3, "the worst random plans are cut off"
    assert figure.layout.xaxis2.range == figure.layout.xaxis.range


def test_strips_reach_from_the_5th_to_the_95th_percentile_in_every_row():
    figure = plot_rows(points(), bands(), Look())
    strip = next(trace for trace in figure.data if trace.name == "random: 5 to 95%")
    assert list(strip.base) == [-90.0, -90.0] and list(strip.x) == [89.0, 89.0]
    assert strip.hovertext[0].endswith("20 plans")


def test_a_plan_says_how_many_random_plans_it_is_compared_with():
    figure = plot_rows(points(), bands(), Look())
    one, two = next(trace for trace in figure.data if trace.name == "the plan of the row").hovertext
    assert one.endswith("beats 75% of 17 random plans<br>the only plan that keeps the ends")
    assert two.endswith("beats 50% of 4 that keep the ends")


@pytest.mark.parametrize(("noise", "deviation", "width"), [(0.3, np.nan, 0.3), (0.0, 0.0, None)])
def test_the_floor_is_the_larger_noise_and_none_is_drawn_without(noise, deviation, width):
    rows = points().assign(noise=noise, evaluator_sd=deviation)
    shapes = [s for s in plot_rows(rows, bands(), Look()).layout.shapes if s.type == "rect"]
    assert {shape.x1 for shape in shapes} == ({width} if width else set())


def test_lines_of_panels_are_as_full_as_each_other():
    assert columns_of(6, narrow=False) == (2, 3)
    assert columns_of(4, narrow=False) == (1, 4)
    assert columns_of(3, narrow=True) == (2, 2)


def test_the_frontier_joins_unbeaten_plans_and_names_them():
    table = pd.DataFrame(
        {
            "name": ["GFMI", "NRS", "random, ends kept"],
            "rule": ["gfmi", "nrs", ""],
            "m": [1, 1, 1],
            "num_blocks": [6, 6, 6],
            "blocks": ["block 4 of 6", "block 1 of 6", ""],
            "saved": [0.2, 0.2, 0.2],
            "kept": [0.99, 0.95, 0.9],
            "low": [0.98, 0.9, 0.8],
            "high": [1.0, 1.0, 1.0],
            "n": [2, 2, 2],
            "best": [True, False, False],
            "chance": [False, False, True],
        }
    )
    figure = plot_frontier(table, Look(), model="m", tasks=2)
    assert list(figure.data[0].x) == [0, 0.2] and list(figure.data[0].y) == [1, 0.99]
    assert [a.text for a in figure.layout.annotations] == ["GFMI, 1 of 6"]
    best = next(trace for trace in figure.data if trace.name == "none does better")
    assert list(best.meta) == ["gfmi|1"]
    assert best.hovertext[0].endswith("time saved 20%, n=2 tasks")
    assert "median of 2 tasks" in figure.layout.yaxis.title.text
