"""The frame of every page: its top row, what catches its errors, what completes its address."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from lrd_core.config import load_config
from lrd_core.disk import refusal
from lrd_core.errors import LrdError, StoreBusyError
from lrd_core.numbers import whole
from pages._shared import history, scenes_bar, stage, state, toolbars, widgets
from pages._shared.actions import browser_actions, follow_theme
from pages._shared.style import STYLE
from pages._shared.widgets import TOP

RETRY_S = 5.0


@contextmanager
def around(page: str = "overview") -> Iterator[None]:
    """What stands around every page; app.py runs the page, which has this name, inside.

    Draws the top row, turns errors into a box that says what to do, and completes the link to
    copy once the page has registered its whole view.
    """
    scene = st.container()
    left, right = st.columns([9 if state.presenting() else 3, 1], vertical_alignment="top")
    st.session_state[TOP] = left.container()
    row = right.container(horizontal=True, horizontal_alignment="right", key="frame_actions")
    link = row.empty()
    own_scenes = row.empty()
    with row:
        state.switch("Present", key="present", help="The figure fills the screen; Escape leaves.")
    st.html(STYLE)
    if state.presenting():
        stage.draw()
        with scene:
            scenes_bar.draw()
    try:
        yield
    except widgets.PageEnd:
        pass
    except StoreBusyError as error:
        widgets.error_box(error)
        st.caption(f"This page tries again every {whole(RETRY_S)} seconds.")
        _try_again(time.monotonic())
    except LrdError as error:
        widgets.error_box(error)
    except OSError as error:
        refused = refusal(Path(error.filename or load_config().data_dir), error)
        widgets.error_box(refused) if refused else _unforeseen()
    except Exception:
        _unforeseen()
    finally:
        with link:
            browser_actions(["link"], key="copy_view", query=state.full_query())
        if state.presenting():
            with own_scenes:
                scenes_bar.keep(page, state.full_query())
        follow_theme(widgets.look().mode)
        history.follow(state.dragged())
        toolbars.follow()


def _unforeseen() -> None:
    logging.getLogger("lrd").exception("a page failed")
    st.error(
        "This page met an error that was not foreseen. The details are in the log of the "
        "app, in the terminal that started it. Other pages still work."
    )


@st.fragment(run_every=RETRY_S)
def _try_again(drawn: float) -> None:
    """Run the whole page anew, but not while it is drawn itself; drawn: by time.monotonic."""
    if time.monotonic() - drawn > RETRY_S / 2:
        st.rerun()
