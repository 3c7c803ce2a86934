"""The sentence-transformers side of an exported model: what the parent's folder read, written."""

import copy
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lrd_core.extras import need
from lrd_core.models.load import LoadedModel
from lrd_core.models.pooling_settings import written_modes
from lrd_core.models.tail_modules import Dense, Dropout, LayerNorm, Normalize, TailModule

TRANSFORMER_FILE = "sentence_bert_config.json"
_PLAIN_TEXTS = {"text": {"method": "forward", "method_output_name": "last_hidden_state"}}


def save_tokenizer(folder: Path, loaded: LoadedModel) -> None:
    """Write the tokenizer. A parent without modules of its own gets the length measured here."""
    tokenizer = copy.deepcopy(loaded.tokenizer)
    if not loaded.pipeline.modules:
        # Where sentence-transformers looks for the length that texts are cut at.
        tokenizer.model_max_length = loaded.max_length
    tokenizer.save_pretrained(folder)


def write_modules(folder: Path, loaded: LoadedModel, normalise: bool) -> None:
    """Add the modules to a folder that holds the transformer, as sentence-transformers saves them.

    Everything that the parent's folder said comes with them: Dense, LayerNorm, Normalize,
    prompts, similarity function, number of values, length and lower-casing. normalise: for a
    parent without modules of its own.
    """
    need("sentence_transformers", "writing a folder that sentence-transformers reads")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules

    pipeline = loaded.pipeline
    modes = written_modes(loaded.pooling)
    first = modules.Transformer(
        str(folder),
        max_seq_length=_length(loaded),
        modality_config=_PLAIN_TEXTS,  # a chat template is not what was measured
        module_output_name="token_embeddings",
    )
    pooling = modules.Pooling(
        loaded.hidden_size,
        pooling_mode=modes[0] if len(modes) == 1 else modes,
        include_prompt=pipeline.include_prompt,
    )
    tail = [_module(module) for module in pipeline.tail]
    if not pipeline.modules and normalise:
        tail.append(modules.Normalize())
    with _beside(folder) as written:
        SentenceTransformer(
            modules=[first, pooling, *tail],
            device="cpu",
            prompts=dict(pipeline.prompts),
            default_prompt_name=pipeline.default_prompt,
            similarity_fn_name=pipeline.similarity,
            truncate_dim=pipeline.truncate_dim,
        ).save(str(written), create_model_card=False)
        _write_transformer_settings(written / TRANSFORMER_FILE, loaded)
        for path in written.iterdir():
            # The weights and configuration that transformers wrote hold the head as well.
            if not (folder / path.name).exists():
                path.rename(folder / path.name)


def _length(loaded: LoadedModel) -> int | None:
    """What cuts texts, where that is not the tokenizer's own length."""
    return loaded.pipeline.settings.max_length if loaded.pipeline.modules else loaded.max_length


def _write_transformer_settings(file: Path, loaded: LoadedModel) -> None:
    """Length and lower-casing by name too: the saved tokenizer holds them, but does not say so."""
    settings = json.loads(file.read_text(encoding="utf-8"))
    if (length := _length(loaded)) is not None:
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
