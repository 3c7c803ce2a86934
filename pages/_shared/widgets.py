"""What every page is made of: header, figure with its foot, empty states, errors.

    widgets.page_header("Depth", sentence)
    widgets.draw(view, "depth")
    widgets.empty_state("No trials yet", "Choose a model and ...", command="python -m ...")

Text from outside (names of models, tasks, labels, texts) goes through `plain` before it reaches
a Markdown call, and through lrd_core.plots.theme.plot_text before it reaches a figure.
"""

import html
import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from lrd_core.config import load_config
from lrd_core.errors import LrdError
from lrd_core.plots.save import interactive_html
from lrd_core.plots.theme import Look, Mode
from lrd_core.views import offered
from lrd_core.views.differences import differences
from lrd_core.views.pairs import PairView
from lrd_core.views.table_files import csv_text
from lrd_core.views.view import View
from pages._shared import cache, drawn, global_selection, stage, state
from pages._shared.actions import browser_actions

TOP = "_top_slots"
"""Where a page puts its name: the frame makes room for it, beside its own buttons."""
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|$<>~:&^=])")


def plain(text: object) -> str:
    """Text from outside as Markdown that shows exactly this text."""
    return _MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))


class PageEnd(Exception):
    """A page has said all it has to say; see `end_page`."""


def end_page() -> NoReturn:
    """Draw no more of this page; what the frame adds is drawn all the same.

    st.stop() would cut that off too: the link, the theme, the bar of scenes.
    """
    raise PageEnd


def look() -> Look:
    """Light or dark, presenting or not, and the order that colours follow."""
    mode: Mode = "dark" if st.context.theme.type == "dark" else "light"
    chosen = state.selection()
    own = [name for name in chosen.models if name not in chosen.order]  # one revision of a model
    order, together = (*chosen.order, *own), tuple(chosen.models)
    return Look(mode=mode, present=state.presenting(), order=order, together=together)


def colour_chips() -> None:
    """Give each chosen model in the side bar the colour that its lines have; app.py calls it."""
    chosen = state.selection()
    rules = "".join(
        f'.st-key-models [data-tag-index="{place}"] '
        f"{{ border-left: 5px solid {look().colour(model)}; }}"
        for place, model in enumerate(chosen.models)
    )
    st.html(f"<style>{rules}</style>")


def side_by_side(widths: Sequence[int], key: str) -> list[Any]:
    """Columns that stand below each other where the page is too narrow for figures in both."""
    with st.container(key=f"beside_{key}"):
        return st.columns(widths, gap="large")


def page_header(title: str, sentence: str = "") -> None:
    """The page's name and one computed sentence: what is seen for the current selection.

    sentence: plain text, not Markdown; names in it need no escaping.
    """
    with st.session_state.get(TOP) or st.container():
        st.title(title, anchor=False)
        if sentence:
            st.html(f'<p class="lrd-sentence">{html.escape(sentence)}</p>')
        if state.side_by_side():
            apart = cache.read(differences, state.selection())
            st.html(f'<p class="lrd-apart">{html.escape(apart)}</p>')


def figure_of(view: View) -> go.Figure:
    """The view's figure as this page shows it: a presented page gives its first one the stage."""
    return drawn.of(view, look(), stage.take())


def draw(
    view: View,
    key: str,
    *,
    figure: go.Figure | None = None,
    file_name: str | None = None,
    foot: bool = True,
    **chart: Any,
) -> Any:
    """Draw a view: its figure, and below it where the numbers come from and what to take away.

    figure: of this view, where it is drawn already (see figure_of, chart_link.hold). foot: False
    where something else stands between the two (see draw_foot). chart: passed on to st.plotly_chart
    (on_select...). Returns the chart's state.
    """
    figure = figure_of(view) if figure is None else figure
    config = {
        "displaylogo": False,
        "responsive": True,
        "toImageButtonOptions": {"format": "svg", "filename": file_name or key, "scale": 2},
        "modeBarButtonsToRemove": ["autoScale2d", "zoomIn2d", "zoomOut2d"],
    }
    with st.container(key=f"figure_{key}"):
        alt = view.alt or view.sentence
        seen = st.plotly_chart(figure, key=key, theme=None, config=config, alt=alt, **chart)
        if foot:
            draw_foot(view, key, figure, file_name=file_name)
    return seen


def draw_pair(view: PairView, key: str) -> None:
    """Two models number by number: the sentence and the figure, or why there is none."""
    st.markdown(plain(view.sentence))
    if not view.empty:
        draw(view, key)


def draw_foot(view: View, key: str, figure: go.Figure, *, file_name: str | None = None) -> None:
    """Provenance line, notes, copy link, copy command, download menu."""
    provenance = drawn.kept([view], "provenance", lambda: view.provenance)
    lines = [line for line in (*provenance, " ".join(view.notes)) if line]
    if lines:
        text = "<br>".join(html.escape(line) for line in lines)
        st.html(f'<p class="lrd-provenance">{text}</p>')
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        actions = ["link", "command"] if view.command else ["link"]
        browser_actions(actions, key=f"copy_{key}", query=state.full_query(), command=view.command)
        with st.popover("Download", key=f"download_{key}"):
            download_menu(figure, key, view.saved, file_name or key)


def download_menu(figure: go.Figure, key: str, table: pd.DataFrame, file_name: str) -> None:
    """CSV of the data; SVG and PNG through the browser; an HTML file that works offline."""
    st.download_button(
        "CSV, the data",
        data=lambda: csv_text(table),
        mime="text/csv",
        file_name=f"{file_name}.csv",
        key=f"csv_{key}",
        on_click="ignore",
    )
    background = look().background
    st.download_button(
        "HTML, interactive",
        data=lambda: interactive_html(figure, background),
        mime="text/html",
        file_name=f"{file_name}.html",
        key=f"html_{key}",
        on_click="ignore",
    )
    browser_actions(["svg", "png"], key=f"picture_{key}", figure=f"figure_{key}")


def empty_state(
    title: str,
    text: str,
    *,
    button: str | None = None,
    page: str | None = None,
    on_click: Callable[[], None] | None = None,
    command: str | None = None,
    key: str = "empty",
) -> None:
    """Nothing to show yet: what to do next, with one button at most and the command beside it.

    button and page: a button that opens that page. button and on_click: one that acts.
    """
    with st.container(border=True, key=f"empty_{key}"):
        st.header(title, anchor=False)
        st.markdown(text)
        pressed = button and st.button(button, type="primary", key=f"next_{key}", on_click=on_click)
        if pressed and page is not None:
            st.switch_page(page)
        if command:
            st.caption("Or on the command line")
            st.code(command, language="bash", wrap_lines=True)


def stop_if_nothing_is_chosen(title: str) -> None:
    """End the page, with what to do, where the side bar chooses no model or no task."""
    chosen = state.selection()
    if chosen.models and chosen.tasks:
        return
    missing = "model" if not chosen.models else "task"
    page_header(title, f"No {missing} is chosen.")
    empty_state(
        f"Choose a {missing} in the side bar",
        "The side bar says which models and tasks every page shows.",
        button="Choose the usual ones",
        key="nothing_chosen",
        on_click=lambda: global_selection.choose_usual(cache.read(offered.offered)),
    )
    end_page()


def error_box(error: LrdError) -> None:
    """What happened, to which input, what to do now; never a traceback."""
    kind = re.sub(r"(?<!^)(?=[A-Z])", " ", type(error).__name__.removesuffix("Error")).lower()
    titles = {
        "store busy": "The store is busy",
        "store": "The store cannot be used",
        "unwritable": "This folder cannot be used",
        "input": "This cannot be used",
        "task": "These texts cannot be used",
    }
    st.error(f"**{titles.get(kind, 'This cannot be shown')}.** {plain(error)}")


def read_only() -> bool:
    """Whether this app only shows: no runs, no imports, no pruning."""
    return load_config().read_only
