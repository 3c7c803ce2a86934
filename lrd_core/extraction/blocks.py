"""Find the block list of a model of any architecture, and the norm that follows it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from torch import nn

from lrd_core.errors import ModelError
from lrd_core.models.resolve import text_config

_FINAL_NORM = re.compile(
    r"(ln_f|ln_out|norm|norm_f|final_norm|final_layer_?norm|emb_layer_norm_after)"
)
_LFM2_FINAL_NORM = "embedding_norm"
"""Before the blocks in other models, which have a final norm of a usual name beside it."""


@dataclass(frozen=True)
class BlockList:
    """The blocks of a model, in order, and the dotted path to their ModuleList.

    `shared` is True where one block's weights serve several layers (ALBERT): such a list is
    shorter than the model is deep, and its blocks cannot be removed one by one.
    """

    path: str
    blocks: nn.ModuleList
    shared: bool


def find_blocks(model: nn.Module) -> BlockList:
    """The ModuleList that holds the transformer or Mamba blocks.

    Candidates are the ModuleLists whose children all have parameters and that lie in no other
    ModuleList. The one as long as the configuration's layer count wins, then an encoder's, then
    the one with most parameters.

    Raises: ModelError if the model has no such list.
    """
    candidates = _outermost_lists(model)
    if not candidates:
        raise ModelError(
            f"{type(model).__name__} has no list of blocks with parameters; "
            "only models built from a sequence of blocks can be read layer by layer"
        )
    depth = getattr(text_config(model.config), "num_hidden_layers", 0)

    def preference(path: str) -> tuple[bool, bool, int]:
        blocks = candidates[path]
        size = sum(parameter.numel() for parameter in blocks.parameters())
        return len(blocks) == depth, "encoder" in path.split("."), size

    path = max(candidates, key=preference)
    return BlockList(path, candidates[path], shared=len(candidates[path]) < depth)


def block_path(model: nn.Module) -> str:
    """Dotted path of the block list inside the model, such as `encoder.layer`."""
    return find_blocks(model).path


def find_final_norm(model: nn.Module) -> nn.Module | None:
    """The norm applied once after the last block; None where there is none, as in BERT.

    It is looked for beside the block list, then beside each module that contains it.
    """
    owners = find_blocks(model).path.split(".")[:-1]
    for depth in range(len(owners), -1, -1):
        owner = model.get_submodule(".".join(owners[:depth]))
        name = guess_final_norm(name for name, _ in owner.named_children())
        if name is not None:
            norm: nn.Module = owner.get_submodule(name)
            return norm
    return None


def guess_final_norm(names: Iterable[str]) -> str | None:
    """The name among a module's children that a final norm goes by, or None."""
    present = list(names)
    usual = next((name for name in present if _FINAL_NORM.fullmatch(name)), None)
    return usual or (_LFM2_FINAL_NORM if _LFM2_FINAL_NORM in present else None)


def _outermost_lists(model: nn.Module) -> dict[str, nn.ModuleList]:
    found: dict[str, nn.ModuleList] = {}
    for path, module in model.named_modules():
        nested = any(path.startswith(f"{outer}.") for outer in found)
        if isinstance(module, nn.ModuleList) and not nested and _all_have_parameters(module):
            found[path] = module
    return found


def _all_have_parameters(modules: nn.ModuleList) -> bool:
    return len(modules) > 0 and all(any(True for _ in child.parameters()) for child in modules)
