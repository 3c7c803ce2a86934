"""Overview: what the layers do, in a sentence and a figure; what else is here, and where to go."""

from collections.abc import Sequence

import streamlit as st

from lrd_core.views.command_text import run_command
from lrd_core.views.overview import CoverageView, Overview, overview
from lrd_core.views.ready import ReadyView
from pages._overview import story
from pages._shared import cache, state, widgets


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


def what_is_here(view: CoverageView, sentence: str) -> None:
    """How much is in the store, and the grid of models and tasks."""
    st.header("What is here", anchor=False)
    st.caption(widgets.plain(sentence))
    widgets.draw(view, "coverage")


def what_it_shows(findings: Sequence[str]) -> None:
    """Findings, a line each."""
    if not findings:
        return
    st.header("What it shows too", anchor=False)
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
    widgets.end_page()
widgets.stop_if_nothing_is_chosen("Overview")
widgets.page_header("Overview", shown.headline.sentence or shown.sentence)
story.through_the_layers(shown.headline, shown.around)
left, right = widgets.side_by_side([3, 2], key="overview")
with left:
    judged = st.container()
    what_it_shows(shown.findings)
with right:
    where_to_look(shown.ready)
what_is_here(shown.coverage, shown.sentence)
with judged:  # last, as it takes longest: all else is there meanwhile
    story.verdicts()
