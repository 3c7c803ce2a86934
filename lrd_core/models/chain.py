"""Tell a model's blocks by what they do: each hands its output to the next."""

from dataclasses import dataclass
from itertools import pairwise

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
    mask: torch.Tensor,
) -> Chain:
    """The calls of the list of blocks.

    states: the model's own hidden states, if it gives any. last: its token vectors. mask: that of
    the batch, (batch, positions).
    Raises: ModelError where no list of modules is what blocks are.
    """
    odd: list[tuple[str, Chain]] = []
    found: list[Chain] = []
    for path, modules in _lists(model).items():
        own = [call for call in calls if any(call.module is m for m in modules)]
        chain = _chained(path, own) or _confirmed(path, own, states, mask)
        if chain is None:
            continue
        problem = _problem(chain, states, last, mask)
        if problem:
            odd.append((problem, chain))
        else:
            found.append(chain)
    # The list that ends where the model ends; of several, the one that runs longest. A still
    # longer one that cannot be read is the model's spine, and the others are parts beside it.
    best = max(found, key=lambda x: (x.chained, _ends(x, last), len(x.calls)), default=None)
    if best is not None and not any(_outruns(chain, best, calls) for _, chain in odd):
        return best
    if not _lists(model):
        why = "it has no list of blocks with parameters"
    elif odd:
        why = max(odd, key=lambda one: len(one[1].calls))[0]
    else:
        why = "no list of modules was found whose members each hand their output to the next"
    raise ModelError(
        f"the blocks of {type(model).__name__} cannot be told: {why}; "
        "only models that are a sequence of blocks can be read layer by layer"
    )


def _outruns(other: Chain, best: Chain, calls: list[Call]) -> bool:
    """Whether another list is the longer one, and more than what makes the first block's input.

    Convolutions over sound end before the first block and hand on vectors of another width.
    """
    ended, begun = (
        next(place for place, call in enumerate(calls) if call is wanted)
        for wanted in (other.calls[-1], best.calls[0])
    )
    only_leads_there = ended < begun and other.end.shape[-1] != best.end.shape[-1]
    return len(other.calls) > len(best.calls) and not only_leads_there


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
    path: str, calls: list[Call], states: list[torch.Tensor], mask: torch.Tensor
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


def _reads_tokens(chain: Chain, last: torch.Tensor | None, mask: torch.Tensor) -> bool:
    """Whether a block gives (batch, tokens, width), perhaps filled up by the model itself."""
    return per_token(chain.end, mask) or _padded(chain.end, last, mask)


def _problem(
    chain: Chain, states: list[torch.Tensor], last: torch.Tensor | None, mask: torch.Tensor
) -> str:
    """Why a chain is not what can be read as layers, or nothing."""
    if not _reads_tokens(chain, last, mask):
        return (
            f"the blocks in {chain.path} give {tuple(chain.end.shape)} for positions of shape "
            f"{tuple(mask.shape)}, not (batch, tokens, width)"
        )
    if not _shows(chain, states, mask):
        return (
            f"what the modules in {chain.path} hand on is not what the model itself calls its "
            "hidden states"
        )
    return ""


def _shows(chain: Chain, states: list[torch.Tensor], mask: torch.Tensor) -> bool:
    """Whether the model's own hidden states, if it gives any, are all among those of the chain.

    The last one is left out: it may be normed, or not, in ways that differ by architecture.
    """
    read = [call.inputs[chain.entry] for call in chain.calls] + [chain.end]
    cut = [found[:, : mask.shape[1]] for found in read]
    return all(any(equal(state, found) for found in cut) for state in states[:-1])


def _padded(end: torch.Tensor, last: torch.Tensor | None, mask: torch.Tensor) -> bool:
    """Whether the model filled its input up to a multiple of a window (Longformer)."""
    if last is None or end.ndim != 3 or end.shape[1] <= mask.shape[1]:
        return False
    return per_token(last, mask) and (len(end), end.shape[2]) == (len(last), last.shape[2])


def _ends(chain: Chain, last: torch.Tensor | None) -> bool:
    return last is not None and last.shape[-1] == chain.end.shape[-1]
