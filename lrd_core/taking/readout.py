"""Where a cut model shows a layer: tried on two items, not known by name.

A model without a final norm gives layer l once l blocks are left. One with a norm always applies
it, so that the states before it stand among `hidden_states` of a model with one block more.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import nn

from lrd_core.errors import ModelError, PruningError
from lrd_core.extraction.hidden_states import LayerReader
from lrd_core.extraction.inputs import encode, modality_of
from lrd_core.models.batch import Batch
from lrd_core.models.load import LoadedModel
from lrd_core.models.trace import own_states, run, run_safely, token_vectors
from lrd_core.pruning.same_numbers import apart, tolerance
from lrd_core.pruning.surgery import prune


@dataclass(frozen=True)
class Readout:
    """How a cut model gives the layers.

    blocks: the first so many of them stay. places: of its `hidden_states`, one a layer; none
    where `last_hidden_state` is the one layer.
    """

    blocks: int
    places: tuple[int, ...] = ()

    @property
    def output(self) -> tuple[str | int, ...]:
        """The way into a model's output, as sentence-transformers is told it."""
        one = len(self.places) == 1
        return ("hidden_states", self.places[0]) if one else ("last_hidden_state",)

    def weighed(self, weights: Iterable[int]) -> tuple[int, ...]:
        """The places, each as often as its layer weighs in the mean."""
        pairs = zip(self.places, weights, strict=True) if self.places else ()
        return tuple(place for place, weight in pairs for _ in range(weight))


@dataclass(frozen=True)
class CutModel:
    """A model without the blocks behind its layers, and where it shows them."""

    model: nn.Module
    readout: Readout


def cut_after(loaded: LoadedModel, layers: Sequence[int], final_norm: str) -> CutModel:
    """The shortest model that shows these layers, ascending, as extraction reads them.

    Where no block can be cut out, it is the whole model.
    Raises: ModelError where not even that shows them, such as a last layer before the norm.
    """
    batches = list(_batches(loaded))
    expected = [_layers(loaded, batch, layers, final_norm) for batch in batches]
    reasons = []
    for blocks in dict.fromkeys((max(layers), max(layers) + 1, loaded.num_blocks)):
        if not 0 < blocks <= loaded.num_blocks:
            continue
        try:
            model = _shortened(loaded, blocks)
        except PruningError as error:
            reasons.append(str(error))
            continue
        places = _places(model, batches, expected, layers)
        if places is not None:
            return CutModel(model, Readout(blocks, places))
    named = ", ".join(map(str, layers))
    why = f"; {reasons[0]}" if reasons else ""
    raise ModelError(
        f"{loaded.spec.name} shows layer {named} neither as its output nor among its hidden states "
        f"(final_norm {final_norm!r}){why}; take another layer, or final_norm 'hf' or 'all'"
    )


class AsRead(nn.Module):
    """A cut model that gives its layers as `last_hidden_state`, to be timed as it will be used.

    weights: of the layers in their mean.
    """

    def __init__(self, cut: CutModel, weights: Iterable[int]) -> None:
        super().__init__()
        self.model = cut.model
        self.places = cut.readout.weighed(weights)

    def forward(self, **inputs: torch.Tensor) -> Any:
        if not self.places:
            return self.model(**inputs)
        states = own_states(self.model(**inputs, output_hidden_states=True))
        mean = torch.stack([states[place] for place in self.places]).mean(dim=0)
        return SimpleNamespace(last_hidden_state=mean)


def _shortened(loaded: LoadedModel, blocks: int) -> nn.Module:
    if blocks == loaded.num_blocks:
        return loaded.model
    return prune(loaded.model, range(blocks, loaded.num_blocks))


def _batches(loaded: LoadedModel) -> Iterator[Batch]:
    """Both items together where they may share a batch, so that padding is tried too."""
    encoded = encode(loaded, modality_of(loaded.modality).tried())
    places = [[0, 1]] if loaded.anatomy.batching == "any" else [[0], [1]]
    yield from (encoded.batch(np.array(one)).to(loaded.device) for one in places)


def _layers(
    loaded: LoadedModel, batch: Batch, layers: Sequence[int], final_norm: str
) -> Mapping[int, torch.Tensor]:
    """The attended token vectors of each layer, as extraction reads them."""
    seen: dict[int, torch.Tensor] = {}

    def keep(layer: int, tokens: torch.Tensor) -> None:
        if layer in layers:
            seen[layer] = tokens[batch.mask.bool()].clone()

    LayerReader(loaded, final_norm).read(batch.inputs, batch.mask, keep)
    return seen


def _places(
    model: nn.Module,
    batches: Sequence[Batch],
    expected: Sequence[Mapping[int, torch.Tensor]],
    layers: Sequence[int],
) -> tuple[int, ...] | None:
    """Which hidden states are the layers in every batch; none for the model's own output."""
    outputs = []
    with torch.inference_mode():
        for batch in batches:
            output = _shown(model, batch)
            states = [_attended(state, batch) for state in own_states(output)]
            vectors = token_vectors(output, batch.mask)
            outputs.append((None if vectors is None else _attended(vectors, batch), states))
    if len(layers) == 1 and all(
        last is not None and _same(last, wanted[layers[0]])
        for (last, _), wanted in zip(outputs, expected, strict=True)
    ):
        return ()
    found = []
    for layer in layers:
        place = next(
            (
                place
                for place in range(min(len(states) for _, states in outputs))
                if all(
                    _same(states[place], wanted[layer])
                    for (_, states), wanted in zip(outputs, expected, strict=True)
                )
            ),
            None,
        )
        if place is None:
            return None
        found.append(place)
    return tuple(found)


def _shown(model: nn.Module, batch: Batch) -> Any:
    """The output with hidden states, where the model gives them; without, where it refuses to."""
    try:
        return run(model, batch, output_hidden_states=True)
    except Exception:  # any model, of anyone's making, may run here
        return run_safely(model, batch)


def _attended(states: torch.Tensor, batch: Batch) -> torch.Tensor | None:
    if states.ndim != 3 or states.shape[1] < batch.mask.shape[1]:
        return None
    return states[:, : batch.mask.shape[1]][batch.mask.bool()]


def _same(found: torch.Tensor | None, expected: torch.Tensor) -> bool:
    return found is not None and apart(found, expected) <= tolerance(expected)
