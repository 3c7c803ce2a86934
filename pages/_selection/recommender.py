"""Recommend a model: candidates, tasks without labels, a budget; the ranking with its doubts."""

import streamlit as st

from lrd_core.errors import InputError
from lrd_core.numbers import whole
from lrd_core.views.evidence import EvidenceRequest, level_label
from lrd_core.views.recommendation import (
    RIVALS_NOTE,
    RankingChoices,
    RankingRequest,
    RankingView,
    ranking_choices,
    ranking_of,
)
from pages._selection import evidence
from pages._shared import state, widgets

SIZE_STEPS = (0, 25, 50, 100, 150, 300, 500, 1000, 3000, 8000)
"""Largest models, in million parameters; 0 for any size."""


def draw() -> None:
    """The controls on the left, the ranking on the right."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        asked = evidence.choose()
    found = evidence.read(asked)
    offered = ranking_choices(found, state.selection().tasks)
    if len(offered.models) < 2:
        evidence.too_little(found)
        return
    left, right = widgets.side_by_side([2, 5], key="recommender")
    with left:
        request = choose(asked, offered)
    with right:
        if not request.targets or not request.metrics:
            widgets.page_header("Selection", "Choose at least one task and one metric.")
            return
        try:
            view = ranking_of(found, request)
        except InputError as error:
            widgets.page_header("Selection", "This choice leaves nothing to rank.")
            widgets.error_box(error)
            return
        draw_ranking(view)


def choose(asked: EvidenceRequest, offered: RankingChoices) -> RankingRequest:
    """Whom to rank, for which tasks, by what."""
    targets = state.choose_many(
        "Tasks without labels",
        offered.tasks,
        key="targets",
        default=offered.targets,
        help="Their scores are never looked at, even where the store has them.",
    )
    candidates = state.choose_many(
        "Candidates", offered.models, key="candidates", default=offered.models
    )
    limit = state.choose_one(
        "Largest model",
        SIZE_STEPS,
        key="budget",
        list_box=True,
        show=lambda size: f"{whole(size)} million parameters" if size else "any size",
    )
    most = max(min(len(offered.models) - 1, 5), 2)
    shortlist = state.number("Models you can try yourself", 1, most, key="shortlist", default=2)
    metrics = state.choose_many(
        "Rank by", offered.metrics, key="rank_by", default=offered.preferred, show=level_label
    )
    return RankingRequest(
        tuple(targets),
        asked,
        candidates=tuple(candidates),
        metrics=tuple(metrics),
        most_parameters=limit * 1e6 if limit else None,
        shortlist=int(shortlist),
    )


def draw_ranking(view: RankingView) -> None:
    """The ranking, reasons to doubt it, and how the rule did where labels are known."""
    widgets.page_header("Selection", view.sentence)
    if view.thin:
        st.warning(
            "**The evidence is thin.** "
            + widgets.plain("; ".join(view.thin).capitalize() + ".")
            + " Treat the order as a place to start looking."
        )
    widgets.draw(view, "ranking")
    st.markdown("**Tried on tasks with labels**")
    st.dataframe(
        view.rivals, hide_index=True, alt="The ranking rule against size alone on tasks held out"
    )
    st.caption(RIVALS_NOTE)
