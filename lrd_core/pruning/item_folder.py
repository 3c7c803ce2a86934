"""A cut model that reads pictures or sound, as a folder that transformers loads, and read back.

sentence-transformers is no part of it: it would pool class tokens, registers and what fills a
window up with the rest, which is another embedding than was measured.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from lrd_core.errors import ModelError, PruningError
from lrd_core.extraction.inputs import encode
from lrd_core.extraction.pooling import pool
from lrd_core.models.batch import Batch
from lrd_core.models.load import LoadedModel
from lrd_core.models.trace import own_states, run, token_vectors
from lrd_core.pruning.exportable import check_exportable
from lrd_core.settings import RunSettings


def write_item_model(folder: Path, loaded: LoadedModel, model: nn.Module) -> str:
    """Weights, configuration, and the settings of what pictures or recordings go through.

    An encoder that loads nowhere by itself, such as Whisper's, is written in its place within the
    whole model, whose other parts stay as they are.

    Returns: where the model is in what transformers' AutoModel gives; "" for all of it.
    Raises: PruningError where the whole model has not one place for it.
    """
    assert loaded.reader is not None, "texts have a tokenizer"
    whole, part = _host(loaded, model)
    whole.save_pretrained(folder)
    loaded.reader.save(folder)
    return part


def read_back(
    folder: Path,
    loaded: LoadedModel,
    items: Sequence[Any],
    run_settings: RunSettings,
    *,
    part: str = "",
    places: Sequence[int] = (),
) -> np.ndarray:
    """Embeddings of items by the folder alone, as transformers loads it, one item at a time.

    loaded: how the model's positions are counted. places: hidden states whose mean is pooled;
    none for the model's own output. Shape: (n_items, d), float32.
    Raises: ModelError where the folder does not load or shows no such states.
    """
    import transformers

    assert loaded.reader is not None, "texts have a tokenizer"
    try:
        whole: Any = transformers.AutoModel.from_pretrained(
            folder, dtype=loaded.dtype, local_files_only=True
        )
        reader = loaded.reader.reread(folder)
    except Exception as error:  # a model of anyone's making may raise anything
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(
            f"the folder of {loaded.spec.name} does not load in transformers ({reason[:200]}), so "
            "it was not kept"
        ) from error
    model = whole.to(loaded.device).eval().get_submodule(part)
    encoded = encode(replace(loaded, reader=reader), items, run_settings)
    found = []
    for place in range(len(items)):
        batch = encoded.batch(np.array([place])).to(loaded.device)
        pooling = str(run_settings.pooling or loaded.pooling)
        vectors = pool(_states(model, batch, places), batch.mask, pooling, aside=loaded.aside)
        found.append(vectors.float().cpu().numpy())
    return np.concatenate(found)


def _host(loaded: LoadedModel, model: nn.Module) -> tuple[Any, str]:
    """What is saved, and where the model is in it."""
    try:
        check_exportable(model)
    except PruningError as error:
        return _in_its_place(loaded, model, error)
    return model, ""


def _in_its_place(loaded: LoadedModel, model: Any, alone: PruningError) -> tuple[Any, str]:
    import transformers

    if loaded.place is None:
        raise alone
    whole: Any = transformers.AutoModel.from_pretrained(
        loaded.place, dtype=loaded.dtype, local_files_only=True, use_safetensors=True
    )
    places = [name for name, module in whole.named_modules() if type(module) is type(model)]
    if len(places) != 1 or not places[0]:
        raise alone
    whole.set_submodule(places[0], model)
    whole.config = model.config
    return whole, places[0]


@torch.inference_mode()  # type: ignore[untyped-decorator]
def _states(model: nn.Module, batch: Batch, places: Sequence[int]) -> torch.Tensor:
    output = run(model, batch, output_hidden_states=True) if places else run(model, batch)
    if not places:
        vectors = token_vectors(output, batch.mask)
        if vectors is None:
            raise ModelError(f"{type(model).__name__} returns no vector for each position")
        return vectors
    states = own_states(output)
    if max(places) >= len(states):
        raise ModelError(f"{type(model).__name__} shows {len(states)} hidden states alone")
    return torch.stack([states[place] for place in places]).mean(dim=0)
