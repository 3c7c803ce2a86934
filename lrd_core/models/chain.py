"""Tell a model's blocks by what they do: each hands its output to the next."""

from dataclasses import dataclass
from itertools import pairwise, permutations

import torch
from torch import nn

from lrd_core.errors import ModelError
from lrd_core.models.trace import Call, Place, equal, per_token


@dataclass(frozen=True)
class Chain:
    """Calls of the modules of one list, with where they take and give the hidden state."""

    path: str
    calls: list[Call]
    entry: Place
    leave: Place
    chained: bool = True

    @property
    def end(self) -> torch.Tensor:
        return self.calls[-1].outputs[self.leave]


def find_chain(
    model: nn.Module,
    calls: list[Call],
    states: list[torch.Tensor],
    last: torch.Tensor | None,
    ids: torch.Tensor,
) -> tuple[Chain, tuple[int, int, int]]:
    """The list of blocks, and the order of their dimensions."""
    odd: list[str] = []
    found: list[tuple[Chain, tuple[int, int, int]]] = []
    for path, modules in _lists(model).items():
        own = [call for call in calls if any(call.module is m for m in modules)]
        chain = _chained(path, own) or _confirmed(path, own, states, ids)
        if chain is None:
            continue
        axes = _axes(chain, last, ids)
        if axes is None:
            odd.append(f"the blocks in {path} give {tuple(chain.end.shape)}")
        else:
            found.append((chain, axes))
    if found:
        # The list that ends where the model ends; of several, the one that runs longest.
        return max(found, key=lambda x: (x[0].chained, _ends(x[0], last), len(x[0].calls)))
    if not _lists(model):
        why = "it has no list of blocks with parameters"
    elif odd:
        why = f"{odd[0]} for ids of shape {tuple(ids.shape)}, not (batch, tokens, width)"
    else:
        why = "no list of modules was found whose members each hand their output to the next"
    raise ModelError(
        f"the blocks of {type(model).__name__} cannot be told: {why}; "
        "only models that are a sequence of blocks can be read layer by layer"
    )


def _lists(model: nn.Module) -> dict[str, list[nn.Module]]:
    """Outermost lists of modules that all have parameters, by path."""
    for kind in (nn.ModuleList, nn.Sequential):
        found: dict[str, list[nn.Module]] = {}
        for path, module in model.named_modules():
            if isinstance(module, kind) and not any(path.startswith(f"{p}.") for p in found):
                inside = list(module.children())
                if inside and all(any(True for _ in m.parameters()) for m in inside):
                    found[path] = inside
        if found:
            return found
    return {}


def _chained(path: str, calls: list[Call]) -> Chain | None:
    """The calls as a chain if every output is the next call's input, at the same places."""
    if len(calls) < 2:
        return _single(path, calls)
    pairs = [
        (entry, leave)
        for leave, given in calls[0].outputs.items()
        for entry, taken in calls[1].inputs.items()
        if given.ndim >= 3 and equal(given, taken)
    ]
    for entry, leave in pairs:
        if all(_hands_on(a, b, entry, leave) for a, b in pairwise(calls)):
            start = calls[0].inputs.get(entry)
            if start is not None and start.shape == calls[-1].outputs[leave].shape:
                return Chain(path, calls, entry, leave)
    return None


def _single(path: str, calls: list[Call]) -> Chain | None:
    """A list of one block: its first input and output of equal shape."""
    for call in calls:
        for entry, taken in call.inputs.items():
            for leave, given in call.outputs.items():
                if given.ndim >= 3 and given.shape == taken.shape:
                    return Chain(path, calls, entry, leave)
    return None


def _hands_on(before: Call, after: Call, entry: Place, leave: Place) -> bool:
    given, taken = before.outputs.get(leave), after.inputs.get(entry)
    return given is not None and taken is not None and equal(given, taken)


def _confirmed(
    path: str, calls: list[Call], states: list[torch.Tensor], ids: torch.Tensor
) -> Chain | None:
    """Calls that do not chain, where the model's own hidden states are what the calls take.

    DeBERTa-v2 can have a convolution between its first two blocks, for example.
    """
    if len(calls) < 2 or len(states) != len(calls) + 1:
        return None
    for entry in calls[0].inputs:
        taken = [call.inputs.get(entry) for call in calls]
        if all(t is not None and equal(t, s) for t, s in zip(taken, states[:-1], strict=True)):
            for leave, given in calls[-1].outputs.items():
                if equal(given, states[-1]):
                    return Chain(path, calls, entry, leave, chained=False)
    return None


def _axes(
    chain: Chain, last: torch.Tensor | None, ids: torch.Tensor
) -> tuple[int, int, int] | None:
    """The order of a block's dimensions that gives (batch, tokens, width)."""
    if chain.end.ndim != 3:
        return None
    if per_token(chain.end, ids) or _padded(chain.end, last, ids):
        return (0, 1, 2)
    for a, b, c in permutations(range(3)):
        turned = chain.end.permute(a, b, c)
        if per_token(turned, ids) and last is not None and turned.shape == last.shape:
            return a, b, c
    return None


def _padded(end: torch.Tensor, last: torch.Tensor | None, ids: torch.Tensor) -> bool:
    """Whether the model filled its input up to a multiple of a window (Longformer)."""
    longer = end.shape[0] == ids.shape[0] and end.shape[1] > ids.shape[1]
    return longer and last is not None and equal(end[:, : ids.shape[1]], last)


def _ends(chain: Chain, last: torch.Tensor | None) -> bool:
    return last is not None and last.shape[-1] == chain.end.shape[-1]
