"""What is drawn of the maps: the clouds, their trust, one text's lifeline, the picked texts."""

from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from lrd_core.config import load_config
from lrd_core.errors import LrdError
from lrd_core.numbers import whole
from lrd_core.plots.gliding import may_glide
from lrd_core.views import lifelines, neighbourhoods
from lrd_core.views.group_profile import group_profile
from lrd_core.views.lifelines import LifelineRequest, LifelineView
from lrd_core.views.neighbourhoods import KEPT_BEFORE, KEPT_NEXT, SEEN, MapRequest, MapsView
from lrd_core.views.table_files import csv_text
from lrd_core.views.view import Selection
from pages._neighbourhoods import own_columns, picking
from pages._shared import cache, chart_link, drawn, stage, widgets

MOST_LISTED = 2_000
THUMBNAIL = st.column_config.ImageColumn("", width=60)
PICTURE_WIDTH = 96
ROW = 34
"""Height of a table's row in pixels; ten of them are in view."""


def clouds(view: MapsView, request: MapRequest) -> None:
    """The maps, the trust in each, and where both come from."""
    look, height, glides = widgets.look(), stage.take(), may_glide(len(view.table))
    starred = tuple(len(one.own) for one in view.shown)  # the text was read since
    # Layer and camera move inside the figure; the rest draws it anew.
    kept = replace(
        request,
        selection=Selection(),
        layer=None if glides else view.layer,
        text=view.focus,
        camera=None,
    )
    figure = chart_link.hold(
        "cloud",
        (kept, view.shown[0].side.projection_key, starred, look, height, own_columns.mark()),
        lambda: drawn.of(view, look, height),
    )
    widgets.draw(
        view,
        "cloud",
        figure=figure,
        on_select=lambda: picking.keep_selection("cloud"),
        selection_mode=("points", "box", "lasso"),
        foot=False,
        file_name="map",
    )
    chart_link.follow(
        "cloud",
        "view",
        clouds=tuple(range(len(view.shown))),
        pictures=view.pictures,
        on_click=picking.look_at,
    )
    picked_texts(view)
    for index, column in enumerate(st.columns(len(view.shown))):
        with column:
            trust(view, index)
    widgets.draw_foot(view, "cloud", figure, file_name="map")


def trust(view: MapsView, index: int) -> None:
    """Trust in the map of every layer, with the one that is shown marked; always in view."""
    shown = view.shown[index]
    if len(view.shown) > 1:
        st.caption(f"{widgets.plain(shown.side.run['model'])}, layer {shown.layer}")
    widgets.draw(neighbourhoods.trust(shown), f"trust_{index}", foot=False)


def lifeline(request: LifelineRequest, key: str) -> None:
    """One text through all layers: who its neighbours are, who came and who went."""
    try:
        view = lifelines.lifeline(load_config(), request, cache.read)
    except LrdError as error:
        widgets.error_box(error)
        return
    if view.text is None:
        st.caption(widgets.plain(view.sentence))
        return
    st.markdown(f"**{view.noun.capitalize()} {request.text}** · {widgets.plain(view.title)}")
    if view.picture is not None:
        st.image(view.picture, width=PICTURE_WIDTH)
    st.markdown(widgets.plain(view.quote))
    if view.audible and st.button("Hear it", key=f"hear_{key}"):
        play(view.run_key, int(view.text["text_index"]))
    figure = widgets.figure_of(view)
    widgets.draw(view, key, figure=figure, foot=False)
    if view.pictures:
        marks = tuple(
            at for at, trace in enumerate(figure.data) if getattr(trace, "mode", "") == "markers"
        )
        chart_link.follow(key, clouds=marks, pictures=view.pictures)
    st.markdown(f"Neighbours at layer {view.layer} ({request.closeness}, original space)")
    nearest(view, key)
    st.download_button(
        "CSV, all layers",
        lambda: csv_text(view.saved),
        file_name=f"lifeline_{request.text}.csv",
        mime="text/csv",
        key=f"csv_{key}",
        on_click="ignore",
    )


def columns_beside(noun: str) -> dict[str, Any]:
    """Of a table that stands beside a map: so narrow that the items, called by a noun, are seen."""
    widths = {"rank": 50, "status": 70}
    columns = {name: st.column_config.Column(width=width) for name, width in widths.items()}
    return columns | {"text": st.column_config.Column(noun, width=240), SEEN: THUMBNAIL}


def nearest(view: LifelineView, key: str) -> None:
    """The neighbours as a table; where they can be heard, a picked one is played."""
    options: dict[str, Any] = {
        "hide_index": True,
        "width": "stretch",
        "height": 240,
        "key": f"table_{key}",
        "column_config": columns_beside(view.noun),
    }
    table(view.nearest, view.run_key if view.audible else "", "neighbour", options)


def table(rows: pd.DataFrame, heard: str, what: str, options: dict[str, Any]) -> None:
    """Items as a table; where they can be heard, a picked one is played.

    heard: the run that the items are of, "" for what cannot be heard. what: one row in a word.
    options: of st.dataframe.
    """
    if not heard:
        st.dataframe(rows, **options)
        return
    picked = st.dataframe(rows, on_select="rerun", selection_mode="single-row", **options)
    chosen = picked["selection"]["rows"]
    st.caption(f"Pick a row to hear that {what}." if not chosen else f"The {what} picked:")
    for row in chosen:
        play(heard, int(rows.iloc[row]["text_index"]))


def play(run_key: str, text_index: int) -> None:
    """One of the recordings of a run, from its start."""
    wav = cache.read(lifelines.wav_of, run_key, text_index)
    if wav is None:
        st.caption("This recording is not on this machine, so it cannot be played.")
    else:
        st.audio(wav, autoplay=True)


def picked_texts(view: MapsView) -> None:
    """The picked or found items, least kept first, and what they keep through the layers."""
    shown, side = view.listed, view.shown[0].side
    if shown.empty:
        st.caption(f"Draw a lasso on the map, or search, to list {side.noun}s here.")
        return
    share = st.column_config.NumberColumn(format="percent", width=90)
    columns: dict[str, Any] = {KEPT_NEXT: share, KEPT_BEFORE: share}
    columns["text"] = st.column_config.TextColumn(side.noun, width="large")
    columns[SEEN] = THUMBNAIL
    options = {
        "hide_index": True,
        "width": "stretch",
        "height": ROW * (min(len(shown), 10) + 1) + 3,
        "row_height": ROW,
        "column_config": columns,
        "key": "picked",
    }
    table(shown[:MOST_LISTED], side.run["run_key"] if side.audible else "", side.noun, options)
    with st.container(horizontal=True, vertical_alignment="center"):
        many = len(view.picked or view.found) > picking.MOST_IN_LINK
        note = "; too many for the link" if many else ""
        count = f"{whole(len(shown))} of {whole(len(view.table))} {side.noun}s"
        st.caption(f"{count}{note}, least kept first")
        st.download_button(
            "CSV",
            lambda: csv_text(shown.drop(columns=SEEN, errors="ignore")),
            file_name="picked_texts.csv",
            mime="text/csv",
            key="picked_csv",
            on_click="ignore",
        )
        st.button("Clear", key="clear_points", on_click=picking.let_go)
    profile = group_profile(view)
    st.markdown(widgets.plain(profile.sentence))
    widgets.draw(profile, "group", foot=False)
