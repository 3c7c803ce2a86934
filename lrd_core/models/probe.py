"""Find out by running it what a model is made of: blocks, final norm, direction, padding.

Names differ from one architecture to the next, and lists of names are never complete. What holds
for all of them is what a forward pass does: a block's output is the next block's input.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from lrd_core.errors import ModelError
from lrd_core.models.anatomy import Anatomy, Batching, Last
from lrd_core.models.batch import Batch
from lrd_core.models.chain import Chain, find_chain
from lrd_core.models.example import Company, Example, token_example
from lrd_core.models.trace import (
    Call,
    OtherInputsError,
    equal,
    own_states,
    run,
    run_safely,
    tensors,
    token_vectors,
    traced,
    vectors_within,
)

PROBE_VERSION = 2
"""Raised when the same model would be found otherwise."""

_SAME = 1e-4
"""Relative to a token's norm. Wrong padding moves tokens by far more, rounding by far less."""

_SAME_IN_HALF_PRECISION = 0.1


def probe(model: nn.Module, example: Example | None = None) -> Anatomy:
    """What one short forward pass, and a few beside it, show of a model in eval mode.

    example: items to try it on; random token ids if there are none.

    Raises: OtherInputsError where the model needs more than these inputs; ModelError, with the
        reason, where its blocks cannot be told.
    """
    example = example or token_example(model)
    short = example.short
    with torch.inference_mode():
        calls, output = traced(model, short)
        last = vectors_within(output, calls, short.mask)
        chain = find_chain(model, calls, own_states(output), last, short.mask)
        found = _describe(model, calls, chain, last, short.mask)
        direction = _reaches_back(model, found, example)
        return replace(found, bidirectional=direction, batching=_batching(model, found, example))


def trunk_path(model: nn.Module) -> str:
    """Path of the outermost module that returns token vectors: empty for the model itself.

    A retriever's encoder or a model that comes with its head only returns other things.
    Raises: OtherInputsError where none does.
    """
    short = token_example(model).short
    with torch.inference_mode():
        found: list[str] = []
        handles = [
            module.register_forward_hook(
                lambda _m, _i, out, name=name: (
                    found.append(name) if hasattr(out, "last_hidden_state") else None
                )
            )
            for name, module in model.named_modules()
        ]
        try:
            output = run_safely(model, short)
        finally:
            for handle in handles:
                handle.remove()
    if token_vectors(output, short.mask) is not None:
        return ""
    # Hooks fire as calls return, so the outermost module comes last.
    inner = [name for name in found if name]
    if not inner:
        raise OtherInputsError(
            f"{type(model).__name__} returns no vector for each token "
            f"(its output holds {_what(output)}); such a model cannot be read layer by layer"
        )
    return inner[-1]


def _describe(
    model: nn.Module,
    calls: list[Call],
    chain: Chain,
    vectors: torch.Tensor | None,
    mask: torch.Tensor,
) -> Anatomy:
    modules = list(model.get_submodule(chain.path).children())
    place = {id(module): index for index, module in enumerate(modules)}
    norm, known, last = _closing(model, calls, chain, vectors, mask)
    if chain.end.shape[1] != mask.shape[1] and not known:
        raise ModelError(
            f"{type(model).__name__} reads {chain.end.shape[1]} positions for {mask.shape[1]} "
            "tokens, and which of them are the text's cannot be told from its output"
        )
    return Anatomy(
        blocks=chain.path,
        ran=tuple(place[id(call.module)] for call in chain.calls),
        entry=chain.entry if chain.entry is not None else 0,
        leave=chain.leave,
        width=chain.end.shape[-1],
        norm=norm,
        norm_known=known,
        last=last,
        bidirectional=False,
        batching="any",
        chained=chain.chained,
    )


def _closing(
    model: nn.Module, calls: list[Call], chain: Chain, last: torch.Tensor | None, mask: torch.Tensor
) -> tuple[str | None, bool, Last]:
    """Path of the final norm, whether it is known, and what the last layer is.

    Raises: ModelError where the output has another width for a reason that cannot be told.
    """
    own = chain.end[:, : mask.shape[1]]
    position = max(i for i, call in enumerate(calls) if call is chain.calls[-1])
    names = {id(module): name for name, module in model.named_modules()}
    after = calls[position + 1 :]
    if last is not None and equal(own, last):
        closing = next((call for call in after if _norms_one(call, own)), None)
        return (names[id(closing.module)], True, "closed") if closing else (None, True, "output")
    heirs = [call for call in after if _takes(call, chain.end)]
    if last is not None and last.shape == own.shape:
        for call in heirs:
            if any(equal(given[:, : mask.shape[1]], last) for given in call.outputs.values()):
                return names[id(call.module)], True, "output"
        return None, False, "output"
    # The output has another width: the last layer is what the projection, or the head, was given.
    norms = [
        call for call in heirs if any(x.shape == chain.end.shape for x in call.outputs.values())
    ]
    for call in after:
        if isinstance(call.module, nn.Linear) and (last is None or _gives(call, last)):
            norm = next((n for n in norms if _takes(call, next(iter(n.outputs.values())))), None)
            if norm is not None or _takes(call, chain.end):
                return names[id(norm.module)] if norm else None, True, "block"
    if last is None:
        return None, True, "block"
    raise ModelError(
        f"{type(model).__name__} returns vectors of width {last.shape[-1]} where its blocks have "
        f"{own.shape[-1]}, and what lies between them is no projection; it cannot be read"
    )


def _takes(call: Call, found: torch.Tensor) -> bool:
    return any(equal(taken, found) for taken in call.inputs.values())


def _norms_one(call: Call, own: torch.Tensor) -> bool:
    """Whether a norm takes a single position of the last states, as CLIP's does its class token.

    A norm has nothing but numbers for each dimension; a pooler's matrix has more.
    """
    width = own.shape[-1]
    parameters = list(call.module.parameters())
    return (
        bool(parameters)
        and all(p.shape == (width,) for p in parameters)
        and any(
            taken.shape == (len(own), width) and any(equal(taken, one) for one in own.unbind(1))
            for taken in call.inputs.values()
        )
    )


def _gives(call: Call, found: torch.Tensor) -> bool:
    return any(equal(given, found) for given in call.outputs.values())


def _ends(model: nn.Module, found: Anatomy, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """The first and the last hidden state of a batch, read as the anatomy says."""
    modules = list(model.get_submodule(found.blocks).children())
    taken: list[torch.Tensor] = []
    given: list[torch.Tensor] = []

    def enter(module: nn.Module, args: Any, kwargs: Any) -> None:
        taken.append(args[found.entry] if isinstance(found.entry, int) else kwargs[found.entry])

    def leave(module: nn.Module, args: Any, output: Any) -> None:
        given.append(tensors(output)[found.leave])

    first, last = modules[found.ran[0]], modules[found.ran[-1]]
    handles = [
        first.register_forward_pre_hook(enter, with_kwargs=True),
        last.register_forward_hook(leave),
    ]
    try:
        output = run(model, batch)
    finally:
        for handle in handles:
            handle.remove()
    start, end = (x[:, : batch.mask.shape[1]] for x in (taken[0], given[-1]))
    vectors = token_vectors(output, batch.mask)
    return start, vectors if found.last == "output" and vectors is not None else end


def first_states(model: nn.Module, found: Anatomy, batch: Batch) -> torch.Tensor:
    """(batch, positions, width) of what enters the first block."""
    return _ends(model, found, batch)[0]


def _last(model: nn.Module, found: Anatomy, batch: Batch) -> torch.Tensor:
    return _ends(model, found, batch)[1]


def _reaches_back(model: nn.Module, found: Anatomy, example: Example) -> bool:
    """Whether another last position changes the first half of an item.

    Raises: ModelError where it does so before the first block.
    """
    half = example.short.mask.shape[1] // 2
    start, before = _ends(model, found, example.short)
    least = 1e-6 if before.dtype == torch.float32 else 1e-3
    if example.other is None:
        with _last_position_changed(model, found):
            after = _last(model, found, example.short)
        return bool(_changes(before[:, :half], after[:, :half]).max() > least)
    other_start, after = _ends(model, found, example.other)
    if bool(_changes(start[:, :half], other_start[:, :half]).max() > least):
        raise ModelError(
            f"the first block of {type(model).__name__} in {found.blocks} is given more than an "
            "embedding of each token; models that mix tokens before it cannot be read"
        )
    # Tokens before the change come from the very same numbers in a causal model.
    return bool(_changes(before[:, :half], after[:, :half]).max() > least)


@contextmanager
def _last_position_changed(model: nn.Module, found: Anatomy) -> Iterator[None]:
    """Within, the first block is given the first position's state at the last one too.

    For models whose inputs do not belong to one position each, such as overlapping windows.
    """
    first = list(model.get_submodule(found.blocks).children())[found.ran[0]]
    seen: list[torch.Tensor] = []

    def enter(module: nn.Module, args: Any, kwargs: Any) -> Any:
        if seen:  # a block that serves every layer is changed where the item enters, and once
            return args, kwargs
        where = found.entry
        seen.append(args[where] if isinstance(where, int) else kwargs[where])
        changed = seen[0].clone()
        changed[:, -1] = changed[:, 0]
        if isinstance(where, int):
            return (*args[:where], changed, *args[where + 1 :]), kwargs
        return args, kwargs | {where: changed}

    handle = first.register_forward_pre_hook(enter, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()


def _batching(model: nn.Module, found: Anatomy, example: Example) -> Batching:
    """Whether padding, or other items at all, reach an item of the same batch."""
    if example.mixed is None or _undisturbed(model, found, example.mixed):
        return "any"
    if example.equal is not None and _undisturbed(model, found, example.equal):
        return "equal lengths"
    return "alone"


def _undisturbed(model: nn.Module, found: Anatomy, company: Company) -> bool:
    """Whether items are read the same together and alone."""
    alone = [_last(model, found, one) for one in company.alone]
    together = _last(model, found, company.together)
    ours = [row[: one.shape[1]] for row, one in zip(together, alone, strict=True)]
    return _agree(ours, alone)


def _agree(ours: Sequence[torch.Tensor], theirs: Sequence[torch.Tensor]) -> bool:
    """Whether texts are the same read in company and alone.

    In half precision a router may send a token to another expert for its rounding alone, so the
    median token decides there: padding that gets in moves them all.
    """
    exact = ours[0].dtype in (torch.float32, torch.float64)
    for mine, right in zip(ours, theirs, strict=True):
        change = _changes(mine, right)
        far = change.max() > _SAME if exact else change.median() > _SAME_IN_HALF_PRECISION
        if bool(far):
            return False
    return True


def _changes(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Relative change of each token vector; a change that is no number counts as none, because
    a model that gives NaN has the same anatomy and is stopped when a text is read."""
    a, b = (x.double().reshape(-1, x.shape[-1]) for x in (a, b))
    change = (a - b).norm(dim=1) / b.norm(dim=1).clamp_min(1e-9)
    return torch.where(change.isfinite(), change, 0.0)


def _what(output: Any) -> str:
    names = list(output) if isinstance(output, Mapping) else [type(output).__name__]
    return ", ".join(map(str, names[:4])) or "nothing"
