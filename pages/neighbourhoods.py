"""Neighbourhoods: the same texts as maps through the layers, and one text's neighbours."""

import plotly.graph_objects as go
import streamlit as st

from lrd_core.plots.neighbourhoods import Panel, plot_maps
from lrd_core.views import neighbourhoods
from lrd_core.views import stored as results
from lrd_core.views.command_text import run_command
from pages._shared import cache, chart_link, map_panels, player, state, widgets
from pages._shared.jobs import job_panel

NOTHING, SAME = "nothing", "another layer of the same model"
runs = cache.read(results.runs)
if not runs.empty:
    widgets.stop_if_nothing_is_chosen("Neighbourhoods")
picked = state.selection().pick_runs(runs)
names = {f"{run['model']} on {run['task']}": run for _, run in picked.iterrows()}
stored = cache.read(neighbourhoods.projections, list(picked["run_key"]))
drawn_first = sorted(names, key=lambda name: names[name]["run_key"] not in set(stored["run_key"]))

if not names:
    widgets.page_header("Neighbourhoods", "The store holds no run for this selection yet.")
    widgets.empty_state(
        "No texts to map yet",
        "Maps need one run of a model on a text collection: about a minute without a GPU.",
        button="Start a run",
        page="pages/runs.py",
        key="neighbourhoods",
        command=run_command(metrics=[neighbourhoods.needed_metrics()]),
    )
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom", key="map_choice"):
    name = state.choose_one("Map of", drawn_first, key="map", list_box=True)
    run = names[name]
    same_task = [other for other in names if other != name and names[other]["task"] == run["task"]]
    twin_name = state.choose_one(
        "Beside it",
        [NOTHING, SAME, *same_task],
        key="twin",
        list_box=True,
        help="A second layer or a second model on the same texts, with linked selection.",
    )
twin_run = None if twin_name == NOTHING else run if twin_name == SAME else names[twin_name]
missing = [
    one
    for one in (run, twin_run)
    if one is not None and not neighbourhoods.default_projection(stored, one["run_key"])
]
if missing:
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
        map_panels.estimate(wanted),
        key="maps",
        job_label=f"Maps of {wanted['model']}",
    )
    st.stop()

main = map_panels.load_side(run, stored)
layers = [int(layer) for layer in main.drawn.layers]
with st.container(horizontal=True, vertical_alignment="bottom", key="map_controls"):
    layer = state.number("Layer", layers[0], layers[-1], key="layer", default=layers[-1])
    player.play_button("layer", layers, label="layers")
    # Not in place: what is read is shared by all visitors, and their own columns are not.
    known = cache.read(neighbourhoods.colour_names, run["run_key"])
    colours = known | map_panels.uploaded_names(main.texts)
    colour = state.choose_one(
        "Colour", list(colours), key="colour", show=colours.__getitem__, list_box=True
    )
    find = st.text_input(
        "Find",
        key="find",
        bind="query-params",
        placeholder="words, a label, or #512",
        help="Texts that contain this are ringed; the rest fades.",
    )
    with st.popover("More", help="Neighbours, lost edges, a column of your own"):
        k = state.number("Neighbours of a text", 3, 30, key="k", default=10)
        metric = state.choose_one(
            "Closeness",
            ["cosine", "centred cosine", "euclidean"],
            key="metric",
            help="Measured in the original space, never on the picture.",
        )
        edges = state.switch(
            "Draw true neighbours",
            key="edges",
            help="Lines to the true neighbours of picked texts; dotted: the map pulled them apart.",
        )
        map_panels.upload(main.texts)

twin, twin_layer = None, None
if twin_run is not None:
    twin = map_panels.load_side(twin_run, stored)
    twin_layer = map_panels.choose_twin_layer(twin, layer, layers, twin_run is run)

focus, picked_ids = map_panels.current_text(main), map_panels.picked_texts()
found = cache.read(neighbourhoods.find_texts, run["run_key"], find) if find else []
sentence = neighbourhoods.sentence(run, main.drawn, layer, main.retention)
if find:
    sentence += f" {len(found):,} of {len(main.texts):,} texts contain “{find}”."
widgets.page_header("Neighbourhoods", sentence)

sides = [(main, layer)]
if twin is not None and twin_layer is not None:
    sides.append((twin, twin_layer))
values = [map_panels.colour_values(side, colour) for side, _ in sides]
joins = [map_panels.edge_lists(side) if edges else None for side, _ in sides]
linked = twin is not None and twin_run is not run and st.session_state.get("link", True)
gliding = map_panels.glides(main)


def panels_at(at: int) -> list[Panel]:
    """The maps when the first one shows layer `at`."""
    made = [map_panels.panel(main, at, values[0], focus, picked_ids, found, joins[0])]
    if twin is not None and twin_layer is not None:
        beside = map_panels.same_depth(twin, at, layers) if linked else twin_layer
        named = not (linked and gliding)
        made.append(
            map_panels.panel(twin, beside, values[1], focus, picked_ids, [], joins[1], named)
        )
    return made


def draw() -> go.Figure:
    """All layers as frames of one figure, or the one layer where there are too many texts."""
    start = layers.index(layer)
    return plot_maps(
        [panels_at(at) for at in (layers if gliding else [layer])],
        widgets.look(),
        colour=neighbourhoods.scale_name(colour, colours[colour]),
        start=start if gliding else 0,
        names=[str(at) for at in layers],
        camera=chart_link.camera_now("view"),
    )


held = chart_link.hold(
    "cloud",
    (
        name,
        main.projection_key,
        twin_name,
        None if linked else twin_layer,
        linked,
        colour,
        focus,
        picked_ids,
        found,
        edges,
        widgets.look(),
        map_panels.upload_mark(),
        None if gliding else layer,
    ),
    draw,
    start=layers.index(layer),
)
table = panels_at(layer)[0].table
left, right = (st.container(), st.container()) if twin else st.columns([3, 2], gap="medium")
with left:
    widgets.show(
        held.figure,
        "cloud",
        height=600,
        on_select=lambda: map_panels.keep_selection("cloud"),
        selection_mode=("points", "box", "lasso"),
        foot=False,
        file_name="map",
        alt=f"Maps of {len(main.texts)} texts of {run['task']} by {run['model']}, one a layer.",
    )
    chart_link.follow(
        "cloud",
        "view",
        clouds=(0, 1) if twin else (0,),
        on_click=map_panels.look_at,
        frame=layers.index(layer) if gliding else None,
        start=held.start,
    )
    columns = st.columns(len(sides))
    for index, (side, at) in enumerate(sides):
        with columns[index]:
            map_panels.trust_strip(side, at, key=f"trust_{index}", named=twin is not None)
    widgets.figure_foot(
        held.figure,
        "cloud",
        table=table,
        file_name="map",
        runs=picked[picked["run_key"].isin([side.run["run_key"] for side, _ in sides])],
        note=map_panels.settings_line(main),
    )
with right:
    two = twin is not None and twin_run is not run
    places = list(st.columns(2, gap="medium")) if two else [st.container()]
    for index, ((side, at), place) in enumerate(zip(sides, places, strict=False)):
        with place:
            map_panels.lifeline_panel(side, at, focus, k, metric, key=f"lifeline_{index}")
map_panels.selection_table(
    table, picked_ids or main.texts["text_index"][found].tolist(), colours[colour]
)
