"""The same texts at the layers before, at and after an event: do their neighbours change?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.numbers import percent
from lrd_core.runs.items import PICTURE
from lrd_core.views.maps import Side, read_side
from lrd_core.views.retention import kept_by_transition
from lrd_core.views.view import View


@dataclass(frozen=True)
class StoryMapsRequest:
    """Which run, and which of its layers, ascending."""

    run_key: str
    layers: tuple[int, ...]


@dataclass(frozen=True)
class StoryMapsView(View):
    """Maps of one run side by side: `table` has layer, row, text_index, x, y, text, label.

    layers: in the order of the maps. kept: share of the nearest neighbours that stay from each of
    them to the next one, mean over texts. pictures: addresses of small pictures, one a row; none
    where items cannot be seen.
    """

    layers: tuple[int, ...] = ()
    kept: tuple[float, ...] = ()
    pictures: tuple[str, ...] = ()

    def table_at(self, layer: int) -> pd.DataFrame:
        """One row a text at a layer."""
        return self.table[self.table["layer"] == layer].reset_index(drop=True)


def story_maps(config: Config, request: StoryMapsRequest) -> StoryMapsView | None:
    """The maps of these layers, with what stays between them; None for a run without maps.

    Raises: InputError for a layer without a map.
    """
    try:
        side = read_side(config, request.run_key)
    except InputError:
        return None
    rows = [_at(side, layer) for layer in request.layers]
    kept = kept_by_transition(side.retention)
    first = list(request.layers[:-1])
    return StoryMapsView(
        table=pd.concat(rows, ignore_index=True),
        sentence=_sentence(request.layers, kept, side.noun),
        runs=side.run.to_frame().T,
        alt=f"Maps of the same {side.noun}s at layers {request.layers[0]} to {request.layers[-1]}.",
        layers=request.layers,
        kept=tuple(kept[first]),
        pictures=tuple(side.texts.get(PICTURE, ())),
    )


def _at(side: Side, layer: int) -> pd.DataFrame:
    points = side.drawn.points[side.drawn.place(layer)]
    texts = side.texts[["row", "text_index", "text", "label"]]
    return texts.assign(layer=layer, x=points[:, 0], y=points[:, 1])


def _sentence(layers: tuple[int, ...], kept: np.ndarray, noun: str) -> str:
    """What stays from layer to layer here, beside what stays in the median step of the model."""
    steps = [f"{percent(kept[layer])} from layer {layer} to {layer + 1}" for layer in layers[:-1]]
    usual = percent(float(np.median(kept)))
    return (
        f"Of each {noun}'s nearest neighbours stay {' and '.join(steps)}; in the median step of "
        f"this model, {usual}."
    )
