"""What is said of maps of texts: how far they can be trusted, how they were made."""

from collections.abc import Sequence

import pandas as pd

from lrd_core.numbers import decimals, percent, whole
from lrd_core.projection.umap import NAME
from lrd_core.views.maps import Maps, Side
from lrd_core.views.retention import share_kept

POOR_TRUST = 0.8


def sentence(side: Side, layer: int) -> str:
    """What the map of a layer keeps, and what the next block will do, in plain words."""
    run, drawn, retention = side.run, side.drawn, side.retention
    place = drawn.place(layer)
    kept, trusted = drawn.preservation[place], drawn.trustworthiness[place]
    text = (
        f"{run['model']} on {run['task']}, layer {layer} of {run['num_blocks']}: the map keeps "
        f"{percent(kept)} of each text's {drawn.k} nearest neighbours (trustworthiness "
        f"{decimals(trusted)})"
    )
    if trusted < POOR_TRUST:
        text += "; do not trust its distances"
    if layer < len(retention):
        stay = float(share_kept(retention[layer]).mean())
        text += f". Nearest neighbours kept from layer {layer} to {layer + 1}: {percent(stay)}"
    return text + "."


def settings_line(drawn: Maps) -> str:
    """How the maps were made, and that neighbours never come from the picture."""
    return (
        f"{NAME}: {drawn.k} exact cosine neighbours, each layer started from the one "
        f"before, seed {drawn.settings['seed']}. Trust is counted in the original space over the "
        "same k; axes have no unit."
    )


def time_to_draw(run: pd.Series) -> str:
    """How long the maps of a run take: measured at 1 s a layer of 1,000 texts on two cores."""
    seconds = 15 + (run["num_blocks"] + 1) * run["n"] / 1000
    if seconds < 90:
        return f"about {whole(max(15, round(seconds / 5) * 5))} s"
    return f"about {whole(seconds / 60)} minutes"


def found_words(find: str, found: Sequence[int], main: Side) -> str:
    """How many texts the search found; nothing where nothing was searched."""
    if not find:
        return ""
    return f" {whole(len(found))} of {whole(len(main.texts))} texts contain “{find}”."
