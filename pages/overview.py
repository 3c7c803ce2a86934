"""Overview: what the store holds, what it shows first, and where to go from here."""

from collections.abc import Sequence

import streamlit as st

from lrd_core.views.command_text import run_command
from lrd_core.views.depth import DepthView
from lrd_core.views.overview import CoverageView, Overview, overview
from lrd_core.views.ready import ReadyView
from lrd_core.views.strips import StripsView
from pages._shared import cache, cards, cursor_link, name_link, state, widgets


def nothing_yet() -> None:
    """What to do with an empty store."""
    widgets.page_header("Overview", "The store is empty.")
    widgets.empty_state(
        "Start with one model on one text collection",
        "all-MiniLM-L6-v2 and the BBC news texts are installed with the app: no network and no "
        "GPU are needed, and it takes about a minute. The results appear here by themselves.",
        button="Start a run",
        page="pages/runs.py",
        key="overview",
        command=run_command(),
    )


def through_the_layers(view: DepthView | StripsView) -> None:
    """The headline figure; a click on a strip opens its lines."""
    st.header("Through the layers", anchor=False)
    if not view.panels:
        st.caption("The selected models have no profile on the selected tasks.")
        return
    cards.metric_cards([panel.series for panel in view.panels])
    widgets.draw(view, "headline")
    if state.side_by_side():
        cursor_link.follow("headline")
    clicked = name_link.follow("headline")
    if clicked:
        models = tuple(dict.fromkeys(view.runs["model"]))
        query = {"models": models, "view": "Strips", "lift": [clicked]}
        state.open_view("pages/depth.py", query)


def what_is_here(view: CoverageView) -> None:
    """The grid of models and tasks."""
    st.header("What is here", anchor=False)
    widgets.draw(view, "coverage")


def what_it_shows(findings: Sequence[str]) -> None:
    """Findings, a line each."""
    st.header("What it shows", anchor=False)
    for text in findings:
        st.markdown(f"- {widgets.plain(text)}")


def where_to_look(views: Sequence[ReadyView]) -> None:
    """Buttons that open ready views."""
    st.header("Where to look next", anchor=False)
    for view in views:
        with st.container(gap=None):
            title = widgets.plain(view.title)
            if st.button(f"**{title}** →", key=f"open_{view.title}", type="tertiary"):
                state.open_view(view.page, view.query)
            st.caption(widgets.plain(view.text))


shown: Overview | None = cache.read(overview, state.selection(), state.side_by_side())
if shown is None:
    nothing_yet()
    st.stop()
widgets.stop_if_nothing_is_chosen("Overview")
widgets.page_header("Overview", shown.sentence)
left, right = widgets.side_by_side([3, 2], key="overview")
with left:
    through_the_layers(shown.headline)
    what_is_here(shown.coverage)
with right:
    what_it_shows(shown.findings)
    where_to_look(shown.ready)
