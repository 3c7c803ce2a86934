"""Figures that stay while their view does: drawn once, bounded, never another view's."""

from dataclasses import dataclass, fields
from typing import get_type_hints

import pandas as pd
import plotly.graph_objects as go
import pytest

from lrd_core.plots.figures import FIGURES
from lrd_core.plots.theme import Look
from lrd_core.views.view import View
from pages._shared import drawn


@dataclass(frozen=True)
class Dots(View):
    """A kind of view of its own, with a figure of its own."""


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[View]:
    """Views in the order in which they were drawn; nothing was drawn before."""
    times: list[View] = []

    def draw(view: View, look: Look) -> go.Figure:
        times.append(view)
        return go.Figure(go.Scatter(y=view.table["value"]), {"height": 300})

    monkeypatch.setitem(FIGURES, Dots, draw)
    drawn._kept.clear()
    return times


def dots(value: float) -> Dots:
    return Dots(pd.DataFrame({"value": [value]}))


def test_a_view_is_drawn_once_for_each_look(counted: list[View]) -> None:
    view = dots(1)
    first = drawn.of(view, Look())
    assert drawn.of(view, Look()) is first and len(counted) == 1
    assert drawn.of(view, Look(mode="dark")) is not first
    assert drawn.of(dots(1), Look()) is first and len(counted) == 2
    assert drawn.of(dots(2), Look()) is not first and len(counted) == 3


def test_another_height_is_another_figure(counted: list[View]) -> None:
    figure, high = drawn.of(dots(1), Look()), drawn.of(dots(1), Look(), 400)
    assert (figure.layout.height, high.layout.height) == (300, 400)
    assert drawn.of(dots(1), Look(), 400) is high and len(counted) == 2


def test_only_so_many_are_kept(counted: list[View]) -> None:
    for number in range(drawn.MOST_KEPT + 2):
        drawn.of(dots(number), Look())
    assert len(drawn._kept) == drawn.MOST_KEPT
    drawn.of(dots(drawn.MOST_KEPT + 1), Look())
    assert len(counted) == drawn.MOST_KEPT + 2
    drawn.of(dots(0), Look())
    assert len(counted) == drawn.MOST_KEPT + 3


@pytest.mark.parametrize("kind", FIGURES, ids=lambda kind: kind.__name__)
def test_every_kind_of_view_can_be_told_apart_by_what_it_holds(kind: type[View]) -> None:
    """One that holds a function or an open file could not."""
    named = [get_type_hints(kind)[field.name] for field in fields(kind)]
    assert not [hint for hint in named if "Callable" in str(hint) or "Iterator" in str(hint)]
