"""Write what was taken as a folder, and read it back as another program would."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from lrd_core.errors import ModelError
from lrd_core.pruning.export_modules import Around, save_tokenizer, tail_modules, write_around
from lrd_core.pruning.same_numbers import tolerance
from lrd_core.taking.readout import CutModel
from lrd_core.taking.request import Taken

PROMPT = "as measured"
"""Name under which a folder keeps the prompt that it puts before every text."""


def write_folder(folder: Path, taken: Taken, cut: CutModel) -> None:
    """Weights, configuration, tokenizer and modules; the folder is there and empty.

    Raises: ModelRefusedError where the parent's modules have pickled weights.
    """
    model: Any = cut.model
    model.save_pretrained(folder)
    if len(cut.readout.places) > 1:
        # By this sentence-transformers hands all hidden states on to the module that averages.
        file = folder / "config.json"
        settings = json.loads(file.read_text(encoding="utf-8")) | {"output_hidden_states": True}
        file.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    save_tokenizer(folder, taken.loaded, taken.run.max_length)
    write_around(folder, taken.loaded, _around(taken, cut))


def _around(taken: Taken, cut: CutModel) -> Around:
    pipeline, prompt = taken.loaded.pipeline, taken.run.prompt
    whole = taken.run.tail != "none"
    return Around(
        pooling=str(taken.run.pooling),
        length=taken.run.max_length,
        output=cut.readout.output,
        between=_mean_of(taken, cut),
        after=_after(taken, whole),
        # A default prompt of the parent's was off when the layer was measured.
        prompts=dict(pipeline.prompts) | ({PROMPT: prompt} if prompt else {}),
        default_prompt=PROMPT if prompt else None,
        truncate_dim=pipeline.truncate_dim if whole else None,
    )


def _mean_of(taken: Taken, cut: CutModel) -> tuple[Any, ...]:
    """The module that averages hidden states, where there are several."""
    from sentence_transformers.sentence_transformer import modules

    places = cut.readout.places
    if len(places) < 2:
        return ()
    weights = torch.zeros(max(places) + 1)
    weights[list(places)] = torch.tensor(list(taken.weights.values()), dtype=weights.dtype)
    states = _number_of_states(cut)
    padded = torch.cat([weights, torch.zeros(states - len(weights))])
    return (
        modules.WeightedLayerPooling(
            taken.loaded.hidden_size,
            num_hidden_layers=states - 1,
            layer_start=0,
            layer_weights=torch.nn.Parameter(padded, requires_grad=False),
        ),
    )


def _number_of_states(cut: CutModel) -> int:
    model: Any = cut.model
    where = next(model.parameters()).device
    ids = torch.ones(1, 2, dtype=torch.long, device=where)
    with torch.inference_mode():
        found = model(input_ids=ids, attention_mask=torch.ones_like(ids), output_hidden_states=True)
    return len(found.hidden_states)


def _after(taken: Taken, whole: bool) -> tuple[Any, ...]:
    from sentence_transformers.sentence_transformer import modules

    if whole:
        return tail_modules(taken.loaded, taken.scaled)
    projected = () if taken.components is None else (taken.components.as_module(),)
    return (*projected, modules.Normalize()) if taken.scaled else projected


def check_folder(folder: Path, taken: Taken, texts: Sequence[str]) -> float:
    """Load the folder as sentence-transformers does and compare every vector with ours.

    Returns: the largest difference of any value.
    Raises: ModelError where the folder does not load or gives other numbers.
    """
    from sentence_transformers import SentenceTransformer

    ours = taken.embed(list(texts))
    alone = taken.loaded.anatomy.batching != "any"
    try:
        model = SentenceTransformer(
            str(folder), device=str(taken.loaded.device), local_files_only=True
        )
        theirs = model.encode(
            list(texts), batch_size=1 if alone else 8, show_progress_bar=False
        ).astype(np.float64)
    except Exception as error:  # a model of anyone's making may raise anything
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(
            f"the folder of {taken.loaded.spec.name} does not load in sentence-transformers "
            f"({reason[:200]}), so it was not kept"
        ) from error
    off = float(np.abs(theirs - ours).max()) if theirs.shape == ours.shape else math.inf
    allowed = tolerance(torch.empty(0, dtype=taken.loaded.dtype)) * max(1.0, np.abs(ours).max())
    if not off <= allowed:
        raise ModelError(
            f"the folder of {taken.loaded.spec.name} gives other vectors than were measured (by up "
            f"to {off:.1e}), so it was not kept; report the model with this message"
        )
    return off
