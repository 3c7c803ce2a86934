"""Strips drawn: cells are the nearest layer unchanged, gaps stay holes, rows know their models."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lrd_core.plots.strips import CELLS, place_rows, plot_strips, prepare_strips, strips_figure
from lrd_core.plots.theme import Look
from lrd_core.views.panel import Panel
from lrd_core.views.strips import StripsView

ROWS = pd.DataFrame(
    {
        "name": ["a", "b", "c"],
        "model": ["a", "b", "c"],
        "family": ["encoder embedder", "encoder embedder", "other"],
        "told": ["0.1", "", "0.3"],
    }
)


def table() -> pd.DataFrame:
    parts = []
    for name, blocks in (("a", 4), ("b", 2), ("c", 4)):
        values = np.arange(blocks + 1, dtype=float)
        parts.append(
            pd.DataFrame(
                {"name": name, "model": name, "series": "speed", "num_blocks": blocks, "n": 10}
                | {"position": values, "value": values, "reason": None}
            )
        )
    whole = pd.concat(parts, ignore_index=True)
    hole = (whole["name"] == "c") & (whole["position"] == 2)
    return whole.assign(
        value=whole["value"].mask(hole), reason=whole["reason"].mask(hole, "rank 1")
    )


def test_families_have_rows_of_their_own() -> None:
    rows = place_rows(ROWS, ["b"], Look(order=("a", "b", "c")))
    assert rows.places == {"a": 1, "b": 2, "c": 4}
    assert rows.labels[0] == "<b>Encoder embedders (2)</b>"
    assert rows.labels[3] == "<b>Other (1)</b>"
    assert "<b><span style='color:" in rows.labels[2]
    assert rows.models == ("", "a", "b", "", "c")


def test_a_cell_is_the_nearest_layer_unchanged() -> None:
    rows = place_rows(ROWS, (), Look())
    grid = prepare_strips(table(), "speed", rows, "percent")
    assert len(grid["x"]) == CELLS
    assert set(grid["value"][1]) == {0.0, 1.0, 2.0, 3.0, 4.0}
    assert set(grid["value"][2]) == {0.0, 1.0, 2.0}
    assert np.isnan(grid["value"][0]).all()
    at_quarter = int(np.argmin(np.abs(grid["x"] - 25)))
    assert grid["position"][1][at_quarter] == 1
    assert np.isnan(grid["value"][4]).any()


def test_on_the_layer_axis_short_models_end_early() -> None:
    rows = place_rows(ROWS, (), Look())
    grid = prepare_strips(table(), "speed", rows, "layer")
    assert list(grid["x"]) == [0, 1, 2, 3, 4]
    assert np.isnan(grid["value"][2]).tolist() == [False, False, False, True, True]


def test_the_figure_has_a_panel_a_series_marks_gaps_and_numbers() -> None:
    marks = pd.DataFrame(
        {"name": ["a", "b"], "series": "speed", "kind": ["peak", "best"]}
        | {"position": [1.0, 2.0], "num_blocks": [4, 2]}
    )
    view = StripsView(
        table=table(),
        panels=(Panel("speed", "Speed", "radians"),),
        rows=ROWS,
        measure="Peak",
        colours={"speed": (0.0, 4.0)},
        marks=marks,
        lifted=("b",),
    )
    look = Look(order=("a", "b", "c"))
    rows = place_rows(ROWS, view.lifted, look)
    figure = plot_strips(
        view, {"speed": prepare_strips(view.table, "speed", rows, "percent")}, rows, look
    )
    heat = figure.data[0]
    assert heat.type == "heatmap"
    assert list(heat.meta) == ["", "a", "b", "", "c"]
    assert (heat.zmin, heat.zmax) == (0.0, 4.0)
    by_name = {trace.name: trace for trace in figure.data[1:]}
    assert list(by_name["missing"].y) == [4]
    assert "rank 1" in by_name["missing"].customdata[0]
    assert list(by_name["peak"].x) == [25.0]
    assert list(by_name["best"].y) == [2]
    assert figure.layout.shapes[0].line.color == look.colour("b")
    words = {note.text for note in figure.layout.annotations}
    assert {"Peak", "0.1", "–", "<b>Speed (radians)</b>"} <= words
    assert figure.layout.xaxis.title.text == "Depth (% of blocks)"


def test_panels_side_by_side_are_equally_wide() -> None:
    names = ("speed", "twice", "thrice")
    view = StripsView(
        table=pd.concat([table().assign(series=name) for name in names]),
        panels=tuple(Panel(name, name.title(), "radians") for name in names),
        rows=ROWS,
        colours=dict.fromkeys(names, (0.0, 4.0)),
    )
    layout = strips_figure(view, Look(order=("a", "b", "c"))).layout
    domains = [layout[f"xaxis{place}"].domain for place in ("", "2", "3")]
    widths = [right - left for left, right in domains]
    assert widths == pytest.approx([widths[0]] * 3)
    assert (domains[0][0], domains[2][1]) == pytest.approx((0, 1))


def test_a_number_of_texts_that_is_not_known_is_said_to_be_so() -> None:
    look = Look(order=("a", "b", "c"))
    view = StripsView(
        table=table().assign(n=lambda t: t["n"].where(t["name"] != "b", 0)),
        panels=(Panel("speed", "Speed", "radians"),),
        rows=ROWS,
        colours={"speed": (0.0, 4.0)},
    )
    heat = strips_figure(view, look).data[0]
    assert "n=" not in heat.hovertemplate
    assert {heat.text[1][0], heat.text[2][0]} == {"n=10", "n not stated"}
    known = strips_figure(replace(view, table=table()), look).data[0]
    assert known.text is None and "n=%{customdata[2]" in known.hovertemplate
