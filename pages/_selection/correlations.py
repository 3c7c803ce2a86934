"""Which metric predicts which task: the map of correlations, and the models behind one cell."""

from dataclasses import replace
from typing import Any

import streamlit as st

from lrd_core.plots.selection import MOST_NUMBERED_COLUMNS
from lrd_core.views.correlations import (
    MEDIAN,
    CorrelationChoices,
    CorrelationRequest,
    CorrelationView,
    Sort,
    correlation_choices,
    correlations_of,
)
from lrd_core.views.evidence import EvidenceRequest, level_label
from lrd_core.views.evidence_cell import CellView, cell_of
from pages._selection import evidence
from pages._shared import cards, state, widgets

SORTS: dict[Sort, str] = {"type": "task type", "name": "name", "rho": "strength"}
GIVEN = {"plain": "Spearman", "size": "Given model size"}


def draw() -> None:
    """The controls, the map, one of its cells, the medians."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    with row:
        asked = evidence.choose()
    found = evidence.read(asked)
    if not found.correlated:
        evidence.too_little(found)
        return
    with row:
        request = choose(asked)
    metric, task = choose_cell(correlation_choices(found, every=request.every, sort=request.sort))
    view = correlations_of(found, replace(request, metric=metric, task=task))
    widgets.page_header("Selection", view.sentence)
    left, right = places(view)
    with left:
        widgets.draw(
            view, "evidence", selection_mode="points", on_select=lambda: _keep_cell("evidence")
        )
    with right:
        draw_cell(cell_of(found, metric, task))
    draw_medians(view)


def choose(asked: EvidenceRequest) -> CorrelationRequest:
    """The controls of the map itself."""
    given = state.choose_one("Correlation", list(GIVEN), key="given", show=GIVEN.__getitem__)
    sort = state.choose_one("Sort tasks by", list(SORTS), key="sort", show=SORTS.__getitem__)
    every = state.switch("All metrics", key="all", help="Also means and last values of others.")
    return CorrelationRequest(asked, partial=given == "size", every=every, sort=sort)


def choose_cell(offered: CorrelationChoices) -> tuple[str, str]:
    """Metric and task of the scatter: two lists, which a click on the map sets too."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        metric = state.choose_one(
            "Metric",
            offered.metrics,
            key="metric",
            default=offered.metric,
            show=level_label,
            list_box=True,
        )
        task = state.choose_one(
            "Task",
            offered.tasks,
            key="task",
            default=offered.task,
            list_box=True,
            help="Or click a cell of the map.",
        )
    return metric, task


def places(view: CorrelationView) -> tuple[Any, Any]:
    """Where map and scatter stand: side by side, unless the map is wide."""
    if len(view.names) > MOST_NUMBERED_COLUMNS:
        return st.container(), st.container()
    left, right = widgets.side_by_side([7, 5], key="evidence")
    return left, right


def draw_cell(view: CellView) -> None:
    """The models behind one cell."""
    st.markdown(f"**{widgets.plain(view.title)}**")
    st.caption(widgets.plain(view.sentence))
    if not view.empty:
        widgets.draw(view, "scatter")
    cards.metric_cards([view.series])


def draw_medians(view: CorrelationView) -> None:
    """The row of medians as a table, with verdicts."""
    with state.section("Median over tasks, with verdicts", key="medians") as part:
        if not part.open:
            return
        st.dataframe(
            view.named_medians, hide_index=True, alt="Median correlation of each metric over tasks"
        )
        st.caption(
            "LRD paper, 31 models on 30 tasks: distance from first to last layer, neighbour "
            "retention and filtration information all correlate positively, the distance strongest."
        )


def _keep_cell(key: str) -> None:
    points = st.session_state.get(key, {}).get("selection", {}).get("points", [])
    if not points:
        return
    row, metric = points[0]["customdata"][:2]
    st.session_state["metric"] = metric
    if row != MEDIAN:
        st.session_state["task"] = row
