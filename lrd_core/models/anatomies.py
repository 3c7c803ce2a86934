"""Models are probed once: what was found is known in memory, and on disk by their content."""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import transformers
from torch import nn

from lrd_core.config import Config, load_config
from lrd_core.disk import whole_file
from lrd_core.errors import UnwritableError
from lrd_core.models.anatomy import Anatomy
from lrd_core.models.batch import Batch
from lrd_core.models.example import Example, token_example
from lrd_core.models.probe import PROBE_VERSION, probe

_TEXTS = (
    "Rain fell on the river all night.",
    "By morning the water stood at the garden gate, and nobody could say when the boats would "
    "come back or whether the old bridge still held.",
)

_LONGEST = 512
"""Tokens that either text is shorter than, whatever the tokenizer."""

_KNOWN: "WeakKeyDictionary[nn.Module, Anatomy]" = WeakKeyDictionary()
_TRIED_ON: "WeakKeyDictionary[nn.Module, Batch]" = WeakKeyDictionary()


def anatomy_of(model: nn.Module, example: Callable[[], Example] | None = None) -> Anatomy:
    """The anatomy of this very model, probed when first asked for.

    example: makes items to try it on, for a model that does not read token ids.

    Raises: ModelError, with the reason, for a model that cannot be read layer by layer.
    """
    if model not in _KNOWN:
        _KNOWN[model] = probe(model, None if example is None else example())
    return _KNOWN[model]


def known_anatomy(
    model: nn.Module, example: Callable[[], Example], revision: str, config: Config | None = None
) -> Anatomy:
    """The anatomy of a model of this content, from an earlier probe or from one now.

    example: makes items to try it on.
    Raises: ModelError, with the reason, for a model that cannot be read layer by layer.
    """
    file = _file(config or load_config(), model, revision)
    found = _read(file, model)
    if found is None:
        found = probe(model, example())
        _write(file, found)
    _KNOWN[model] = found
    return found


def learn_anatomy(model: nn.Module, tokenizer: Any) -> Anatomy:
    """The anatomy of this very model as it is now, probed whatever was known of it before.

    For a model in memory, whose blocks may have been changed since it was last looked at.
    Raises: ModelError, with the reason, for a model that cannot be read layer by layer.
    """
    _KNOWN[model] = probe(model, text_example(model, tokenizer))
    return _KNOWN[model]


def remember_example(model: nn.Module, example: Example) -> None:
    """Keep what a model can be tried on that reads no token ids, as long as the model lives."""
    if example.equal is not None:
        _TRIED_ON[model] = example.equal.together


def tried_on(model: nn.Module) -> Batch | None:
    """A few items that this model can be run on; None for one of token ids, which any will do."""
    return _TRIED_ON.get(model)


def text_example(model: nn.Module, tokenizer: Any) -> Example:
    """Two texts as this tokenizer cuts them."""
    # The length says that a tokenizer need not warn of a text longer than its model reads.
    encoded = tokenizer(list(_TEXTS), truncation=True, max_length=_LONGEST)
    return token_example(model, [list(row) for row in encoded["input_ids"]])


def _file(config: Config, model: nn.Module, revision: str) -> Path:
    """Named by all that decides what a probe finds."""
    settings: Any = getattr(model, "config", None)
    content = settings.to_json_string(use_diff=False) if settings is not None else ""
    dtype = str(next(model.parameters()).dtype)
    versions = (PROBE_VERSION, transformers.__version__)
    name = json.dumps([revision, type(model).__qualname__, content, dtype, versions])
    return config.data_dir / "anatomies" / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.json"


def _read(file: Path, model: nn.Module) -> Anatomy | None:
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        found = Anatomy(**{**kept, "ran": tuple(kept["ran"])})
        model.get_submodule(found.blocks)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return found


def _write(file: Path, found: Anatomy) -> None:
    """Whole or not at all; where nothing can be written, the next load probes again."""
    with suppress(UnwritableError), whole_file(file) as partial:
        partial.write_text(json.dumps(asdict(found)), encoding="utf-8")
