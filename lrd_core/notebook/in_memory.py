"""A model and a tokenizer that are in memory already, as a loaded model; left as they were."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from lrd_core.errors import InputError
from lrd_core.models.anatomies import learn_anatomy
from lrd_core.models.anatomy import Anatomy
from lrd_core.models.build import trunk
from lrd_core.models.load import LoadedModel
from lrd_core.models.pipeline import PLAIN
from lrd_core.models.resolve import repeatable, resolve_max_length, resolve_pooling
from lrd_core.models.specs import IN_MEMORY, ModelSpec, family_by_direction

MOST_HASHED = 4 * 2**30
"""Bytes of weights that are hashed to name a model: some seconds, less than any pass over them."""


@contextmanager
def loaded_pair(
    model: nn.Module, tokenizer: Any, name: str | None, max_length: int | None
) -> Iterator[LoadedModel]:
    """Within, the pair as a loaded model. Modes, gradients and settings of torch come back.

    Of a model with a head, or of an encoder and a decoder, the part is read that `load_model`
    reads. Weights stay where they are and are not copied.
    Raises: ModelError for a model that cannot be read layer by layer; InputError for a length
        that the model does not have.
    """
    with evaluating(model), repeatable():
        part = _measured_part(model)
        anatomy = learn_anatomy(part, tokenizer)
        spec = _spec(model, anatomy, name)
        weight = next(part.parameters())
        yield LoadedModel(
            spec=spec,
            model=part,
            tokenizer=tokenizer,
            device=weight.device,
            dtype=weight.dtype,
            revision=_revision(part, tokenizer, name),
            pooling=resolve_pooling(spec, PLAIN, anatomy.bidirectional),
            max_length=resolve_max_length(spec, part, tokenizer, PLAIN, max_length),
            num_blocks=anatomy.depth,
            hidden_size=anatomy.width,
        )


def check_pair(pair: Any) -> tuple[nn.Module, Any]:
    """The model and the tokenizer. Raises: InputError saying what is wrong with the pair."""
    if len(pair) != 2:
        raise InputError(f"a pair is (model, tokenizer); {len(pair)} things were given")
    model, tokenizer = pair
    if isinstance(tokenizer, nn.Module) and not isinstance(model, nn.Module):
        raise InputError("a pair is (model, tokenizer), and the tokenizer came first; swap the two")
    if not isinstance(model, nn.Module):
        raise InputError(
            f"a pair is (model, tokenizer), and its first is a {type(model).__name__}; give a "
            "model of transformers there"
        )
    if isinstance(tokenizer, nn.Module) or not callable(tokenizer):
        raise InputError(
            f"a pair is (model, tokenizer), and its second is a {type(tokenizer).__name__}; give "
            "the model's tokenizer there, such as AutoTokenizer.from_pretrained gives"
        )
    weight = next(model.parameters(), None)
    if weight is None or weight.is_meta:
        what = "has no weights" if weight is None else "has its weights on the meta device"
        raise InputError(f"the {type(model).__name__} {what}; load them before it is measured")
    return model, tokenizer


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Within, every module is in eval mode; each goes back to the mode it was in."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training


def _measured_part(model: Any) -> nn.Module:
    whole = getattr(model, "config", None)
    encodes = getattr(whole, "is_encoder_decoder", False) and hasattr(model, "get_encoder")
    return trunk(model.get_encoder() if encodes else model)


def _spec(model: Any, anatomy: Anatomy, name: str | None) -> ModelSpec:
    path = str(getattr(getattr(model, "config", None), "_name_or_path", "") or "")
    called = name or f"{Path(path).name or type(model).__name__} in memory"
    config = getattr(model, "config", None)
    kind = {"model_type": getattr(config, "model_type", "")}
    family = family_by_direction(kind, anatomy.bidirectional)
    return ModelSpec(name=called, id=f"{IN_MEMORY}{called}", family=family)


def _revision(part: nn.Module, tokenizer: Any, name: str | None) -> str:
    """Names the content; empty where it was not looked at and nobody vouches for it by a name."""
    tensors = [*part.named_parameters(), *part.named_buffers()]
    size = sum(tensor.numel() * tensor.element_size() for _, tensor in tensors)
    if size > MOST_HASHED:
        return f"named:{name}" if name else ""
    total = hashlib.sha256(f"{type(part).__qualname__}\n{_settings(part)}\n".encode())
    total.update(_tokenizer_content(tokenizer).encode(errors="surrogatepass"))
    for place, tensor in sorted(tensors):
        total.update(f"\n{place} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        # As bytes, because NumPy knows no bfloat16.
        flat = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        total.update(flat.numpy().data)
    return f"{IN_MEMORY}{total.hexdigest()[:32]}"


def _settings(part: Any) -> str:
    config: Any = getattr(part, "config", None)
    return str(config.to_json_string(use_diff=False)) if hasattr(config, "to_json_string") else ""


def _tokenizer_content(tokenizer: Any) -> str:
    """All that decides which ids a text gets, as far as tokenizers tell it."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None:
        content = json.loads(backend.to_str())
        # What the last call set, for that call alone.
        rules = json.dumps({**content, "truncation": None, "padding": None})
    else:
        vocabulary = tokenizer.get_vocab() if hasattr(tokenizer, "get_vocab") else {}
        rules = repr(sorted(vocabulary.items()))
    names = ("truncation_side", "model_max_length", "special_tokens_map", "do_lower_case")
    return rules + repr([str(getattr(tokenizer, name, None)) for name in names])
