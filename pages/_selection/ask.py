"""For my texts: candidates, texts, labels; the job; the ranked layers; the best one to take."""

from collections.abc import Mapping

import streamlit as st

from lrd_core.config import load_config
from lrd_core.views import ask, take
from lrd_core.views.ask import AskRequest, AskView
from lrd_core.views.ask_beyond import Answer, several_table, several_words, smaller_view_of
from lrd_core.views.ask_free import free_table, record_for_people, track_for_people
from lrd_core.views.ask_pick import records_of
from lrd_core.views.ask_time import ask_estimate
from lrd_core.views.combination import combination_words
from pages._selection.ask_choose import choose
from pages._selection.take import draw_offer
from pages._shared import cache, state, widgets
from pages._shared.jobs import job_panel


def draw() -> None:
    """The question on top, the answer or the button that asks below."""
    request = choose()
    if request is None:
        return
    answer = ask.stored_answer(load_config(), request)
    if answer is None:
        offer(request)
        return
    records = cache.read(records_of, *ask.asked_of(answer))
    draw_answer(ask.ask_view_of(question(request), answer, *records), request, answer)
    draw_beyond(question(request), answer)


def question(request: AskRequest) -> dict[str, object]:
    """What the job is given."""
    return ask.question_of(request.models, request.task, request.settings, request.run)


def offer(request: AskRequest) -> None:
    """One job for the whole question, with an estimate."""
    widgets.page_header("Selection", "This was not asked here yet.")
    estimate = ask_estimate(load_config(), request)
    payload = question(request)
    job_panel(
        "ask", payload, "Ask", estimate, key="ask", job_label=f"Which layer for {request.task}"
    )
    st.code(ask.ask_command(payload), language="bash", wrap_lines=True)


def draw_answer(view: AskView, request: AskRequest, answer: Answer) -> None:
    """Sentence, figure, ranked list, what needs no labels elsewhere, the layer to take."""
    widgets.page_header("Selection", view.sentence)
    widgets.draw(view, "ask")
    st.markdown("**Ranked**")
    st.dataframe(view.ranked, hide_index=True, alt="Every model and layer, best first")
    free = free_table(view)
    if len(free):
        st.markdown("**What needs no labels, on these items**")
        st.dataframe(free, hide_index=True, alt="What picks without labels come to here")
    if view.earned and len(view.record):
        st.markdown("**What each way lost on the record by which this layer is chosen**")
        record = record_for_people(view)
        st.dataframe(record, hide_index=True, alt="Regret of each way where it is known")
    if len(view.track):
        st.markdown("**What picks without labels lost on other tasks of this type**")
        st.dataframe(track_for_people(view), hide_index=True, alt="Regret of each way to pick")
        draw_together(answer)
    if view.best is not None:
        draw_offer(take.offer_of(view.best, view.table, request.task, request.run, answer.several))


def draw_together(answer: Answer) -> None:
    """Whether a learnt combination of the metrics is better; counted when it is asked for."""
    with state.section("Are these metrics better together?", key="together") as part:
        if part.open:
            for said in cache.read(combination_words, answer.task_type, answer.task):
                st.caption(widgets.plain(said))


def draw_beyond(asked: Mapping[str, object], answer: Answer) -> None:
    """More than one layer, and shorter or coarser vectors, where the answer has them."""
    several = several_table(answer)
    if len(several):
        st.markdown("**More than one layer, on rows that had no say in it**")
        st.caption(widgets.plain(several_words(answer)))
        st.dataframe(several, hide_index=True, alt="What more than one layer scores")
    if answer.smaller:
        st.markdown("**Shorter and coarser vectors**")
        models = list(dict.fromkeys(str(row["model"]) for row in answer.smaller))
        model = state.choose_one("Of", models, key="smaller_model", default=models[0])
        view = smaller_view_of(asked, answer, model)
        st.caption(widgets.plain(view.sentence))
        widgets.draw(view, "smaller")
