"""Parts of the Neighbourhoods page: one side's data, selection kept in the URL, lifeline, table."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from lrd_core.errors import LrdError
from lrd_core.plots.gliding import may_glide
from lrd_core.plots.lifelines import plot_lifeline
from lrd_core.plots.neighbourhoods import Panel, prepare_span
from lrd_core.plots.trust import plot_trust
from lrd_core.views import lifelines, neighbourhoods
from lrd_core.views.table_files import csv_text
from pages._shared import cache, state, widgets

UPLOADED = "_uploaded_columns"
PICKED = "_picked_texts"
MOST_IN_LINK = 1_000
MOST_EDGE_TEXTS = 60
MOST_LISTED = 2_000


@dataclass(frozen=True)
class Side:
    """Everything the page needs of one run; the page shows one side or two."""

    run: pd.Series
    projection_key: str
    drawn: neighbourhoods.Maps
    texts: pd.DataFrame
    retention: np.ndarray
    span: tuple[float, float, float, float]


def load_side(run: pd.Series, stored: pd.DataFrame) -> Side:
    """A run's maps, texts and retention; the run must have maps."""
    key = run["run_key"]
    projection = neighbourhoods.default_projection(stored, key)
    drawn = cache.read(neighbourhoods.maps, key, projection)
    assert drawn is not None, "load_side was asked for a run without maps"
    return Side(
        run=run,
        projection_key=str(projection),
        drawn=drawn,
        span=prepare_span(drawn.points),
        texts=cache.read(neighbourhoods.text_table, key),
        retention=cache.read(lifelines.retention_by_text, key),
    )


def estimate(run: pd.Series) -> str:
    """How long the maps of a run take: measured at 1 s a layer of 1,000 texts on two cores."""
    seconds = 15 + (run["num_blocks"] + 1) * run["n"] / 1000
    return (
        f"about {max(15, round(seconds / 5) * 5):.0f} s"
        if seconds < 90
        else (f"about {seconds / 60:.0f} minutes")
    )


def glides(side: Side) -> bool:
    """Whether this many texts move smoothly; more are drawn anew at every layer."""
    return may_glide(len(side.texts))


def same_depth(twin: Side, layer: int, layers: list[int]) -> int:
    """The second map's layer at the same share of the blocks."""
    own = [int(value) for value in twin.drawn.layers]
    return own[round(layer / max(layers[-1], 1) * (len(own) - 1))]


def choose_twin_layer(twin: Side, layer: int, layers: list[int], same_run: bool) -> int:
    """The second map's layer: at the same depth while linked, else a slider of its own."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if not same_run and state.switch("Same depth on both maps", key="link", default=True):
            return same_depth(twin, layer, layers)
        own = [int(value) for value in twin.drawn.layers]
        return int(state.number("Layer of the second map", own[0], own[-1], key="twin_layer"))


def current_text(side: Side) -> int:
    """The text_index that the lifeline is about: from the URL, else the text that changes most."""
    asked = st.query_params.get("text", "")
    if asked.isdecimal() and (side.texts["text_index"] == int(asked)).any():
        return int(asked)
    return int(side.texts["text_index"].iloc[lifelines.most_changed(side.retention)])


def look_at(text: int) -> None:
    """The text that was clicked becomes the one whose lifeline is shown."""
    st.query_params["text"] = str(text)


def keep_selection(chart: str) -> None:
    """Texts inside a lasso or box go into the URL; a double click on the map empties it."""
    selection = st.session_state[chart].selection
    ids = {int(point["customdata"][1]) for point in selection.points if point.get("customdata")}
    st.session_state[PICKED] = sorted(ids)
    state.keep_ids("points", ids if len(ids) <= MOST_IN_LINK else ())


def picked_texts() -> list[int]:
    """The picked texts by text_index: those of the link, or more than a link can hold."""
    return state.selected_ids("points") or (
        st.session_state[PICKED] if len(st.session_state.get(PICKED, ())) > MOST_IN_LINK else []
    )


def let_go() -> None:
    st.session_state[PICKED] = []
    state.keep_ids("points", [])


def colour_values(side: Side, colour: str) -> Mapping[int, pd.Series]:
    """Layer -> what the texts are coloured by, in one read for all layers."""
    if colour.startswith("own:"):
        try:
            own = attach(side.texts, st.session_state[UPLOADED])[colour.removeprefix("own:")]
        except LrdError:  # it fits the first map's texts, not these
            own = pd.Series(np.nan, index=side.texts.index)
        return dict.fromkeys(side.drawn.layers.tolist(), own)
    return cache.read(neighbourhoods.colours, side.run["run_key"], colour, side.projection_key)


def edge_lists(side: Side) -> neighbourhoods.NeighbourLists:
    """What the lines to true neighbours are taken from, for all layers."""
    return cache.read(neighbourhoods.neighbour_lists, side.run["run_key"], side.projection_key)


def panel(
    side: Side,
    layer: int,
    values: Mapping[int, pd.Series],
    focus: int,
    picked: list[int],
    found: list[int],
    lists: neighbourhoods.NeighbourLists | None,
    say_layer: bool = False,
) -> Panel:
    """One map with its colours and marks; picked texts are given by text_index.

    values: of `colour_values`. lists: of `edge_lists`; None draws no lines. say_layer: name the
    layer above the map, which stays as it is while maps glide.
    """
    place = int(np.flatnonzero(side.drawn.layers == layer)[0])
    table = side.texts[["row", "text_index", "text", "label"]].assign(
        x=side.drawn.points[place, :, 0], y=side.drawn.points[place, :, 1], value=values[layer]
    )
    rows = side.texts.loc[side.texts["text_index"].isin(picked), "row"].tolist()
    looked_at = side.texts.loc[side.texts["text_index"] == focus, "row"].tolist()
    joined = (np.empty((0, 2), int),) * 2
    if lists is not None:
        asked = (rows or looked_at)[:MOST_EDGE_TEXTS]
        joined = neighbourhoods.map_edges(lists, layer, asked)
    title = f"{side.run['model']}, layer {layer}" if say_layer else str(side.run["model"])
    return Panel(
        title=title,
        table=table,
        span=side.span,
        picked=rows,
        marked=found,
        focus=looked_at[0] if looked_at else None,
        kept=joined[0],
        lost=joined[1],
    )


def trust_strip(side: Side, layer: int, *, key: str, named: bool) -> None:
    """Trust in the map of every layer, with the one that is shown marked; always in view."""
    if named:
        st.caption(f"{widgets.plain(side.run['model'])}, layer {layer}")
    drawn = side.drawn
    widgets.show(
        plot_trust(
            drawn.layers,
            drawn.trustworthiness,
            drawn.preservation,
            widgets.look(),
            layer=layer,
            k=drawn.k,
        ),
        key,
        height=180,
        foot=False,
        alt="Trustworthiness and share of neighbours kept, for the map of every layer.",
    )


def settings_line(side: Side) -> str:
    """How the maps were made, and that neighbours never come from the picture."""
    made = side.drawn.settings
    return (
        f"Chained UMAP: {side.drawn.k} exact cosine neighbours, each layer started from the one "
        f"before, seed {made['seed']}. Trust is counted in the original space over the same k; "
        "axes have no unit."
    )


def lifeline_panel(side: Side, layer: int, focus: int, k: int, metric: str, *, key: str) -> None:
    """One text through all layers: who its neighbours are, who came and who went."""
    rows = side.texts.loc[side.texts["text_index"] == focus]
    if rows.empty:
        st.caption(f"Text {focus} is not among the texts of {widgets.plain(side.run['model'])}.")
        return
    text = rows.iloc[0]
    labels = [] if pd.isna(text["label"]) else [text["label"]]
    title = " · ".join(widgets.plain(name) for name in (*labels, side.run["model"]))
    st.markdown(f"**Text {focus}** · {title}")
    st.markdown(widgets.plain(f"“{text['text'][:220]}”"))
    try:
        lines = cache.read(lifelines.lifeline, side.run["run_key"], int(text["row"]), k, metric)
    except LrdError as error:
        widgets.error_box(error)
        return
    retention = lifelines.text_retention(lines)
    stay = retention["retention"].mean()
    names = side.texts.set_index("row")
    widgets.show(
        plot_lifeline(lines, retention, names, widgets.look(), layer=layer, k=k),
        key,
        height=430,
        foot=False,
        alt=f"The {k} nearest neighbours of text {focus} at every layer by rank, and how many "
        f"stay from layer to layer; on average {stay:.0%}.",
    )
    table = lifelines.neighbours_at(lines, side.texts, layer)
    st.markdown(f"Neighbours at layer {layer} ({metric}, original space)")
    st.dataframe(table, hide_index=True, width="stretch", height=240, key=f"table_{key}")
    st.download_button(
        "CSV, all layers",
        lambda: csv_text(lifelines.named(lines, side.texts)),
        file_name=f"lifeline_{focus}.csv",
        mime="text/csv",
        key=f"csv_{key}",
        on_click="ignore",
    )


def selection_table(table: pd.DataFrame, picked: list[int], colour: str) -> None:
    """The picked or found texts with what they are coloured by; CSV; a way to let go of them."""
    st.subheader("Picked texts", anchor=False)
    rows = table[table["text_index"].isin(picked)]
    if rows.empty:
        st.caption("Draw a lasso on the map, or search, to list texts here.")
        return
    value = "value" if colour in ("label", "text") else colour
    columns = ["text_index", "label", *(["value"] if colour != "label" else []), "text"]
    shown = rows[columns].rename(columns={"value": value})
    st.dataframe(shown[:MOST_LISTED], hide_index=True, width="stretch", height=280, key="picked")
    with st.container(horizontal=True, vertical_alignment="center"):
        note = "; too many for the link" if len(picked) > MOST_IN_LINK else ""
        st.caption(f"{len(rows):,} of {len(table):,} texts{note}")
        st.download_button(
            "CSV",
            lambda: csv_text(shown),
            file_name="picked_texts.csv",
            mime="text/csv",
            key="picked_csv",
            on_click="ignore",
        )
        st.button("Clear", key="clear_points", on_click=let_go)


def upload(texts: pd.DataFrame) -> None:
    """A visitor's own column to colour by; it stays in this visit."""
    given = st.file_uploader(
        "Your own columns (CSV)",
        type="csv",
        key="own_columns",
        help="One row a text, or a column text_index. Its other columns can be coloured by.",
    )
    if given is None:
        if st.session_state.pop(UPLOADED, None) is not None:
            st.rerun()  # the list of colours, drawn before, still has its columns
        return
    try:
        table = pd.read_csv(given)
        attach(texts, table)
    except (LrdError, ValueError) as error:
        st.error(widgets.plain(error))
        return
    if not table.equals(st.session_state.get(UPLOADED)):
        st.session_state[UPLOADED] = table
        st.rerun()


def upload_mark() -> int | None:
    """Differs when the uploaded table does."""
    own = st.session_state.get(UPLOADED)
    return None if own is None else int(pd.util.hash_pandas_object(own).sum())


def uploaded_names(texts: pd.DataFrame) -> dict[str, str]:
    """The uploaded columns that fit these texts, as colours."""
    own = st.session_state.get(UPLOADED)
    if own is None:
        return {}
    try:
        attach(texts, own)
    except LrdError:
        return {}
    return {
        f"own:{name}": f"{name} (uploaded)"
        for name in own.columns
        if name not in neighbourhoods.OWN_COLUMNS
    }


attach = neighbourhoods.attach_columns
