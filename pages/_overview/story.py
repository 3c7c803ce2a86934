"""What stands first on the Overview: the headline's figure, the texts around it, the verdicts."""

import html

import streamlit as st

from lrd_core.views.claims import CALLED, verdict_sentence
from lrd_core.views.overview import Headline
from lrd_core.views.story import StoryView
from lrd_core.views.story_maps import StoryMapsRequest, StoryMapsView, story_maps
from pages._claims.cards import COLOURS, judged
from pages._shared import (
    cache,
    cards,
    cursor_link,
    line_focus,
    name_link,
    point_link,
    state,
    widgets,
)


def through_the_layers(view: Headline, around: StoryMapsRequest | None) -> None:
    """The headline figure, and the texts around its event; a click on a strip opens its lines."""
    if not view.panels:
        st.caption("The selected models have no profile on the selected tasks.")
        return
    figure = widgets.figure_of(view)
    widgets.draw(view, "headline", figure=figure, foot=False)
    if around is not None:
        around_it(around)
    widgets.draw_foot(view, "headline", figure)
    cards.metric_cards([panel.series for panel in view.panels])
    if state.side_by_side():
        cursor_link.follow("headline")
    elif isinstance(view, StoryView):
        line_focus.follow("headline")
    clicked = name_link.follow("headline")
    if clicked:
        models = tuple(dict.fromkeys(view.runs["model"]))
        query = {"models": models, "view": "Strips", "lift": [clicked]}
        state.open_view("pages/depth.py", query)


def around_it(request: StoryMapsRequest) -> None:
    """The same texts before, at and after the event; nothing where the run has no maps."""
    view: StoryMapsView | None = cache.read(story_maps, request)
    if view is None:
        return
    st.html(f'<p class="lrd-apart">{html.escape(view.sentence)}</p>')
    widgets.draw(view, "around", foot=False)
    point_link.follow("around", len(view.layers), view.pictures)


def verdicts() -> None:
    """What the store says of the papers' claims, a badge a claim that it settles."""
    every = judged().claims
    st.header("What of the papers holds here", anchor=False)
    st.caption(widgets.plain(verdict_sentence(every)))
    for origin, called in CALLED.items():
        settled = [
            f":{COLOURS[one.verdict(origin)]}-badge[{one.claim.name} {one.verdict(origin)}]"
            for one in every
            if one.claim is not None and one.verdict(origin) in ("holds", "contradicted")
        ]
        if settled:
            st.markdown(f"{called}: {' '.join(settled)}")
    st.page_link("pages/claims.py", label="Every claim, with its number and what would settle it →")
