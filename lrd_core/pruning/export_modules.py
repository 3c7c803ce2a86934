"""The sentence-transformers side of an exported model: what the parent's folder read, written."""

import copy
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lrd_core.extras import need
from lrd_core.models.load import LoadedModel
from lrd_core.models.pooling_settings import written_modes
from lrd_core.models.tail_modules import Dense, Dropout, LayerNorm, Normalize, TailModule

TRANSFORMER_FILE = "sentence_bert_config.json"


@dataclass(frozen=True)
class Around:
    """What stands around a transformer in a sentence-transformers folder.

    output: of the transformer, by name and position: what tokens are pooled. length: tokens at
    most, None where the tokenizer's own counts. between: modules of sentence-transformers before
    pooling; after: those behind it. prompts by name, of which `default_prompt` is always used.
    truncate_dim: values that are kept of an embedding, None for all.
    """

    pooling: str
    length: int | None
    output: tuple[str | int, ...] = ("last_hidden_state",)
    between: tuple[Any, ...] = ()
    after: tuple[Any, ...] = ()
    prompts: Mapping[str, str] = field(default_factory=dict)
    default_prompt: str | None = None
    truncate_dim: int | None = None


def save_tokenizer(folder: Path, loaded: LoadedModel, length: int | None = None) -> None:
    """Write the tokenizer.

    length: tokens at most. Where none is given, a parent without modules of its own gets the
    length measured here.
    """
    tokenizer = copy.deepcopy(loaded.tokenizer)
    if length is not None or not loaded.pipeline.modules:
        # Where sentence-transformers looks for the length that texts are cut at.
        tokenizer.model_max_length = loaded.max_length if length is None else length
    tokenizer.save_pretrained(folder)


def write_modules(folder: Path, loaded: LoadedModel, normalise: bool) -> None:
    """Add the modules to a folder that holds the transformer, as sentence-transformers saves them.

    Everything that the parent's folder said comes with them: Dense, LayerNorm, Normalize,
    prompts, similarity function, number of values, length and lower-casing. normalise: for a
    parent without modules of its own.
    """
    pipeline = loaded.pipeline
    around = Around(
        pooling=loaded.pooling,
        length=pipeline.settings.max_length if pipeline.modules else loaded.max_length,
        after=tail_modules(loaded, normalise and not pipeline.modules),
        prompts=pipeline.prompts,
        default_prompt=pipeline.default_prompt,
        truncate_dim=pipeline.truncate_dim,
    )
    write_around(folder, loaded, around)


def tail_modules(loaded: LoadedModel, normalise: bool) -> tuple[Any, ...]:
    """The parent's modules after pooling with their weights, and where asked one more that scales
    to length 1, as sentence-transformers reads them.
    """
    from sentence_transformers.sentence_transformer import modules

    own = [_module(module) for module in loaded.pipeline.tail]
    return (*own, modules.Normalize()) if normalise else tuple(own)


def write_around(folder: Path, loaded: LoadedModel, around: Around) -> None:
    """Add modules to a folder that holds a transformer and its tokenizer.

    Similarity, lower-casing and whether a prompt is pooled are those of the parent.
    """
    need("sentence_transformers", "writing a folder that sentence-transformers reads")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules

    modes = written_modes(around.pooling)
    output = around.output[0] if len(around.output) == 1 else list(around.output)
    first = modules.Transformer(
        str(folder),
        max_seq_length=around.length,
        # A chat template is not what was measured.
        modality_config={"text": {"method": "forward", "method_output_name": output}},
        module_output_name="token_embeddings",
    )
    pooling = modules.Pooling(
        loaded.hidden_size,
        pooling_mode=modes[0] if len(modes) == 1 else modes,
        include_prompt=loaded.pipeline.include_prompt,
    )
    with _beside(folder) as written:
        SentenceTransformer(
            modules=[first, *around.between, pooling, *around.after],
            device="cpu",
            prompts=dict(around.prompts),
            default_prompt_name=around.default_prompt,
            similarity_fn_name=loaded.pipeline.similarity,
            truncate_dim=around.truncate_dim,
        ).save(str(written), create_model_card=False)
        _write_transformer_settings(written / TRANSFORMER_FILE, loaded, around.length)
        for path in written.iterdir():
            # The weights and configuration that transformers wrote hold the head as well.
            if not (folder / path.name).exists():
                path.rename(folder / path.name)


def _write_transformer_settings(file: Path, loaded: LoadedModel, length: int | None) -> None:
    """Length and lower-casing by name too: the saved tokenizer holds them, but does not say so."""
    settings = json.loads(file.read_text(encoding="utf-8"))
    if length is not None:
        settings["max_seq_length"] = length
    settings["do_lower_case"] = loaded.pipeline.settings.lower_case
    file.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def _module(settings: TailModule) -> Any:
    """The parent's module with its weights, as sentence-transformers reads it."""
    from sentence_transformers.sentence_transformer import modules

    if isinstance(settings, Normalize):
        return modules.Normalize()
    if isinstance(settings, Dropout):
        return modules.Dropout(settings.share)
    kinds: dict[type, Any] = {Dense: modules.Dense, LayerNorm: modules.LayerNorm}
    parent, name = settings.folder.parent, settings.folder.name
    return kinds[type(settings)].load(str(parent), subfolder=name, local_files_only=True)


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A folder to save to that is gone afterwards."""
    written = folder.with_name(folder.name + ".modules")
    try:
        yield written
    finally:
        shutil.rmtree(written, ignore_errors=True)
