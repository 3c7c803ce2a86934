"""Take a layer: which one, the job that writes it, the folder to download."""

import streamlit as st

from lrd_core.config import load_config
from lrd_core.views import take
from lrd_core.views.best_layer import BestLayer
from lrd_core.views.item_words import item_noun
from pages._shared import state, widgets
from pages._shared.folder_box import draw_folder
from pages._shared.jobs import job_panel

ONE = "one layer"


def draw(found: BestLayer) -> None:
    """Offered for models whose weights can be had: scores of others are numbers alone."""
    offer = take.take_offer(load_config(), found)
    if offer is not None:
        draw_offer(offer)


def draw_offer(offer: take.Offer) -> None:
    """The layer, what the folder will be, and the folder once it is written."""
    with state.section("Take a layer as a model of its own", key="take") as part:
        if not part.open:
            return
        with st.container(horizontal=True, vertical_alignment="bottom"):
            layers = choose_layers(offer)
            # Of pictures and recordings the folder is transformers' own, which turns no vectors.
            components = (
                state.choose_one(
                    "Principal components",
                    (0, 32, 64, 128, 256),
                    key="take_pca",
                    list_box=True,
                    show=lambda kept: str(kept) if kept else "none",
                    help="Keep so many directions of the texts of the first scored task.",
                )
                if item_noun(offer.model) == "text"
                else 0
            )
        payload = take.offered_payload(load_config(), offer, layers, int(components))
        st.caption(widgets.plain(take.offer_words(offer, layers, int(components))))
        st.code(take.take_command(payload), language="bash", wrap_lines=True)
        folder = take.taken_folder(load_config(), payload)
        if folder is not None:
            draw_folder(folder)
            return
        label = take.job_label(offer, layers)
        job_panel("take", payload, "Write the folder", key="take_job", job_label=label, wants="cpu")


def choose_layers(offer: take.Offer) -> tuple[int, ...]:
    """One layer, or a set that was scored; a layer that is in it twice weighs twice."""
    way = ONE
    if offer.sets:
        way = state.choose_one("Vectors", [ONE, *offer.sets], key="take_way", list_box=True)
    if way != ONE:
        return offer.sets[way].layers
    layer = state.number("Layer to take", 0, offer.num_blocks, key="take_layer", default=offer.best)
    return (int(layer),)
