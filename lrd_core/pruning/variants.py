"""Many pruned versions of one model over the same texts, computing common prefixes once.

Variants that keep the same first blocks share the hidden states after them: all 64 subsets of a
6-block model cost 63 block runs a batch instead of 192.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from lrd_core.errors import NonFiniteError
from lrd_core.extraction.batching import batches
from lrd_core.extraction.hidden_states import TOKEN_BUDGET
from lrd_core.extraction.inputs import encode
from lrd_core.extraction.pooling import pool
from lrd_core.models.anatomies import anatomy_of
from lrd_core.models.anatomy import block_list
from lrd_core.models.load import LoadedModel
from lrd_core.progress import Progress, silent
from lrd_core.pruning.block_calls import (
    first_tensor,
    given_hidden,
    hidden_in,
    hidden_of,
    overridden,
    with_hidden,
    without_cache,
)
from lrd_core.pruning.bypass import bypassed
from lrd_core.pruning.last_layer import last_layer
from lrd_core.pruning.removal import check_prunable, check_removal

Removed = tuple[int, ...]

REPLAY_TOLERANCE = 1e-4
"""Replaying a model block by block must give its own output to this, relatively."""


@dataclass
class _Call:
    """How the model called a block, and what the block gave."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    output: Any


class VariantRunner:
    """Runs a model with several sets of blocks off on the same batch."""

    def __init__(self, model: nn.Module, variants: Sequence[Removed]) -> None:
        check_prunable(model)
        self.model = model
        self.anatomy = anatomy_of(model)
        self.blocks = list(block_list(model, self.anatomy))
        self.variants = sorted({tuple(sorted(set(removed))) for removed in variants})
        for removed in self.variants:
            if removed:
                check_removal(model, removed)
        self.shares_prefixes: bool | None = None

    def run(self, **inputs: torch.Tensor) -> Iterator[tuple[Removed, Any]]:
        """Yields (removed blocks, the model's output) for each variant, the full model first.

        Where blocks cannot be replayed alone (something happens between them) each variant is
        a pass of its own; the numbers are the same.
        """
        with without_cache(self.model):
            calls, output = self._record(inputs)
            if self.shares_prefixes is None:
                self.shares_prefixes = self._replays(calls, inputs, output)
            if self.shares_prefixes:
                start = hidden_of(self.anatomy, calls[0].args, calls[0].kwargs)
                yield from self._walk(0, start, self.variants, calls, inputs)
                return
            for removed in self.variants:
                yield removed, self._alone(removed, inputs)

    def _alone(self, removed: Removed, inputs: Mapping[str, torch.Tensor]) -> Any:
        with bypassed(self.model, removed), torch.inference_mode():
            return self.model(**inputs)

    def _record(self, inputs: Mapping[str, torch.Tensor]) -> tuple[list[_Call], Any]:
        calls: list[_Call] = []

        def keep(
            module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any
        ) -> None:
            calls.append(_Call(args, kwargs, output))

        with ExitStack() as stack:
            for block in self.blocks:
                stack.callback(block.register_forward_hook(keep, with_kwargs=True).remove)
            with torch.inference_mode():
                output = self.model(**inputs)
        return calls, output

    def _replays(self, calls: list[_Call], inputs: Mapping[str, torch.Tensor], full: Any) -> bool:
        """Whether the full model, and one with blocks off, come out as in a pass of their own."""
        start = hidden_of(self.anatomy, calls[0].args, calls[0].kwargs)
        expected: dict[Removed, Any] = {(): full}
        for removed in self.variants[-1:]:
            expected[removed] = self._alone(removed, inputs) if removed else full
        return all(
            _close(first_tensor(replayed), first_tensor(expected[removed]))
            for removed, replayed in self._walk(0, start, sorted(expected), calls, inputs)
        )

    def _walk(
        self,
        position: int,
        hidden: torch.Tensor,
        variants: Sequence[Removed],
        calls: list[_Call],
        inputs: Mapping[str, torch.Tensor],
    ) -> Iterator[tuple[Removed, Any]]:
        if position == len(self.blocks):
            yield variants[0], self._finish(hidden, calls, inputs)
            return
        off = [removed for removed in variants if position in removed]
        on = [removed for removed in variants if position not in removed]
        if on:
            after = self._run_block(position, hidden, calls[position])
            yield from self._walk(position + 1, after, on, calls, inputs)
        if off:
            yield from self._walk(position + 1, hidden, off, calls, inputs)

    def _run_block(self, position: int, hidden: torch.Tensor, call: _Call) -> torch.Tensor:
        args, kwargs = given_hidden(self.anatomy, call.args, call.kwargs, hidden)
        with torch.inference_mode():
            return hidden_in(self.anatomy, self.blocks[position](*args, **kwargs))

    def _finish(
        self, hidden: torch.Tensor, calls: list[_Call], inputs: Mapping[str, torch.Tensor]
    ) -> Any:
        """What the model makes of these last hidden states: final norm, head, output type."""

        def gives(call: _Call) -> Callable[..., Any]:
            return lambda *args, **kwargs: with_hidden(self.anatomy, call.output, hidden)

        forwards = {block: gives(call) for block, call in zip(self.blocks, calls, strict=True)}
        with overridden(forwards), torch.inference_mode():
            return self.model(**inputs)


def _close(ours: torch.Tensor, theirs: torch.Tensor) -> bool:
    difference, scale = (float(x.abs().max()) for x in (ours - theirs, theirs))
    return difference <= REPLAY_TOLERANCE * scale


def embed_variants(
    loaded: LoadedModel,
    texts: Sequence[str],
    variants: Sequence[Removed],
    *,
    token_budget: int | None = None,
    progress: Progress = silent,
) -> dict[Removed, np.ndarray]:
    """The (n_texts, width) final embeddings of each variant, float32, as `pooling` gives them.

    Raises: NonFiniteError naming the variant and the text.
    """
    runner = VariantRunner(loaded.model, variants)
    encoded = encode(loaded, texts)
    shape = (len(texts), loaded.width(loaded.pooling))
    embeddings = {removed: np.empty(shape, dtype=np.float32) for removed in runner.variants}
    done = 0
    budget = token_budget or TOKEN_BUDGET[loaded.device.type]
    for batch in batches(encoded.sizes, budget, loaded.anatomy.batching):
        given = encoded.batch(batch).to(loaded.device)
        with last_layer(loaded.model, loaded.anatomy) as last:
            for removed, _ in runner.run(**given.inputs):
                states, mask = last.read(given.mask), given.mask
                pooled = pool(states, mask, loaded.pooling, aside=loaded.aside).cpu().numpy()
                _refuse_non_finite(loaded, removed, pooled, batch)
                embeddings[removed][batch] = pooled
        done += len(batch)
        progress(f"embedding {len(embeddings)} variants", done, len(texts))
    return embeddings


def _refuse_non_finite(
    loaded: LoadedModel, removed: Removed, pooled: np.ndarray, batch: np.ndarray
) -> None:
    bad = ~np.isfinite(pooled).all(axis=1)
    if bad.any():
        raise NonFiniteError(
            f"{loaded.spec.name} without blocks {list(removed)} gives NaN or Inf for text "
            f"{int(batch[int(bad.argmax())])}; try dtype float32 or keep other blocks"
        )
