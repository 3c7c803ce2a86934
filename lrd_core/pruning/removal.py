"""Which blocks a model can lose, asked of the model itself; answers last as long as it does."""

from collections.abc import Sequence
from weakref import WeakKeyDictionary

from torch import nn

from lrd_core.errors import PruningError
from lrd_core.pruning.cutter import Cutter
from lrd_core.pruning.plan import check_removable

_cutters: WeakKeyDictionary[nn.Module, Cutter] = WeakKeyDictionary()


def fixed_blocks(model: nn.Module) -> dict[int, str]:
    """Blocks that cannot go alone, with the reason."""
    cutter = _cutter(model)
    if cutter.num_blocks == 1:
        return {0: cutter.never or "it is the only one"}
    reasons = {block: cutter.refusal(model, (block,)) for block in range(cutter.num_blocks)}
    return {block: reason for block, reason in reasons.items() if reason is not None}


def check_prunable(model: nn.Module) -> None:
    """Raises: PruningError with the reason where no block can be cut out rightly."""
    fixed = fixed_blocks(model)
    if len(fixed) == _cutter(model).num_blocks:
        reason = next(iter(fixed.values()))
        raise PruningError(f"no block of {type(model).__name__} can be cut out: {reason}")


def check_removal(model: nn.Module, removed: Sequence[int], *, exact: bool = False) -> None:
    """Whether these blocks can go together.

    exact: run this very set once; else sets that are alike are run once.
    Raises: PruningError with the reason where they cannot.
    """
    cutter = _cutter(model)
    gone = tuple(sorted(set(removed)))
    if cutter.never is None:
        check_removable(cutter.num_blocks, gone)
    reason = cutter.refusal(model, gone, exact)
    if reason is not None:
        which = f"block {gone[0]}" if len(gone) == 1 else f"blocks {', '.join(map(str, gone))}"
        hint = "; keep others" if cutter.never is None else ""
        raise PruningError(f"{type(model).__name__} cannot lose {which}: {reason}{hint}")


def can_go(model: nn.Module, removed: Sequence[int]) -> bool:
    """Whether `check_removal` lets these blocks go."""
    try:
        check_removal(model, removed)
    except PruningError:
        return False
    return True


def cut_view(model: nn.Module, removed: Sequence[int]) -> nn.Module:
    """The model without these blocks, sharing all weights with it.

    Raises: PruningError as `check_removal`, but for what only running shows.
    """
    return _cutter(model).view(model, tuple(sorted(set(removed))))


def _cutter(model: nn.Module) -> Cutter:
    if model not in _cutters:
        _cutters[model] = Cutter(model)
    return _cutters[model]
