"""What is said of maps of texts: how far they can be trusted, how they were made."""

from collections.abc import Mapping, Sequence

import pandas as pd

from lrd_core.jobs.estimate import map_seconds
from lrd_core.numbers import decimals, percent, whole
from lrd_core.projection.umap import NAME
from lrd_core.views.maps import Maps, Side
from lrd_core.views.own_point import BETWEEN
from lrd_core.views.retention import RETENTION_K, kept_by_transition, largest_loss, share_kept

POOR_TRUST = 0.8


def sentence(side: Side, layer: int) -> str:
    """What the map of a layer keeps, and what the next block will do, in plain words."""
    run, drawn, retention = side.run, side.drawn, side.retention
    place = drawn.place(layer)
    kept, trusted = drawn.preservation[place], drawn.trustworthiness[place]
    text = (
        f"{run['model']} on {run['task']}, layer {layer} of {run['num_blocks']}: the map keeps "
        f"{percent(kept)} of each {side.noun}'s {drawn.k} nearest neighbours "
        f"(trustworthiness {decimals(trusted)})"
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


def step_names(side: Side, layers: Sequence[int], beside: Mapping[int, str]) -> list[str]:
    """Each layer in words; beside: what the second map shows then, where it follows."""
    blocks = side.run["num_blocks"]
    return [
        f"layer {layer} of {blocks}" + (f"; right: {beside[layer]}" if beside else "")
        for layer in layers
    ]


def kept_names(side: Side) -> list[str]:
    """What each transition keeps, in words."""
    return [
        f"{percent(share)} of nearest neighbours kept from layer {layer} to {layer + 1}"
        for layer, share in enumerate(kept_by_transition(side.retention).tolist())
    ]


def kept_caption(side: Side) -> str:
    """What the bars behind the layers are, and where the least is kept."""
    kept, loss = kept_by_transition(side.retention), largest_loss(side.retention)
    if loss is None:
        return "No neighbour lists are stored for this run."
    noun = side.noun
    return (
        f"Bars: share of each {noun}'s {RETENTION_K} nearest neighbours kept from one layer to the "
        f"next, mean of {whole(side.retention.shape[1])} {noun}s, from 0 to 100%. Least from layer "
        f"{loss} to {loss + 1}: {percent(float(kept[loss]))}."
    )


def arrows_line(side: Side, k: int) -> str:
    """What arrows on a map lead to."""
    return (
        f"Arrows lead to the ringed {side.noun}'s {k} true neighbours by cosine; kept, gained and "
        "lost are told against the layer before."
    )


def own_line(drawn: bool) -> str:
    """What the star is; "" where there is none."""
    return (
        f"The star is your text, drawn between its {BETWEEN} nearest texts: the maps were made "
        "without it."
        if drawn
        else ""
    )


def time_to_draw(run: pd.Series) -> str:
    """How long the maps of a run take, in words."""
    seconds = map_seconds(int(run["num_blocks"]), int(run["n"]))
    if seconds < 90:
        return f"about {whole(max(15, round(seconds / 5) * 5))} s"
    return f"about {whole(seconds / 60)} minutes"


def found_words(find: str, found: Sequence[int], main: Side) -> str:
    """How many texts the search found; nothing where nothing was searched."""
    if not find:
        return ""
    return f" {whole(len(found))} of {whole(len(main.texts))} {main.noun}s contain “{find}”."
