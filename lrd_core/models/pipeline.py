"""A sentence-transformers folder as the pipeline it describes, read once. Imports no torch.

Transformer (with its own length and lower-casing), pooling, and the tail: what follows pooling.
What cannot be followed is refused by name, because its embeddings would be another model's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lrd_core.errors import InputError, ModelError, ModelRefusedError
from lrd_core.models.json_file import read_json
from lrd_core.models.module_list import MODULES_FILE, ModuleEntry, read_modules, transformer_folder
from lrd_core.models.pooling_settings import read_pooling
from lrd_core.models.tail_modules import (
    Normalize,
    TailModule,
    known_settings,
    read_tail_module,
    whole_number,
)
from lrd_core.models.transformer_settings import TransformerSettings, read_transformer, token_limit
from lrd_core.settings import TAILS

_MODEL_FILE = "config_sentence_transformers.json"
_PLAIN_POOLING = "1_Pooling"
_SIMILARITIES = ("cosine", "dot", "euclidean", "manhattan")


@dataclass(frozen=True)
class Pipeline:
    """What a folder says of the way from a text to its embedding; all empty for a plain model.

    transformer: where config.json, weights and tokenizer are. pooling: None where the folder
    does not say. prompts by name; `default_prompt` is one of these names and is never put before
    a text here unless asked for. similarity: None where the folder does not say. foreign: a first
    module that is code of its own and was read as a plain Transformer.
    """

    folder: Path = Path()
    transformer: Path = Path()
    modules: tuple[str, ...] = ()
    settings: TransformerSettings = field(default_factory=TransformerSettings)
    pooling: str | None = None
    include_prompt: bool = True
    tail: tuple[TailModule, ...] = ()
    truncate_dim: int | None = None
    prompts: Mapping[str, str] = field(default_factory=dict)
    default_prompt: str | None = None
    similarity: str | None = None
    foreign: str = ""

    @property
    def normalises(self) -> bool:
        """Whether the pipeline scales every vector to length 1, as scores must then see it."""
        return any(isinstance(module, Normalize) for module in self.tail)

    @property
    def compares_by(self) -> str:
        """How a search compares embeddings of this model."""
        return self.similarity or _SIMILARITIES[0]

    @property
    def has_tail(self) -> bool:
        return bool(self.tail) or self.truncate_dim is not None

    def resolve_tail(self, asked: str) -> str:
        """The tail that numbers have: none where the model has none.

        Raises: InputError for a choice that does not exist.
        """
        if asked not in TAILS:
            raise InputError(f"tail is {asked!r}; choose one of {', '.join(TAILS)}")
        return asked if self.has_tail else "none"

    def width(self, pooled: int, tail: str) -> int:
        """Numbers in an embedding, from those in a pooled state.

        Raises: ModelError where a module of the tail reads another width.
        """
        if self.resolve_tail(tail) == "none":
            return pooled
        for module in self.tail:
            pooled = module.width(pooled)
        return pooled if self.truncate_dim is None else min(pooled, self.truncate_dim)

    @property
    def tail_label(self) -> str:
        """The tail in words, such as `Dense 768 to 256, Normalize, the first 64 values`."""
        cut = [] if self.truncate_dim is None else [f"the first {self.truncate_dim} values"]
        return ", ".join([*(module.label for module in self.tail), *cut])

    def tail_note(self, tail: str) -> str:
        """What must be said beside numbers with this tail; empty where nothing is left out.

        A tail that only scales vectors to length 1 is not worth a sentence: scores apply it.
        """
        if self.resolve_tail(tail) != "none" or self.tail_label in ("", Normalize.label):
            return ""
        return f"layers are pooled states before the model's own tail ({self.tail_label})"

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be said beside every number of this model."""
        prompt = self.prompts.get(self.default_prompt or "")
        found = (
            f"its default prompt {prompt!r} is off unless asked for" if prompt else "",
            f"its own module {self.foreign} is not run" if self.foreign else "",
        )
        return tuple(note for note in found if note)

    @property
    def reading(self) -> tuple[str, ...]:
        """Settings that change numbers and are in no other part of a run's identity."""
        prompt = () if self.include_prompt else ("prompt not pooled",)
        return (*self.settings.reading, *prompt)


PLAIN = Pipeline()
"""Of a model without a folder, as tests make them."""


def read_pipeline(folder: Path, *, allow_code: bool = False) -> Pipeline:
    """Read every setting of a folder once.

    allow_code: a first module that is code of the model's own, which never runs here, is taken
    for a plain Transformer. Without modules.json only the pooling and the length are taken.

    Raises: ModelRefusedError for modules that are code of their own; ModelError for a module or
        a setting that is not known, or one that cannot be read.
    """
    modules = read_modules(folder)
    if not modules:
        return _plain(folder)
    first, pooling, tail = _in_order(folder, modules, allow_code)
    how, include_prompt = read_pooling(pooling.folder)
    whole = read_json(folder / _MODEL_FILE)
    return Pipeline(
        folder=folder,
        transformer=first.folder,
        modules=tuple(module.kind for module in modules),
        settings=read_transformer(first.folder),
        pooling=how,
        include_prompt=include_prompt,
        foreign=first.type if first.foreign else "",
        tail=tuple(_tail_module(module) for module in tail),
        **_model_settings(folder / _MODEL_FILE, whole),
    )


def _plain(folder: Path) -> Pipeline:
    """A folder that transformers saved, perhaps with the pooling and length beside it."""
    file = folder / "sentence_bert_config.json"
    limit = token_limit(file, read_json(file).get("max_seq_length"))
    settings, pooling = TransformerSettings(max_length=limit), None
    if read_json(folder / _PLAIN_POOLING / "config.json"):
        pooling, _ = read_pooling(folder / _PLAIN_POOLING)
    return Pipeline(folder, folder, settings=settings, pooling=pooling)


def _in_order(
    folder: Path, modules: tuple[ModuleEntry, ...], allow_code: bool
) -> tuple[ModuleEntry, ModuleEntry, list[ModuleEntry]]:
    """Transformer, Pooling and the rest. Raises: ModelError for any other order."""
    for place, module in enumerate(modules):
        if module.foreign and (place > 0 or not allow_code):
            raise ModelRefusedError(
                f"{folder} has the module {module.type}, which is code of its own and is not run; "
                "only a first module can be taken for a plain Transformer, where the model is "
                "allowed by name: --allow-code"
            )
    transformer_folder(folder)
    first, *others = modules
    kinds = [module.kind for module in modules]
    if kinds.count("Pooling") != 1 or kinds[1:2] != ["Pooling"]:
        raise ModelError(
            f"{folder} has the modules {', '.join(kinds)}; what can be read is a Transformer, one "
            f"Pooling right after it, and what follows; take {MODULES_FILE} away to read the "
            "transformer alone"
        )
    return first, others[0], others[1:]


def _tail_module(module: ModuleEntry) -> TailModule:
    return read_tail_module(module.kind, module.folder, read_json(module.folder / "config.json"))


def _model_settings(file: Path, whole: Mapping[str, Any]) -> dict[str, Any]:
    known_settings(
        file,
        whole,
        *("__version__", "requirements", "model_type", "prompts", "default_prompt_name"),
        *("similarity_fn_name", "truncate_dim"),
    )
    kind = whole.get("model_type", "SentenceTransformer")
    if kind != "SentenceTransformer":
        raise ModelError(f"{file} says that this is a {kind}, not a SentenceTransformer")
    prompts, default = whole.get("prompts") or {}, whole.get("default_prompt_name")
    if not isinstance(prompts, dict) or not all(
        isinstance(prompt, str) or prompt is None for prompt in prompts.values()
    ):
        raise ModelError(f"{file} has prompts that are no texts ({str(prompts)[:60]})")
    if default is not None and default not in ("query", "document", *prompts):
        raise ModelError(f"{file} names the default prompt {default!r}, which is not among prompts")
    similarity = whole.get("similarity_fn_name")
    if similarity is not None and similarity not in _SIMILARITIES:
        raise ModelError(
            f"{file} has the similarity function {similarity!r}; known: {', '.join(_SIMILARITIES)}"
        )
    cut = whole.get("truncate_dim")
    return {
        "prompts": {name: prompt or "" for name, prompt in prompts.items()},
        "default_prompt": default,
        "similarity": similarity,
        "truncate_dim": None if cut is None else whole_number(file, whole, "truncate_dim"),
    }
