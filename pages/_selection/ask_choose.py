"""What is asked on "For my texts": candidates, texts (a task, pasted, uploaded), what to spend."""

import streamlit as st

from lrd_core.asking.settings import ASK_SETTINGS, AskSettings
from lrd_core.config import load_config
from lrd_core.errors import LrdError
from lrd_core.settings import RunSettings, Setting
from lrd_core.views import ask, runs
from lrd_core.views.ask import AskRequest
from lrd_core.views.ask_time import within_minutes
from pages._shared import own_texts, state, widgets

TEXTS = (50, 100, 200, 500, 1000)
LONGEST = (64, 128, 256, 512)
MINUTES = (0, 1, 5, 15, 60)
OWN = "ask_own"
SETTINGS = {one.name: one for one in ASK_SETTINGS}


def choose() -> AskRequest | None:
    """The question; None where no candidate is left, which is then said."""
    offered = runs.launch_choices()
    models = state.choose_many("Candidates", offered.models, key="ask_models", default=ask.EXAMPLE)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        task = state.choose_one(
            "Texts",
            offered.tasks,
            key="ask_task",
            default=AskRequest().task,
            list_box=True,
            help="Your own: text and label, or sentence1, sentence2, score.",
        )
        labels = state.choose_one(
            "Labels", SETTINGS["labels"].choices, key="ask_labels", default=AskSettings.labels
        )
        texts = state.choose_one("Items read without labels", TEXTS, key="ask_n", default=200)
        longest = state.choose_one("Longest text, tokens", LONGEST, key="ask_length", default=128)
    megabytes, milliseconds, minutes = _spend()
    _own_texts()
    settings = AskSettings(labels=labels, megabytes=megabytes, milliseconds=milliseconds)
    run = RunSettings(n=texts, max_length=longest)
    if not models:
        widgets.page_header("Selection", "Choose at least one model.")
        return None
    return _in_time(AskRequest(tuple(models), task, settings, run), minutes)


def _in_time(request: AskRequest, minutes: int) -> AskRequest | None:
    try:
        request, said = within_minutes(load_config(), request, minutes)
    except LrdError as error:
        widgets.error_box(error)
        return None
    if said:
        st.caption(widgets.plain(said))
    return request


def _spend() -> tuple[int, int, int]:
    """Megabytes, milliseconds, minutes; 0 for any."""
    with st.popover("What I can spend"):
        megabytes = _at_most(SETTINGS["megabytes"])
        milliseconds = _at_most(SETTINGS["milliseconds"])
        minutes = state.choose_one(
            "At most, min",
            MINUTES,
            key="ask_minutes",
            default=0,
            show=lambda value: str(value) if value else "any time",
            help="For the answer: candidates that there is no time for are left out, by the "
            "estimate.",
        )
    return megabytes, milliseconds, minutes


def _at_most(one: Setting) -> int:
    found: int = state.choose_one(
        one.label, one.choices, key=f"ask_{one.name}", default=0, show=one.caption, help=one.help
    )
    return found


def _own_texts() -> None:
    """Pasted or uploaded texts become a task, which is then the one that is asked about."""
    if widgets.read_only():
        return
    with state.section("Your own texts: paste or upload", key=OWN) as part:
        if not part.open:
            return
        texts = own_texts.give(OWN)
        if texts is None:
            return
        columns = own_texts.check(texts, OWN)
        if not st.button("Ask about these texts", type="primary", key="ask_own_use"):
            return
        try:
            own_texts.keep(texts, columns, OWN)
        except LrdError as error:
            widgets.error_box(error)
            return
        state.move("ask_task", columns.name)
        if columns.label is None and not texts.pairs:
            state.move("ask_labels", 0)
        st.rerun()
