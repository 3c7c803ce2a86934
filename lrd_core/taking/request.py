"""What is taken of a loaded model: its layers as extraction reads them, what follows pooling."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lrd_core.errors import InputError
from lrd_core.extraction.hidden_states import extract
from lrd_core.models.load import LoadedModel
from lrd_core.settings import RunSettings
from lrd_core.taking.components import Components
from lrd_core.taking.settings import (
    AUTO,
    YES,
    TakeSettings,
    check_carried,
    check_layers,
    layer_words,
)


@dataclass(frozen=True)
class Taken:
    """layers: as settings.check_layers gives them. run: with nothing left open. scaled: whether
    vectors end up with length 1.
    """

    loaded: LoadedModel
    layers: tuple[int, ...]
    run: RunSettings
    scaled: bool
    components: Components | None = None

    def pooled(self, items: list[Any]) -> np.ndarray:
        """The mean of the layers' embeddings, (n, d) float32, before components and scaling."""
        found = extract(self.loaded, items, self.run).embeddings
        mean: np.ndarray = found[list(self.layers)].mean(axis=0)
        return mean

    def embed(self, items: list[Any]) -> np.ndarray:
        """What the folder must give for these items."""
        found = self.pooled(items)
        if self.components is not None:
            found = self.components.project(found)
        if not self.scaled:
            return found
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        scaled: np.ndarray = found / np.maximum(lengths, 1e-12)
        return scaled

    @property
    def of_layers(self) -> str:
        """layer 4 of 6, or the mean of layers 3 (twice), 4 of 6."""
        return f"{layer_words(self.layers)} of {self.loaded.num_blocks}"

    @property
    def weights(self) -> dict[int, int]:
        """Each layer once, in order, and how much it weighs in the mean."""
        return dict(Counter(self.layers))


def taken(loaded: LoadedModel, asked: TakeSettings, run: RunSettings) -> Taken:
    """What these settings come to with this model, before components are learnt.

    Raises: InputError for layers that the model does not have and for what no folder carries.
    """
    layers = check_layers(asked, loaded.num_blocks)
    came_to = loaded.came_to(run)
    check_carried(replace(came_to, dtype=run.dtype), layers)
    if came_to.tail != "none" and (asked.pca or len(layers) > 1):
        what = "principal components" if asked.pca else "the mean of several layers"
        raise InputError(
            f"{what} and the model's own tail do not go together; take them with tail 'none'"
        )
    by_model = came_to.tail == "none" and loaded.pipeline.normalises
    scaled = by_model if asked.normalise == AUTO else asked.normalise == YES
    return Taken(loaded, layers, came_to, scaled)
