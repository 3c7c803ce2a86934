"""A model without some of its blocks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrd_core.errors import InputError
from lrd_core.models.load import LoadedModel, load_model
from lrd_core.models.specs import find_model
from lrd_core.models.told_blocks import told_blocks
from lrd_core.notebook.in_memory import check_pair, evaluating
from lrd_core.pruning import surgery
from lrd_core.pruning.plan import check_removable

if TYPE_CHECKING:
    from torch import nn


def prune(
    model: str | Path | LoadedModel | nn.Module | tuple[nn.Module, Any], blocks: Sequence[int]
) -> Any:
    """A copy of a model without these blocks, in eval mode; the original stays as it is.

    model: a module of transformers alone, which gives a module; or as in `measure`, which gives a
        pair (model, tokenizer) that `measure` and `score_layers` take.
    blocks: ids out of 0 to num_blocks - 1; block b lies between layers b and b + 1.

    Blocks that stay keep their weights and move up, and every per-layer list of the configuration
    loses the same entries, so that the copy can be saved with `save_pretrained` and loaded again.

    Raises: PruningError with the reason where these blocks cannot go, because the cut model would
        not be what its configuration builds, or would give other numbers than the whole one with
        these blocks switched off; UnknownNameError, InputError, ModelError as `measure`.

    Example:
        >>> import lrd_core
        >>> texts = ["The cat sleeps.", "A dog barks.", "It rains.", "Nobody came."]
        >>> shorter = lrd_core.prune("all-MiniLM-L6-v2", [2, 4])
        >>> lrd_core.measure(shorter, texts, "effective_rank").num_blocks
        4
    """
    from torch import nn

    gone = [int(block) for block in blocks]
    if isinstance(model, nn.Module):
        return _cut(model, gone)
    if isinstance(model, (str, Path)):
        told = told_blocks(find_model(str(model)))
        if told is not None:
            check_removable(told, gone)
        model = load_model(str(model))
    if isinstance(model, LoadedModel):
        return _cut(model.model, gone), model.tokenizer
    if isinstance(model, (tuple, list)):
        whole, tokenizer = check_pair(model)
        return _cut(whole, gone), tokenizer
    raise InputError(
        f"a {type(model).__name__} is no model to prune; give a name, a folder, what load_model "
        "gave, a module of transformers, or a pair (model, tokenizer)"
    )


def _cut(model: nn.Module, blocks: Sequence[int]) -> nn.Module:
    with evaluating(model):
        return surgery.prune(model, blocks)
