"""Profiles as the Depth page draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from lrd_core.errors import InputError
from lrd_core.metrics.score import declared
from lrd_core.plots.figures import figure_of
from lrd_core.plots.theme import Look
from lrd_core.views.depth import DepthView
from lrd_core.views.findings import find_marks
from lrd_core.views.lines import LINE_COLUMNS, with_variation
from lrd_core.views.panel import Panel
from lrd_core.views.series_names import series_text

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from lrd_core.store.metric_values import Value

Axis = Literal["percent", "layer"]
Mode = Literal["light", "dark"]


def draw(
    run: dict[str, Any], values: Sequence[tuple[str, Value]], axis: Axis, mode: Mode
) -> go.Figure:
    """One panel a series; modes and parameters that are not usual are lines of their own.

    run: what is known of the line: model, family, num_blocks, task and settings. values: (series,
    value), the series followed by a colon and what is not usual.
    Raises: InputError where there is no profile to draw.
    """
    lines = _lines(run, values)
    if lines.empty:
        raise InputError(
            "none of these metrics has a value for each layer, so there is no profile to draw; "
            "read the numbers from table() and matrices"
        )
    series = list(dict.fromkeys(lines["series"]))
    view = DepthView(
        table=lines,
        marks=find_marks(lines),
        panels=tuple(Panel(name, *series_text(name)) for name in series),
        axis=axis,
    )
    return figure_of(view, Look(mode=mode, order=(run["model"],)))


def _lines(run: dict[str, Any], values: Sequence[tuple[str, Value]]) -> pd.DataFrame:
    rows = []
    for called, value in values:
        series, _, variant = called.partition(":")
        known = declared(series)
        if known is None or not known.is_profile or value.position is None:
            continue
        rows.append(run | asdict(value) | {"series": series, "variant": variant})
    return with_variation(pd.DataFrame(rows).reindex(columns=LINE_COLUMNS), None)
