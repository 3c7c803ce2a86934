"""Find out by running it what a model is made of: blocks, final norm, direction, padding.

Names differ from one architecture to the next, and lists of names are never complete. What holds
for all of them is what a forward pass does: a block's output is the next block's input.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from lrd_core.models.anatomy import Anatomy, Batching, hidden_state
from lrd_core.models.chain import Chain, find_chain
from lrd_core.models.resolve import positions, text_config
from lrd_core.models.trace import (
    Call,
    NoTextError,
    equal,
    own_states,
    run,
    run_on_text,
    tensors,
    token_vectors,
    traced,
    vectors_within,
)

PROBE_VERSION = 1
"""Raised when the same model would be found otherwise."""

SHORT, LONG = 9, 40
"""Tokens of the two texts: enough for a window or a convolution to show, and cheap."""

_SAME = 1e-4
"""Relative to a token's norm. Wrong padding moves tokens by far more, rounding by far less."""

_SAME_IN_HALF_PRECISION = 0.1


def probe(model: nn.Module, ids: Sequence[Sequence[int]] | None = None) -> Anatomy:
    """What one short forward pass, and a few beside it, show of a model in eval mode.

    ids: token ids of two texts, the second one longer; random ones if there are none.

    Raises: NoTextError where ids and a mask are not enough; ModelError, with the reason, where
        its blocks cannot be told.
    """
    short, long = _example(model, ids)
    with torch.inference_mode():
        calls, output = traced(model, short)
        last = vectors_within(output, calls, short)
        chain, axes = find_chain(model, calls, own_states(output), last, short)
        found = _describe(model, calls, chain, axes, last, short)
        direction = _reaches_back(model, found, short)
        return replace(
            found, bidirectional=direction, batching=_batching(model, found, short, long)
        )


def trunk_path(model: nn.Module) -> str:
    """Path of the outermost module that returns token vectors: empty for the model itself.

    A retriever's encoder or a model that comes with its head only returns other things.
    Raises: NoTextError where none does.
    """
    short, _ = _example(model, None)
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
            output = run_on_text(model, short)
        finally:
            for handle in handles:
                handle.remove()
    if token_vectors(output, short) is not None:
        return ""
    # Hooks fire as calls return, so the outermost module comes last.
    inner = [name for name in found if name]
    if not inner:
        raise NoTextError(
            f"{type(model).__name__} returns no vector for each token "
            f"(its output holds {_what(output)}); such a model cannot be read layer by layer"
        )
    return inner[-1]


def _example(
    model: nn.Module, ids: Sequence[Sequence[int]] | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """A short and a long text as (1, tokens) ids on the model's device."""
    device = next(model.parameters()).device
    limit = max(2, min(positions(model), 10_000))
    if ids is not None and min(map(len, ids)) >= SHORT:
        rows = [list(ids[0][:SHORT]), list(ids[-1][:LONG])]
        if len(rows[1]) > SHORT and limit > SHORT:
            first, second = (torch.tensor([row[:limit]], device=device) for row in rows)
            return first, second
    words = _vocabulary(model)
    generator = torch.Generator().manual_seed(3)
    lengths = (min(SHORT, limit), min(LONG, limit))
    first = min(4, words - 2)
    drawn = [torch.randint(first, words, (1, n), generator=generator) for n in lengths]
    return drawn[0].to(device), drawn[1].to(device)


def _vocabulary(model: nn.Module) -> int:
    text = text_config(getattr(model, "config", None))
    return max(4, int(getattr(text, "vocab_size", None) or 100))


def _describe(
    model: nn.Module,
    calls: list[Call],
    chain: Chain,
    axes: tuple[int, int, int],
    vectors: torch.Tensor | None,
    ids: torch.Tensor,
) -> Anatomy:
    modules = list(model.get_submodule(chain.path).children())
    place = {id(module): index for index, module in enumerate(modules)}
    norm, known, last = _closing(model, calls, chain, axes, vectors, ids)
    return Anatomy(
        blocks=chain.path,
        ran=tuple(place[id(call.module)] for call in chain.calls),
        entry=chain.entry if chain.entry is not None else 0,
        leave=chain.leave,
        axes=axes,
        width=chain.end.permute(axes).shape[-1],
        norm=norm,
        norm_known=known,
        last="output" if last else "block",
        bidirectional=False,
        batching="any",
        chained=chain.chained,
    )


def _closing(
    model: nn.Module,
    calls: list[Call],
    chain: Chain,
    axes: tuple[int, int, int],
    last: torch.Tensor | None,
    ids: torch.Tensor,
) -> tuple[str | None, bool, bool]:
    """Path of the final norm, whether it is known, and whether the output is the last layer."""
    end = chain.end
    own = end.permute(axes)[:, : ids.shape[1]]
    if last is not None and equal(own, last):
        return None, True, True
    position = max(i for i, call in enumerate(calls) if call is chain.calls[-1])
    names = {id(module): name for name, module in model.named_modules()}
    after = [c for c in calls[position + 1 :] if any(equal(x, end) for x in c.inputs.values())]
    fits = last is not None and last.shape == own.shape
    for call in after:
        for given in call.outputs.values():
            if fits and given.ndim == 3 and equal(given.permute(axes)[:, : ids.shape[1]], last):
                return names[id(call.module)], True, True
    if fits:
        return None, False, True
    # The output has another width: the last layer is what the projection was given.
    for call in after:
        for given in call.outputs.values():
            if given.shape == end.shape and not equal(given, end):
                return names[id(call.module)], True, False
    return None, True, False


def _last(model: nn.Module, found: Anatomy, ids: torch.Tensor, mask: Any = None) -> torch.Tensor:
    """The last hidden state of ids, read as the anatomy says."""
    modules = list(model.get_submodule(found.blocks).children())
    kept: list[torch.Tensor] = []
    last = modules[found.ran[-1]]
    handle = last.register_forward_hook(lambda _m, _i, out: kept.append(tensors(out)[found.leave]))
    try:
        output = run(model, ids, mask)
    finally:
        handle.remove()
    vectors = token_vectors(output, ids)
    if found.last == "output" and vectors is not None:
        return vectors
    return hidden_state(found, kept[-1], ids.shape[1])


def _reaches_back(model: nn.Module, found: Anatomy, ids: torch.Tensor) -> bool:
    """Whether another last token changes the first half of the text."""
    other = ids.clone()
    other[0, -1] = ids[0, 1] if int(ids[0, 1]) != int(ids[0, -1]) else ids[0, 0]
    if bool((other == ids).all()):
        other[0, -1] += 1
    half = ids.shape[1] // 2
    before, after = (_last(model, found, x)[:, :half] for x in (ids, other))
    return _distance(before, after) > (1e-6 if before.dtype == torch.float32 else 1e-3)


def _batching(
    model: nn.Module, found: Anatomy, short: torch.Tensor, long: torch.Tensor
) -> Batching:
    """Whether padding, or other texts at all, reach a text of the same batch."""
    n, width = short.shape[1], long.shape[1]
    padded = torch.zeros_like(long)
    padded[:, :n] = short
    mask = torch.ones_like(long).repeat(2, 1)
    mask[0, n:] = 0
    alone = [_last(model, found, ids) for ids in (short, long)]
    if n == width or _agree(
        [
            _last(model, found, torch.cat([padded, long]), mask)[i, :m]
            for i, m in ((0, n), (1, width))
        ],
        alone,
    ):
        return "any"
    pair = torch.cat([short, short.flip(1)])
    together = _last(model, found, pair)
    apart = [_last(model, found, row[None]) for row in pair]
    return "equal lengths" if _agree(list(together), apart) else "alone"


def _agree(ours: Sequence[torch.Tensor], theirs: Sequence[torch.Tensor]) -> bool:
    far = _SAME if ours[0].dtype in (torch.float32, torch.float64) else _SAME_IN_HALF_PRECISION
    return all(_distance(a, b) < far for a, b in zip(ours, theirs, strict=True))


def _distance(a: torch.Tensor, b: torch.Tensor) -> float:
    """Largest relative change of a token vector; 0 where numbers are not finite."""
    a, b = a.double().reshape(-1, a.shape[-1]), b.double().reshape(-1, b.shape[-1])
    change = (a - b).norm(dim=1) / b.norm(dim=1).clamp_min(1e-9)
    return float(change.nan_to_num(0.0).max())


def _what(output: Any) -> str:
    names = list(output) if isinstance(output, Mapping) else [type(output).__name__]
    return ", ".join(map(str, names[:4])) or "nothing"
