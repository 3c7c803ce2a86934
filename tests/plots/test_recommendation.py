"""The ranking with its uncertainty, and families along depth."""

import numpy as np
import pandas as pd

from lrd_core.plots.recommendation import (
    plot_families,
    plot_ranking,
    prepare_families,
    prepare_ranking,
)
from lrd_core.plots.theme import Look
from lrd_core.views.families import family_table

CANDIDATES = pd.DataFrame(
    [("<b>b", 2, 1.0, 3.0, 0.25, 1.5), ("a", 1, 1.0, 2.0, 0.75, 2.5)],
    columns=["model", "rank", "low", "high", "chance_best", "Distance"],
)


def test_ranks_intervals_and_chances_are_drawn() -> None:
    figure = plot_ranking(prepare_ranking(CANDIDATES), Look(order=("a", "<b>b")), shortlist=1)
    assert list(figure.data[-1].y) == ["a", "&lt;b&gt;b"]
    assert list(figure.data[0].x) == [1.0, 2.0]
    assert {"75%", "25%", "best"} == {note.text for note in figure.layout.annotations}
    assert len(figure.layout.shapes) == 1
    assert "90% within 1 to 2" in figure.data[-1].text[0]


def test_without_evidence_there_are_no_intervals() -> None:
    unknown = CANDIDATES.assign(low=np.nan, high=np.nan, chance_best=np.nan)
    figure = plot_ranking(prepare_ranking(unknown), Look())
    assert len(figure.data) == 1
    assert {note.text for note in figure.layout.annotations} == {"–", "best"}


PEAKS = pd.DataFrame(
    [
        ("a", "base LM", "t", "speed", 0.2),
        ("b", "base LM", "t", "speed", 0.4),
        ("c", "encoder embedder", "t", "speed", 0.9),
        ("c", "encoder embedder", "other", "speed", 0.1),
        ("a", "base LM", "t", "nrs_trend", -0.1),
    ],
    columns=["model", "family", "task", "series", "value"],
)
PANELS = {"speed": ("Fastest", "Depth (%)"), "nrs_trend": ("Trend", "Fraction")}


def shared_task() -> pd.DataFrame:
    tasks = {"speed": ("t",), "nrs_trend": ("t",)}
    return prepare_families(family_table(PEAKS, tasks), tasks)


def test_only_shared_tasks_count() -> None:
    prepared = shared_task()
    speeds = prepared[prepared["series"] == "speed"].set_index("model")["value"]
    assert speeds.to_dict() == {"a": 0.2, "b": 0.4, "c": 0.9}


def test_a_bar_stands_at_the_median_of_the_family() -> None:
    prepared = shared_task()
    pairs = prepared[["series", "family"]].drop_duplicates().itertuples(index=False)
    intervals = {tuple(pair): (0.1, 0.4) for pair in pairs}
    figure = plot_families(prepared, PANELS, Look(), intervals)
    boxes = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert {(round(box.x0), round(box.x1)) for box in boxes} >= {(10, 40)}
    bars = {round(shape.x0, 6) for shape in figure.layout.shapes}
    assert {30.0, 90.0, -0.1} <= bars
    titles = {note.text for note in figure.layout.annotations}
    assert titles == {"Fastest", "Trend"}


def test_nothing_shared_gives_an_empty_table() -> None:
    assert prepare_families(family_table(PEAKS, {}), {}).empty
