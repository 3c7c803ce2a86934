"""Curves, strategies and profiles of layer choice: numbers in points, marks, labels."""

import numpy as np
import pandas as pd

from lrd_core.plots.layer_choice import (
    plot_profiles,
    plot_strategies,
    prepare_profiles,
    prepare_strategies,
)
from lrd_core.plots.layer_curves import plot_checkpoints, plot_curve, prepare_curves
from lrd_core.plots.theme import Look

NAMES = {"best_fixed": "Best single layer", "dime": "DiME's pick", "last": "Last layer"}


def curves(steps: list[int | None]) -> pd.DataFrame:
    rows = [
        {
            "revision": str(step),
            "step": step,
            "layer": layer,
            "num_tasks": 3,
            "score": 0.3 + 0.01 * layer * (index + 1) - 0.004 * layer**2,
        }
        for index, step in enumerate(steps)
        for layer in range(7)
    ]
    return pd.DataFrame(rows).astype({"step": "Int64"})


MARKS = pd.DataFrame(
    [("best_fixed", 0.31, 2, 2, 2), ("dime", 0.305, 1, 2, 5), ("last", 0.21, 6, 6, 6)],
    columns=["strategy", "score", "first_layer", "median_layer", "last_layer"],
)
STRATEGIES = pd.DataFrame(
    [
        ("dime", 0.5, 0.4, 0.6, 0.02, 0.03, 0.01, 0.05, False, "2 to 5", 9),
        ("best_fixed", 0.52, 0.42, 0.62, 0.0, 0.05, 0.02, 0.08, True, "4", 9),
        ("last", 0.47, np.nan, np.nan, 0.05, 0.0, np.nan, np.nan, False, "6", 9),
    ],
    columns=[
        "strategy",
        "score",
        "low",
        "high",
        "regret",
        "gain",
        "gain_low",
        "gain_high",
        "needs_labels",
        "layers",
        "num_tasks",
    ],
)


def test_scores_become_points_and_steps_shades() -> None:
    prepared = prepare_curves(curves([1, 1000, None]))
    assert prepared["points"].iloc[0] == 30
    assert set(prepared["name"]) == {"step 1", "step 1,000", "finished"}
    assert prepared[prepared["name"] == "finished"]["shade"].isna().all()
    assert prepared["shade"].min() == 0 and prepared["shade"].max() == 1
    assert "mean of 3 tasks" in prepared["hover"].iloc[0]


def test_the_curve_names_where_choices_land() -> None:
    figure = plot_curve(prepare_curves(curves([None])), MARKS, NAMES, "m", Look(order=("m",)))
    texts = {note.text for note in figure.layout.annotations}
    assert {"Best single layer 31.0", "DiME's pick 30.5"} <= texts
    assert figure.layout.yaxis.title.text == "Mean score (points of 100)"
    assert figure.layout.xaxis.ticktext[0] == "embedding"
    assert figure.layout.xaxis.ticktext[-1] == "output (6)"
    assert "layer 1 to 5" in figure.data[2].hovertemplate


def test_checkpoints_have_a_ring_at_each_best_layer() -> None:
    prepared = prepare_curves(curves([1, 1000, None]))
    figure = plot_checkpoints(prepared, "m", Look())
    rings = figure.data[-1]
    expected = prepared.loc[prepared.groupby("revision")["points"].idxmax()]
    assert sorted(rings.x) == sorted(expected["layer"])
    assert {"step 1", "finished"} <= {note.text for note in figure.layout.annotations}
    assert len(figure.data) == 4


def test_strategies_are_ordered_and_hindsight_is_hollow() -> None:
    prepared = prepare_strategies(STRATEGIES, NAMES)
    look = Look()
    figure = plot_strategies(prepared, look)
    assert list(figure.layout.yaxis.categoryarray) == [
        "Last layer",
        "DiME's pick",
        "Best single layer",
    ]
    hollow = next(trace for trace in figure.data if trace.name == "needs labels")
    assert hollow.marker.color == look.background
    assert list(hollow.x) == [5.0]
    assert "52.0" in {note.text for note in figure.layout.annotations}
    dime = prepared[prepared["strategy"] == "dime"].iloc[0]
    assert "+3.0 [+1.0, +5.0]" in dime["hover"] and "below each task's best 2.0" in dime["hover"]


def test_profiles_show_median_and_what_shifting_gives() -> None:
    table = pd.DataFrame(
        [
            ("dime", "a", 0.9, 0.8, 1.0, 0.5, -0.9, -1.0, -0.7, 25, ""),
            ("dime", "b", 0.7, 0.6, 0.9, 0.3, -0.6, -0.9, -0.2, 25, ""),
            ("dime", "c", np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, 5, "few"),
        ],
        columns=[
            "series",
            "task",
            "distance_correlation",
            "low",
            "high",
            "shifted",
            "rho",
            "rho_low",
            "rho_high",
            "num_layers",
            "reason",
        ],
    )
    prepared = prepare_profiles(table, {"dime": "DiME"})
    assert len(prepared) == 2
    figure = plot_profiles(prepared, Look())
    assert figure.layout.shapes[0].x0 == 0.8
    assert list(figure.data[1].x) == [0.4]
    assert figure.layout.yaxis.ticktext == ("DiME",)
