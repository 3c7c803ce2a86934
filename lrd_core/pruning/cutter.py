"""Cut one model: what its configuration must say for a set of blocks, and whether that is right.

A cut is right when the cut model is what its configuration would build anew, and gives what the
whole model gives with the blocks switched off.
"""

import copy
from collections.abc import Sequence
from itertools import chain
from typing import Any

import torch
from torch import nn

from lrd_core.errors import ModelError, PruningError
from lrd_core.models.anatomies import anatomy_of, tried_on
from lrd_core.models.anatomy import Anatomy, block_list
from lrd_core.pruning.blueprint import Blueprint, blueprint, build, difference, kinds, renumber
from lrd_core.pruning.config_cut import (
    apply_values,
    block_config,
    cut_values,
    governing,
    governing_configs,
    lost_kinds,
    other_readings,
)
from lrd_core.pruning.same_numbers import check_numbers

KEPT_BLUEPRINTS = 64
"""Of configurations; models whose blocks differ have one for each set of blocks that stays."""

Removed = tuple[int, ...]


class Cutter:
    """What is known of cutting one model; holds no reference to it, so each call is given it."""

    def __init__(self, model: nn.Module) -> None:
        try:
            self.anatomy = anatomy_of(model)
        except ModelError as error:
            raise PruningError(f"no block can be cut out: {error}") from error
        self.path = self.anatomy.blocks
        self._example = tried_on(model)
        self.num_blocks = len(block_list(model, self.anatomy))
        self._own = blueprint(model, self.path)
        self._kinds = kinds(self._own.blocks)
        self.never = _never(model, self.anatomy, self._kinds)
        self._blueprints: dict[str, Blueprint] = {}
        self._values: dict[Removed, dict[str, Any]] = {}
        self._by_shape: dict[Removed, str | None] = {}
        self._by_numbers: dict[Any, str | None] = {}

    def refusal(self, model: nn.Module, removed: Removed, exact: bool = False) -> str | None:
        """Why these blocks, ascending, cannot go together; None where they can.

        exact: compare the numbers of this very set, instead of those of one like it.
        """
        if self.never is not None:
            return self.never
        if removed not in self._by_shape:
            self._by_shape[removed] = self._refusal_by_shape(model, removed)
        if self._by_shape[removed] is not None:
            return self._by_shape[removed]
        alike = self._alike(removed)
        asked = removed if exact else alike
        if asked not in self._by_numbers:
            found = self._refusal_by_numbers(model, removed)
            # It is of this very set and, where none was compared before, speaks for those alike.
            self._by_numbers[removed] = found
            self._by_numbers.setdefault(alike, found)
        return self._by_numbers[asked]

    def view(self, model: nn.Module, removed: Removed) -> nn.Module:
        """A model without these blocks that shares all weights with the whole one."""
        view = self._structure(model, removed)
        values = self._values_for(model, removed)
        for config in governing_configs(view, self.path):
            apply_values(config, values)
        whole = self._built(model, {})
        renumber(view, self.path, whole, self._built(model, values))
        return view

    def _structure(self, model: nn.Module, removed: Removed) -> nn.Module:
        """A copy of the modules, not of the weights, without some blocks; else as it was."""
        blocks: Any = model.get_submodule(self.path)
        memo: dict[int, Any] = {id(t): t for t in chain(model.parameters(), model.buffers())}
        memo |= {id(blocks[block]): nn.Identity() for block in removed}
        view = copy.deepcopy(model, memo)
        owner_path, _, name = self.path.rpartition(".")
        owner = view.get_submodule(owner_path)
        old = getattr(owner, name)
        kept = [old[block] for block in self._kept(removed)]
        new = nn.Sequential(*kept) if isinstance(old, nn.Sequential) else nn.ModuleList(kept)
        setattr(owner, name, new.train(model.training))
        return view

    def _kept(self, removed: Removed) -> list[int]:
        return [block for block in range(self.num_blocks) if block not in removed]

    def _alike(self, removed: Removed) -> Any:
        """Sets of one answer are compared in numbers once: which ends and kinds go, what stays."""
        gone = frozenset(self._kinds[block] for block in removed)
        stay = frozenset(self._kinds[block] for block in self._kept(removed))
        return 0 in removed, self.num_blocks - 1 in removed, gone, stay

    def _refusal_by_shape(self, model: nn.Module, removed: Removed) -> str | None:
        try:
            self._values_for(model, removed)
        except PruningError as error:
            return str(error)
        return None

    def _refusal_by_numbers(self, model: nn.Module, removed: Removed) -> str | None:
        # Running leaves traces on some models, so that a copy of the modules runs, not the model.
        whole = self._structure(model, ())
        blocks: Any = whole.get_submodule(self.path)
        try:
            gone = [blocks[block] for block in removed]
            check_numbers(whole, self.view(model, removed), gone, self.anatomy, self._example)
        except PruningError as error:
            return f"{error}{self._lost(model, removed)}"
        return None

    def _lost(self, model: nn.Module, removed: Removed) -> str:
        config = block_config(model, self.path)
        lost = lost_kinds(config, self._kept(removed), self.num_blocks)
        return f"; no {' or '.join(lost)} block would stay" if lost else ""

    def _values_for(self, model: nn.Module, removed: Removed) -> dict[str, Any]:
        """What the configuration must say without these blocks.

        Raises: PruningError with the reason where nothing that it can say builds the cut model.
        """
        if removed not in self._values:
            self._values[removed] = self._find_values(model, removed)
        return self._values[removed]

    def _find_values(self, model: nn.Module, removed: Removed) -> dict[str, Any]:
        config = block_config(model, self.path)
        kept = self._kept(removed)
        first = cut_values(config, kept, self.num_blocks)
        reason = self._problem(model, kept, first)
        if reason is None:
            return first
        for name, value in other_readings(config, kept, self.num_blocks):
            values = first | {name: value}
            if values != first and self._problem(model, kept, values) is None:
                return values
        raise PruningError(f"{reason}{self._lost(model, removed)}")

    def _problem(self, model: nn.Module, kept: list[int], values: dict[str, Any]) -> str | None:
        try:
            fresh = self._built(model, values)
        except PruningError as error:
            return str(error)
        blocks = tuple(self._own.blocks[block] for block in kept)
        cut = Blueprint(blocks, (), self._own.shapes, self._own.values)
        return difference(cut, fresh)

    def _built(self, model: nn.Module, values: dict[str, Any]) -> Blueprint:
        """The blueprint of what the model's configuration builds with these values in it."""
        config = copy.deepcopy(model.config)
        part = governing(config, block_config(model, self.path))
        try:
            apply_values(part, values)
            key = config.to_json_string(use_diff=False)
        except (TypeError, ValueError, RuntimeError) as error:
            raise PruningError(f"its configuration cannot be cut: {error}") from error
        if key not in self._blueprints:
            while len(self._blueprints) >= KEPT_BLUEPRINTS:
                self._blueprints.pop(next(iter(self._blueprints)))
            self._blueprints[key] = blueprint(build(model, config), self.path)
        return self._blueprints[key]


def _never(model: nn.Module, anatomy: Anatomy, kinds_of: Sequence[str]) -> str | None:
    """Why no block at all can be cut out; None where some may."""
    path = anatomy.blocks
    if anatomy.shared:
        return "it runs one block's weights several times (shared layers)"
    held = len(block_list(model, anatomy))
    if anatomy.ran != tuple(range(held)):
        return (
            f"of its {held} blocks, {', '.join(map(str, anatomy.ran))} run on a text, in this order"
        )
    reusing = getattr(block_config(model, path), "num_kv_shared_layers", 0) or 0
    if reusing:
        return (
            f"its last {reusing} blocks reuse keys and values of earlier blocks; cutting one "
            "changes what others read"
        )
    own = _buffer_by_position(model.get_submodule(path), kinds_of)
    if own is not None:
        return f"its blocks hold {own} by position, and saving the model does not keep that"
    return None


def _buffer_by_position(blocks: Any, kinds_of: Sequence[str]) -> str | None:
    """A buffer that is not saved and differs between blocks that are otherwise built alike."""
    first: dict[tuple[str, str], torch.Tensor] = {}
    for block, kind in zip(blocks, kinds_of, strict=True):
        saved = block.state_dict().keys()
        for name, buffer in block.named_buffers():
            if name not in saved and not torch.equal(
                first.setdefault((kind, name), buffer), buffer
            ):
                return str(name)
    return None
