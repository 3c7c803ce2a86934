"""From a model's folder to the module that is measured: configuration, weights, own buffers."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import torch
import transformers
from transformers.utils import logging as transformers_logging

from lrd_core.errors import LrdError, ModelError, ModelRefusedError
from lrd_core.models import typeseg  # noqa: F401  (its import registers the architecture)
from lrd_core.models.code_permission import require_permission
from lrd_core.models.fill import refuse_unfillable
from lrd_core.models.left_over import refuse_left_over
from lrd_core.models.own_code import fill_buffers
from lrd_core.models.probe import trunk_path
from lrd_core.models.resolve import resolve_dtype, text_config
from lrd_core.models.specs import ModelSpec
from lrd_core.models.weights import WeightsFolder

HAS_ENCODER_ALONE = ("mt5", "t5", "umt5")
"""Encoder-decoders whose encoder transformers loads without the decoder's weights."""


def trunk(model: torch.nn.Module) -> torch.nn.Module:
    """The part of a model that returns a vector for each token; mostly the model itself."""
    path = trunk_path(model)
    return model.get_submodule(path)


def read_config(
    spec: ModelSpec, folder: WeightsFolder, code: bool, more: Mapping[str, Any] = {}
) -> Any:
    """The parsed configuration, once it is clear that it needs no code that was not allowed."""
    model_type = folder.config.get("model_type")
    known = isinstance(model_type, str) and model_type in transformers.CONFIG_MAPPING
    require_permission(spec, folder.transformer_path, code, known)
    if not known and not folder.own_code:
        raise ModelError(
            f"{spec.name} has the model type {model_type!r}, which transformers "
            f"{transformers.__version__} does not know; try a newer version"
        )
    settings = transformers.AutoConfig.from_pretrained(
        folder.transformer_path, trust_remote_code=code, **more
    )
    refuse_unfillable(spec.name, folder.transformer_path, text_config(settings))
    return settings


def precision_of(dtype: str, where: torch.device, spec: ModelSpec, settings: Any) -> torch.dtype:
    counted = dtype != "auto" or where.type == "cpu" or spec.parameters is not None
    return resolve_dtype(dtype, where, spec.parameters if counted else count_parameters(settings))


def count_parameters(settings: Any) -> int:
    with torch.device("meta"):
        model = transformers.AutoModel.from_config(settings)
    return sum(parameter.numel() for parameter in model.parameters())


def build_model(
    spec: ModelSpec,
    folder: WeightsFolder,
    settings: Any,
    dtype: torch.dtype,
    code: bool,
    head: bool,
    part: str = "",
) -> torch.nn.Module:
    """part: how names of what is read begin in a checkpoint that holds more (a vision tower)."""
    auto = _architecture(spec, settings, head)
    model, report = auto.from_pretrained(
        folder.transformer_path,
        config=settings,
        dtype=dtype,
        use_safetensors=True,
        trust_remote_code=code,
        local_files_only=True,
        output_loading_info=True,
    )
    missing = set(report["missing_keys"])
    if not head and getattr(settings, "is_encoder_decoder", False):
        whole, model = model, model.get_encoder()
        missing &= _names_within(whole, model)
    # transformers fills what it misses with random numbers; no metric may be computed on those.
    random = sorted(key for key in missing if "pooler" not in key.split("."))
    if random:
        remedy = "use a language model" if head else "fetch the model again"
        raise ModelError(
            f"the weights of {spec.name} lack {len(random)} tensors, such as {random[0]}; {remedy}"
        )
    unread = [name for name in report["unexpected_keys"] if name.startswith(part)]
    refuse_left_over(spec.name, model.state_dict().keys(), unread)
    if folder.own_code:
        fill_buffers(spec.name, model, settings, auto)
    loaded: torch.nn.Module = model
    return loaded


def _names_within(whole: torch.nn.Module, part: torch.nn.Module) -> set[str]:
    """Names, in the whole, of the parameters of a part."""
    own = {id(parameter) for parameter in part.parameters()}
    named = whole.named_parameters(remove_duplicate=False)
    return {name for name, parameter in named if id(parameter) in own}


def _architecture(spec: ModelSpec, settings: Any, head: bool) -> Any:
    """The Auto class that builds what is measured; of an encoder-decoder that is the encoder."""
    alone = settings.model_type in HAS_ENCODER_ALONE
    if not alone and not getattr(settings, "is_encoder_decoder", False):
        return transformers.AutoModelForCausalLM if head else transformers.AutoModel
    if head:
        raise ModelError(
            f"{spec.name} is an encoder-decoder, of which the encoder is read, so it has no "
            "perplexity; use a language model"
        )
    return transformers.AutoModelForTextEncoding if alone else transformers.AutoModel


@contextlib.contextmanager
def plain_errors(spec: ModelSpec, folder: WeightsFolder) -> Iterator[None]:
    """Silence transformers' own reports and say its errors in one line."""
    verbosity = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    except LrdError:
        raise
    except Exception as error:  # a library, or a model's own code: anything may come out of it
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        kind = ModelRefusedError if "trust_remote_code" in str(error) else ModelError
        raise kind(f"{spec.name} cannot be loaded from {folder.path}: {reason}") from error
    finally:
        transformers_logging.set_verbosity(verbosity)
        transformers_logging.enable_progress_bar()
