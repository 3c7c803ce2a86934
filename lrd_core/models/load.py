"""Load a model and its tokenizer, ready for extraction or perplexity."""

import functools
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
import transformers

from lrd_core.config import Config
from lrd_core.errors import ModelError
from lrd_core.models.anatomies import anatomy_of
from lrd_core.models.anatomy import Anatomy
from lrd_core.models.build import (
    HAS_ENCODER_ALONE,
    build_model,
    count_parameters,
    plain_errors,
    precision_of,
    read_config,
)
from lrd_core.models.code_permission import code_reading, is_allowed, staying_with_its_model
from lrd_core.models.modality import NOT_KNOWN, modality_of_folder
from lrd_core.models.own_code import unused_code
from lrd_core.models.pipeline import PLAIN, Pipeline, read_pipeline
from lrd_core.models.reader import ItemReader
from lrd_core.models.reading import describe_notes, describe_reading
from lrd_core.models.resolve import make_deterministic, resolve_device, resolve_dtype, text_config
from lrd_core.models.senses import sense_of
from lrd_core.models.specs import (
    ModelSpec,
    all_models,
    family_by_direction,
    find_model,
    known_model,
    with_revision,
)
from lrd_core.models.weights import WeightsFolder, confirm_unchanged, locate_weights
from lrd_core.settings import BASE_LM, DECODER, RunSettings

__all__ = [
    "LoadedModel",
    "ModelFacts",
    "load_causal_lm",
    "load_model",
    "model_facts",
    "resolve_device",
    "resolve_dtype",
]

_HAS_ENCODER_ALONE = HAS_ENCODER_ALONE
"""Its name of 0.2.0, by which scripts that build tiny models ask for it here."""


@dataclass(frozen=True)
class LoadedModel:
    """A model in eval mode on its device, and everything a cache key needs to know about it.

    `revision` is the hub's commit, a pack's own, or `files:` and a digest over a folder's files.
    `pooling` and `max_length` are resolved. `max_length` counts tokens. `reading` says in a few
    words what else can change a number beyond files and settings; empty for most models.
    `notes` are sentences to show wherever the model's numbers appear. `reader` stands in place of
    the tokenizer where a model reads no texts; `max_length` then counts patches or frames.
    `place` is where its weights lie; None for one that was made in memory.
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
    reading: str = ""
    notes: tuple[str, ...] = ()
    pipeline: Pipeline = PLAIN
    reader: ItemReader | None = None
    place: Path | None = None

    @property
    def modality(self) -> str:
        """The kind of items that it reads."""
        return self.spec.modality

    @property
    def aside(self) -> int:
        """Positions at the start of every item that stand for no part of it; `cls` alone reads
        them. Those of texts, such as [CLS], are pooled with the rest."""
        return self.reader.leading if self.reader else 0

    @property
    def pathless(self) -> str:
        """Why the positions of an item do not follow one another; empty where they do."""
        return self.reader.pathless if self.reader else ""

    @property
    def read_otherwise(self) -> dict[str, str]:
        """What a key adds for a model that is read otherwise than its files alone say."""
        return {"reading": self.reading} if self.reading else {}

    def came_to(self, settings: RunSettings) -> RunSettings:
        """These settings with what they leave open or have in vain as it is with this model.

        Raises: InputError for a tail that does not exist.
        """
        return replace(
            settings,
            pooling=settings.pooling or self.pooling,
            max_length=self.max_length,
            dtype=str(self.dtype).removeprefix("torch."),
            tail=self.pipeline.resolve_tail(settings.tail),
        )

    @functools.cached_property
    def anatomy(self) -> Anatomy:
        """How its layers are read; known since it was loaded."""
        return anatomy_of(self.model)

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

    `allow_code` names the models whose own code may run: a folder by its full path, others by name
    or id, with @revision where it is not the registry's. `max_length` is at most the number of
    positions the model has; by default 512 or the model's own limit, if that is lower.

    Raises: UnknownNameError, ModelRefusedError (custom code, pickled weights), ModelError (not
        here, incomplete, cannot be read), InputError (device, dtype or max_length).

    Example:
        >>> import lrd_core
        >>> loaded = lrd_core.load_model("all-MiniLM-L6-v2", device="cpu", max_length=64)
        >>> loaded.num_blocks, loaded.hidden_size, loaded.pooling
        (6, 384, 'mean')
    """
    spec = find_model(spec_or_name) if isinstance(spec_or_name, str) else spec_or_name
    spec = spec if revision is None else with_revision(spec, revision)
    code = is_allowed(spec, allow_code)
    where = resolve_device(device)
    resolve_dtype(dtype, where)
    folder = locate_weights(spec, allow_code=code, config=config)
    spec = _of_modality(spec, folder)
    # A registered model is known by its revision, and its own module reads as a plain one.
    pipeline = read_pipeline(folder.path, allow_code=code or known_model(spec.id) is not None)
    make_deterministic()
    with plain_errors(spec, folder), staying_with_its_model():
        settings = read_config(spec, folder, code, pipeline.settings.config)
        if spec.bidirectional:
            text_config(settings).is_causal = False
        sense = sense_of(spec, head)(spec, folder, pipeline, code)
        part, settings = sense.part(settings), sense.settings(settings)
        precision = precision_of(dtype, where, spec, settings)
        model = build_model(spec, folder, settings, precision, code, head, part).to(where).eval()
        found = sense.settle(model.requires_grad_(False), head, max_length, config)
    confirm_unchanged(spec, folder, allow_code=code, config=config)
    anatomy = found.anatomy
    _check_direction(spec, anatomy, head)
    notes = describe_notes(anatomy, found.note, _unused_code(folder), pipeline)
    return LoadedModel(
        spec=_classified(spec, folder, anatomy),
        model=found.model,
        tokenizer=found.tokenizer,
        reader=found.reader,
        device=where,
        dtype=precision,
        revision=folder.revision,
        pooling=found.pooling,
        max_length=found.max_length,
        num_blocks=anatomy.depth,
        hidden_size=anatomy.width,
        reading=describe_reading(spec, anatomy, found.reading, _code(folder), pipeline),
        notes=(*notes, *folder.notes),
        pipeline=pipeline,
        place=folder.transformer_path,
    )


def load_causal_lm(spec_or_name: ModelSpec | str, **options: Any) -> LoadedModel:
    """Load the same weights with their language-model head, for perplexity.

    Takes the options of load_model and raises what it raises; ModelError also where the weights
    hold no such head.
    """
    return load_model(spec_or_name, head=True, **options)


def _of_modality(spec: ModelSpec, folder: WeightsFolder) -> ModelSpec:
    """The spec, with what the model reads as its files say it where nothing else did."""
    if spec.modality != NOT_KNOWN:
        return spec
    return replace(spec, modality=modality_of_folder(folder.transformer_path))


def _code(folder: WeightsFolder) -> str:
    return code_reading(folder.transformer_path, folder.own_code)


def _unused_code(folder: WeightsFolder) -> str:
    return "" if folder.own_code else unused_code(folder.config)


def model_facts(spec: ModelSpec, config: Config | None = None) -> ModelFacts:
    """Blocks, width and parameters of a model, from the registry or else its configuration.

    The parameters are counted on a model without memory, so this is cheap for any size.

    Raises: as load_model for a model that is not here.
    """
    if spec.num_blocks and spec.hidden_size and spec.parameters:
        return ModelFacts(spec.num_blocks, spec.hidden_size, spec.parameters)
    folder = locate_weights(spec, config=config)
    with plain_errors(spec, folder):
        settings = read_config(spec, folder, code=False)
        text = text_config(settings)
        return ModelFacts(text.num_hidden_layers, text.hidden_size, count_parameters(settings))


def _classified(spec: ModelSpec, folder: WeightsFolder, anatomy: Anatomy) -> ModelSpec:
    """The spec, with the family that the probe shows where the registry has none."""
    if spec.id in {entry.id for entry in all_models()}:
        return spec
    family = family_by_direction(folder.config, anatomy.bidirectional)
    if family == BASE_LM and spec.modality != "text":
        family = DECODER  # what predicts a patch from those before it writes no language
    return replace(spec, family=family)


def _check_direction(spec: ModelSpec, anatomy: Anatomy, head: bool) -> None:
    if spec.bidirectional and not anatomy.bidirectional:
        raise ModelError(
            f"{spec.name} is to attend in both directions, and transformers "
            f"{transformers.__version__} reads it causally all the same; try another version"
        )
    if head and anatomy.bidirectional:
        raise ModelError(
            f"{spec.name} reads in both directions, so it has no perplexity; use a language model"
        )
