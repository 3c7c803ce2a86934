"""Load a model and its tokenizer, ready for extraction or perplexity."""

import contextlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
import transformers
from safetensors import SafetensorError
from transformers.utils import logging as transformers_logging

from lrd_core.config import Config
from lrd_core.errors import ModelError, ModelRefusedError
from lrd_core.models import typeseg  # noqa: F401  (its import registers the architecture)
from lrd_core.models.lower_case import lower_case
from lrd_core.models.pipeline import PLAIN, Pipeline, read_pipeline
from lrd_core.models.resolve import (
    make_deterministic,
    resolve_device,
    resolve_dtype,
    resolve_max_length,
    resolve_pooling,
    text_config,
)
from lrd_core.models.specs import (
    ModelSpec,
    all_models,
    family_of,
    find_model,
    known_model,
    with_revision,
)
from lrd_core.models.weights import WeightsFolder, locate_weights

__all__ = [
    "LoadedModel",
    "ModelFacts",
    "load_causal_lm",
    "load_model",
    "model_facts",
    "resolve_device",
    "resolve_dtype",
]

_HAS_ENCODER_ALONE = ("mt5", "t5", "umt5")
_LOADING_ERRORS = (
    *(OSError, ValueError, KeyError, AttributeError, ImportError, RuntimeError),
    SafetensorError,
)


@dataclass(frozen=True)
class LoadedModel:
    """A model in eval mode on its device, and everything a cache key needs to know about it.

    `revision` is the hub's commit, or `sha256:` and 12 digits of the weights of a folder or pack.
    `pooling` and `max_length` are resolved. `max_length` counts tokens.
    """

    spec: ModelSpec
    model: torch.nn.Module
    tokenizer: Any
    device: torch.device
    dtype: torch.dtype
    revision: str
    pooling: str
    max_length: int
    num_blocks: int
    hidden_size: int
    pipeline: Pipeline = PLAIN

    def width(self, pooling: str, tail: str = "none") -> int:
        """Numbers in an embedding of each layer. Raises: ModelError for a tail that cannot fit."""
        return self.pipeline.width(len(pooling.split("+")) * self.hidden_size, tail)


@dataclass(frozen=True)
class ModelFacts:
    """What is known about a model whose weights were not read."""

    num_blocks: int
    hidden_size: int
    parameters: int


def load_model(
    spec_or_name: ModelSpec | str,
    *,
    device: str = "auto",
    dtype: str = "auto",
    revision: str | None = None,
    max_length: int | None = None,
    allow_code: Collection[str] = frozenset(),
    config: Config | None = None,
    head: bool = False,
) -> LoadedModel:
    """Load a model, without its head unless asked.

    `allow_code` names the models whose own code may run. `max_length` is at most the number of
    positions the model has; by default 512 or the model's own limit, if that is lower.

    Raises: UnknownNameError, ModelRefusedError (custom code, pickled weights), ModelError (not
        here, incomplete, cannot be read), InputError (device, dtype or max_length).
    """
    spec = find_model(spec_or_name) if isinstance(spec_or_name, str) else spec_or_name
    spec = spec if revision is None else with_revision(spec, revision)
    code = bool({spec.name.lower(), spec.id.lower()} & {name.lower() for name in allow_code})
    where = resolve_device(device)
    resolve_dtype(dtype, where)
    folder = locate_weights(spec, allow_code=code, config=config)
    spec = _classified(spec, folder)
    # A registered model is known by its revision, and its own module reads as a plain one.
    pipeline = read_pipeline(folder.path, allow_code=code or known_model(spec.id) is not None)
    make_deterministic()
    with _plain_errors(spec, folder):
        settings = _read_config(spec, folder, code, pipeline.settings.config)
        tokenizer = _load_tokenizer(spec, folder, code)
        if pipeline.settings.lower_case:
            lower_case(tokenizer)
        precision = _resolve_dtype(dtype, where, spec, settings)
        model = _load_weights(spec, folder, settings, precision, code, head)
    text = text_config(model.config)
    return LoadedModel(
        spec=spec,
        model=model.to(where).eval().requires_grad_(False),
        tokenizer=tokenizer,
        device=where,
        dtype=precision,
        revision=folder.revision,
        pooling=resolve_pooling(spec, pipeline),
        max_length=resolve_max_length(spec, model, tokenizer, pipeline, max_length),
        num_blocks=int(text.num_hidden_layers),
        hidden_size=int(text.hidden_size),
        pipeline=pipeline,
    )


def load_causal_lm(spec_or_name: ModelSpec | str, **options: Any) -> LoadedModel:
    """Load the same weights with their language-model head, for perplexity.

    Takes the options of load_model and raises what it raises; ModelError also where the weights
    hold no such head.
    """
    return load_model(spec_or_name, head=True, **options)


def model_facts(spec: ModelSpec, config: Config | None = None) -> ModelFacts:
    """Blocks, width and parameters of a model, from the registry or else its configuration.

    The parameters are counted on a model without memory, so this is cheap for any size.

    Raises: as load_model for a model that is not here.
    """
    if spec.num_blocks and spec.hidden_size and spec.parameters:
        return ModelFacts(spec.num_blocks, spec.hidden_size, spec.parameters)
    folder = locate_weights(spec, config=config)
    with _plain_errors(spec, folder):
        settings = _read_config(spec, folder, code=False)
        text = text_config(settings)
        return ModelFacts(text.num_hidden_layers, text.hidden_size, _count_parameters(settings))


def _classified(spec: ModelSpec, folder: WeightsFolder) -> ModelSpec:
    """The spec, with the family read from the configuration where the registry has none."""
    known = {entry.id for entry in all_models()}
    return spec if spec.id in known else replace(spec, family=family_of(folder.config))


def _read_config(
    spec: ModelSpec, folder: WeightsFolder, code: bool, more: Mapping[str, Any] = {}
) -> Any:
    """The parsed configuration, once it is clear that it needs no code that was not allowed."""
    content = folder.config
    model_type = content.get("model_type")
    if model_type not in transformers.CONFIG_MAPPING and not code:
        if "auto_map" in content:
            raise ModelRefusedError(
                f"{spec.name} runs code of its own ({model_type}); it is refused unless you allow "
                f"that model by name: --allow-code {spec.name}"
            )
        raise ModelError(
            f"{spec.name} has the model type {model_type!r}, which transformers "
            f"{transformers.__version__} does not know; try a newer version"
        )
    return transformers.AutoConfig.from_pretrained(
        folder.transformer, trust_remote_code=code, **more
    )


def _load_tokenizer(spec: ModelSpec, folder: WeightsFolder, code: bool) -> Any:
    tokenizer = transformers.AutoTokenizer.from_pretrained(
        folder.transformer, trust_remote_code=code
    )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    if tokenizer.pad_token is None:
        raise ModelError(
            f"the tokenizer of {spec.name} has neither a padding nor an end token, so texts "
            "cannot be batched; set pad_token in its tokenizer_config.json"
        )
    return tokenizer


def _resolve_dtype(dtype: str, where: torch.device, spec: ModelSpec, settings: Any) -> torch.dtype:
    counted = dtype != "auto" or where.type == "cpu" or spec.parameters is not None
    return resolve_dtype(dtype, where, spec.parameters if counted else _count_parameters(settings))


def _count_parameters(settings: Any) -> int:
    with torch.device("meta"):
        model = transformers.AutoModel.from_config(settings)
    return sum(parameter.numel() for parameter in model.parameters())


def _load_weights(
    spec: ModelSpec,
    folder: WeightsFolder,
    settings: Any,
    dtype: torch.dtype,
    code: bool,
    head: bool,
) -> torch.nn.Module:
    model, report = _architecture(spec, settings, head).from_pretrained(
        folder.transformer,
        config=settings,
        dtype=dtype,
        use_safetensors=True,
        trust_remote_code=code,
        local_files_only=True,
        output_loading_info=True,
    )
    # transformers fills what it misses with random numbers; no metric may be computed on those.
    random = sorted(key for key in report["missing_keys"] if "pooler" not in key.split("."))
    if random:
        remedy = "use a language model" if head else "fetch the model again"
        raise ModelError(
            f"the weights of {spec.name} lack {len(random)} tensors, such as {random[0]}; {remedy}"
        )
    loaded: torch.nn.Module = model
    return loaded


def _architecture(spec: ModelSpec, settings: Any, head: bool) -> Any:
    """The Auto class that builds what is measured."""
    if head and family_of({"model_type": settings.model_type}) == "encoder embedder":
        raise ModelError(
            f"{spec.name} reads in both directions, so it has no perplexity; use a language model"
        )
    if settings.model_type in _HAS_ENCODER_ALONE:
        return transformers.AutoModelForTextEncoding
    if getattr(settings, "is_encoder_decoder", False):
        raise ModelError(
            f"{spec.name} is an encoder-decoder ({settings.model_type}); "
            f"only the encoders of {', '.join(_HAS_ENCODER_ALONE)} can be read"
        )
    return transformers.AutoModelForCausalLM if head else transformers.AutoModel


@contextlib.contextmanager
def _plain_errors(spec: ModelSpec, folder: WeightsFolder) -> Iterator[None]:
    """Silence transformers' own reports and say its errors in one line."""
    verbosity = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    except _LOADING_ERRORS as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        kind = ModelRefusedError if "trust_remote_code" in str(error) else ModelError
        raise kind(f"{spec.name} cannot be loaded from {folder.path}: {reason}") from error
    finally:
        transformers_logging.set_verbosity(verbosity)
        transformers_logging.enable_progress_bar()
