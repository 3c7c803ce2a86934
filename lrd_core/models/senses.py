"""What a model is given items through: a tokenizer, an image processor, a feature
extractor.

One class a modality. Each is made before the weights are read, so that what is missing is said at
once, and settled when the model is there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from lrd_core.config import Config
from lrd_core.errors import InputError, ModelError
from lrd_core.models.anatomies import known_anatomy, remember_example, text_example
from lrd_core.models.anatomy import Anatomy
from lrd_core.models.audio import LONGEST_SECONDS, SoundReader, load_extractor, sound_reader
from lrd_core.models.build import trunk
from lrd_core.models.lower_case import lower_case
from lrd_core.models.pipeline import Pipeline
from lrd_core.models.probe import first_states
from lrd_core.models.reader import ItemReader, check_leading
from lrd_core.models.resolve import resolve_max_length, resolve_pooling
from lrd_core.models.specs import ModelSpec
from lrd_core.models.tokens import add_missing_ends, load_tokenizer
from lrd_core.models.vision import PictureReader, load_processor, picture_reader, unmasked
from lrd_core.models.weights import WeightsFolder


@dataclass(frozen=True)
class Settled:
    """What is known of a model once it was tried: see the fields of LoadedModel.

    reading: what can change a number beyond the files, a part of the key. note: the same as a
    sentence without its subject, to be shown.
    """

    model: nn.Module
    anatomy: Anatomy
    pooling: str
    max_length: int
    tokenizer: Any = None
    reader: ItemReader | None = None
    reading: str = ""
    note: str = ""


class Texts:
    """Token ids, by the folder's tokenizer."""

    def __init__(
        self, spec: ModelSpec, folder: WeightsFolder, pipeline: Pipeline, code: bool
    ) -> None:
        self.spec, self.folder, self.pipeline = spec, folder, pipeline
        self.tokenizer = load_tokenizer(spec, folder, code)
        if pipeline.settings.lower_case:
            lower_case(self.tokenizer)

    def settings(self, settings: Any) -> Any:
        """The configuration of what is measured."""
        return settings

    def part(self, settings: Any) -> str:
        """How names of its weights begin in a checkpoint that holds more, given that one's."""
        return ""

    def settle(
        self, model: nn.Module, whole: bool, asked: int | None, config: Config | None
    ) -> Settled:
        """whole: whether the head stays. asked: the longest text in tokens, or None.

        Raises: ModelError, InputError as `load_model`.
        """
        spec, tokenizer = self.spec, self.tokenizer
        model = model if whole else trunk(model)
        anatomy = known_anatomy(
            model, lambda: text_example(model, tokenizer), self.folder.revision, config
        )
        pooling = resolve_pooling(spec, self.pipeline, anatomy.bidirectional)
        mended = add_missing_ends(spec, tokenizer, self.folder, pooling)
        return Settled(
            model,
            anatomy,
            pooling,
            resolve_max_length(spec, model, tokenizer, self.pipeline, asked),
            tokenizer=tokenizer,
            reading=mended,
            note=f"{mended}, as its tokenizer_config.json asks" if mended else "",
        )


class Pictures:
    """Pixels, by the folder's image processor."""

    def __init__(
        self, spec: ModelSpec, folder: WeightsFolder, pipeline: Pipeline, code: bool
    ) -> None:
        self.spec, self.folder = spec, folder
        self.processor = load_processor(spec, folder)

    def settings(self, settings: Any) -> Any:
        """Of a model of texts and pictures (CLIP) those of the vision tower; nothing is hidden."""
        return unmasked(getattr(settings, "vision_config", settings))

    def part(self, settings: Any) -> str:
        """Of a model of both, weights of the vision tower alone are read."""
        return "vision_model." if hasattr(settings, "vision_config") else ""

    def settle(
        self, model: nn.Module, whole: bool, asked: int | None, config: Config | None
    ) -> Settled:
        """Raises: InputError for a length, which pictures do not have;
        ModelError where patches cannot be told from other positions.
        """
        reader = picture_reader(model, self.processor)
        if asked not in (None, reader.positions):
            raise InputError(
                f"max_length {asked} does not fit {self.spec.name}: every picture takes "
                f"{reader.positions} positions; leave it out"
            )
        anatomy = _anatomy(model, reader, self.folder, config)
        pooled = _left_out(reader)
        return Settled(
            model,
            anatomy,
            self.spec.pooling or "mean",
            reader.positions,
            reader=reader,
            reading=pooled,
            note=f"pooling by anything but cls is {pooled}" if pooled else "",
        )


class Sounds:
    """Samples, by the folder's feature extractor."""

    def __init__(
        self, spec: ModelSpec, folder: WeightsFolder, pipeline: Pipeline, code: bool
    ) -> None:
        self.spec, self.folder = spec, folder
        self.extractor = load_extractor(spec, folder)

    def settings(self, settings: Any) -> Any:
        """The configuration of what is measured."""
        return settings

    def part(self, settings: Any) -> str:
        """How names of its weights begin in a checkpoint that holds more."""
        return ""

    def settle(
        self, model: nn.Module, whole: bool, asked: int | None, config: Config | None
    ) -> Settled:
        """asked: the longest recording in frames, or None.

        Raises: InputError for a length that does not fit; ModelError where frames cannot be told.
        """
        reader = sound_reader(model, self.extractor)
        most = reader.positions
        if asked not in (None, most) and (reader.pathless or not 1 <= int(asked or 0) <= most):
            fits = f"1 to {most} frames" if not reader.pathless else f"always {most} positions"
            raise InputError(f"max_length {asked} does not fit {self.spec.name}: it reads {fits}")
        return Settled(
            model,
            _anatomy(model, reader, self.folder, config),
            self.spec.pooling or "mean",
            asked or most,
            reader=reader,
            reading=_heard(reader),
            note=_note_of(reader),
        )


def _anatomy(
    model: nn.Module, reader: ItemReader, folder: WeightsFolder, config: Config | None
) -> Anatomy:
    """How layers are read, tried on the reader's own items, which are checked to be told apart."""
    example = reader.example(model)
    remember_example(model, example)
    anatomy = known_anatomy(model, lambda: example, folder.revision, config)
    together = example.equal.together if example.equal else example.short
    with torch.inference_mode():
        check_leading(model, anatomy, reader, first_states(model, anatomy, together))
    return anatomy


def _left_out(reader: PictureReader) -> str:
    if not reader.leading:
        return ""
    what = "the class token" if reader.leading == 1 else f"{reader.leading} positions before them"
    return f"over {reader.grid[0]} x {reader.grid[1]} patches without {what}"


def _heard(reader: SoundReader) -> str:
    """Which positions count, where the model has others too."""
    if reader.pace.window is None and not reader.leading:
        return ""
    what = "frames" if reader.rows == 1 else "patches"
    return f"over the {what} of the recording among {reader.positions} positions"


def _note_of(reader: SoundReader) -> str:
    if reader.pace.window is None:
        return f"at most the first {LONGEST_SECONDS} seconds of a recording are read"
    seconds = reader.most_samples / reader.rate
    return (
        f"it hears a window of {seconds:.3g} seconds, and pooling is {_heard(reader)}, so that "
        "silence after its end counts for nothing"
    )


Sense = type[Texts] | type[Pictures] | type[Sounds]

SENSES: Mapping[str, Sense] = {"text": Texts, "image": Pictures, "audio": Sounds}
"""By the modality of a model's spec."""


def sense_of(spec: ModelSpec, head: bool = False) -> Sense:
    """head: whether its language-model head is asked for.

    Raises: ModelError for a modality whose models cannot be loaded, and for a head of one that
        reads no texts.
    """
    if spec.modality not in SENSES:
        raise ModelError(
            f"{spec.name} reads items of the kind {spec.modality!r}; models that can be loaded "
            f"read {', '.join(SENSES)}"
        )
    if head and spec.modality != "text":
        raise ModelError(f"{spec.name} reads {spec.modality} and no texts: it has no perplexity")
    return SENSES[spec.modality]
