"""Neighbourhoods: the same texts as maps through the layers, and one text's neighbours."""

import streamlit as st

from lrd_core.config import load_config
from lrd_core.views import neighbourhoods, stored
from lrd_core.views.command_text import run_command
from lrd_core.views.lifelines import LifelineRequest
from lrd_core.views.map_words import time_to_draw
from lrd_core.views.maps import needed_metrics
from lrd_core.views.neighbourhoods import MapChoices, MapRequest, MapsView
from pages._neighbourhoods import controls, own_columns, panels, typed
from pages._neighbourhoods.controls import Nearness
from pages._shared import cache, state, widgets
from pages._shared.jobs import job_panel


def nothing_yet() -> None:
    """What to do where the store holds no run of the selection."""
    widgets.page_header("Neighbourhoods", "The store holds no run for this selection yet.")
    widgets.empty_state(
        "No texts to map yet",
        "Maps need one run of a model on a text collection: about a minute without a GPU.",
        button="Start a run",
        page="pages/runs.py",
        key="neighbourhoods",
        command=run_command(metrics=[needed_metrics()]),
    )
    widgets.end_page()


def stop_without_maps(request: MapRequest, choices: MapChoices) -> None:
    """End the page with a job that draws the maps, where some are not drawn yet."""
    missing = choices.without_maps([request.run, request.beside or request.run])
    if not missing:
        return
    wanted = missing[0]
    widgets.page_header("Neighbourhoods", f"{wanted['model']} on {wanted['task']} has no maps yet.")
    widgets.empty_state(
        "Draw the maps",
        "One map a layer, each started from the layer before, so that movement means something. "
        "It runs in the background; the page can be left.",
        key="maps",
    )
    job_panel(
        "projection",
        {"run_keys": [one["run_key"] for one in missing]},
        "Draw the maps",
        time_to_draw(wanted),
        key="maps",
        job_label=f"Maps of {wanted['model']}",
    )
    widgets.end_page()


def lifelines_of(view: MapsView, request: MapRequest, nearness: Nearness) -> None:
    """The lifeline of the text looked at; of two models one each."""
    names = list(dict.fromkeys([request.run, request.beside or request.run]))
    columns = st.columns(2, gap="medium") if len(names) > 1 else [st.container()]
    for index, (name, column) in enumerate(zip(names, columns, strict=True)):
        asked = LifelineRequest(
            request.selection,
            name,
            text=view.focus,
            layer=view.shown[index].layer,
            k=nearness.k,
            closeness=nearness.closeness,
        )
        with column:
            panels.lifeline(asked, key=f"lifeline_{index}")


def draw(request: MapRequest, nearness: Nearness) -> None:
    """The maps and all that hangs on them."""
    view = neighbourhoods.maps(load_config(), request, cache.read, own_columns.uploaded())
    widgets.page_header("Neighbourhoods", view.sentence)
    two = len(view.shown) > 1
    left, right = (st.container(), st.container()) if two else st.columns([3, 2], gap="medium")
    with left:
        panels.clouds(view, request)
    with right:
        lifelines_of(view, request, nearness)
    typed.draw(view, request, nearness.k)


if not cache.read(stored.runs).empty:
    widgets.stop_if_nothing_is_chosen("Neighbourhoods")
offered = cache.read(neighbourhoods.choices, state.selection())
if not offered.names:
    nothing_yet()
chosen = controls.which(offered)
stop_without_maps(chosen, offered)
draw(*controls.how(chosen, offered))
