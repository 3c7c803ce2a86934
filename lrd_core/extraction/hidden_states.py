"""One forward pass that reduces every layer as it comes and keeps no token vectors.

Layer 0 is what enters the first block, layer l what block l - 1 wrote. The last layer follows
Hugging Face (after the final norm where the model has one) unless `final_norm` says otherwise.
Reading by hooks, not from `output_hidden_states`: Mamba's lack the embedding layer, and all
layers of a batch at once cost gigabytes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from lrd_core.errors import InputError, ModelError, NonFiniteError
from lrd_core.extraction.batching import batches, pad, tokenise
from lrd_core.extraction.embeddings import allocate_array
from lrd_core.extraction.pooling import pool, refuse_unknown
from lrd_core.extraction.prompt import unpooled_tokens
from lrd_core.extraction.sublayers import after_attention
from lrd_core.extraction.tail import load_tail
from lrd_core.models.anatomy import block_list
from lrd_core.models.anatomy import final_norm as find_norm
from lrd_core.models.load import LoadedModel
from lrd_core.models.trace import run, token_vectors
from lrd_core.progress import Progress, silent
from lrd_core.tasks.conditions import Condition

FINAL_NORMS = ("hf", "raw", "all")
CAPTURES = ("block", "attention")
TOKEN_BUDGET = {"cpu": 4096, "mps": 16384, "cuda": 65536}

TokenMetric = Callable[[torch.Tensor, torch.Tensor], Any]
"""(batch, tokens, hidden_size) and its mask -> one value a text."""

Visit = Callable[[int, torch.Tensor], None]


@dataclass(frozen=True)
class Extraction:
    """What one pass leaves: small per text, nothing per token.

    embeddings: (num_blocks + 1, n_texts, width) float32, in memory or a file's memmap; width is
    hidden_size, unless pooling joins several states or a tail changes it.
    per_text: (num_blocks + 1, n_texts) float64 for each token metric.
    n_tokens: (n_texts,) attended tokens, special tokens included.
    """

    embeddings: np.ndarray
    per_text: Mapping[str, np.ndarray]
    n_tokens: np.ndarray


def extract(
    loaded: LoadedModel,
    texts: Sequence[str],
    *,
    pooling: str | None = None,
    final_norm: str = "hf",
    capture: str = "block",
    tail: str = "none",
    condition: Condition | None = None,
    seed: int = 0,
    prompt: str = "",
    max_length: int | None = None,
    token_metrics: Mapping[str, TokenMetric] | None = None,
    token_budget: int | None = None,
    progress: Progress = silent,
    out: Path | None = None,
) -> Extraction:
    """Embed every text at every layer in one pass, longest texts first.

    pooling: defaults to the model's own. final_norm: hf, raw (last block's own output) or all
    (the final norm on every layer). capture: block, or attention (the hidden state between
    attention and MLP of each block). tail: none, or all (every layer goes through what the model
    applies after pooling, such as a Dense). condition: a transform of the token ids, seeded by
    `seed` and text index. out: a .npy file that receives the embeddings, for more than memory
    holds.

    Running out of memory halves the batch, down to one text.
    Raises: NonFiniteError naming model, layer, text and dtype; ModelError when one text alone
    does not fit; InputError for unknown options.
    """
    _check(final_norm, FINAL_NORMS, "final_norm")
    _check(capture, CAPTURES, "capture")
    if not texts:
        raise InputError("no texts to embed; give at least one")
    ids = tokenise(loaded.tokenizer, texts, max_length or loaded.max_length, prompt)
    if condition is not None:
        ids = _conditioned(loaded, ids, condition, seed)
    lengths = np.array([len(row) for row in ids])
    metrics = dict(token_metrics or {})
    how = pooling or loaded.pooling
    refuse_unknown(how)
    after = load_tail(loaded.pipeline, tail, loaded.width(how), loaded.device)
    skip = unpooled_tokens(loaded, prompt, max_length or loaded.max_length)
    shape = (loaded.num_blocks + 1, len(texts), loaded.width(how, tail))
    embeddings = _allocate(shape, out)
    per_text = {name: np.full(shape[:2], np.nan) for name in metrics}
    layers = LayerReader(loaded, final_norm, capture)

    def embed(indices: np.ndarray) -> None:
        inputs, mask = pad([ids[i] for i in indices], pad_id(loaded))
        mask = mask.to(loaded.device)

        def reduce(layer: int, tokens: torch.Tensor) -> None:
            _refuse_non_finite(loaded, layer, tokens, mask, indices)
            pooled = pool(tokens, mask, how, skip)
            if after is not None:
                pooled = after(pooled)
                _refuse_non_finite(loaded, layer, pooled[:, None], mask[:, :1], indices)
            embeddings[layer, indices] = pooled.cpu().numpy()
            for name, metric in metrics.items():
                values = metric(tokens, mask)
                per_text[name][layer, indices] = _to_numpy(values)

        layers.read(inputs.to(loaded.device), mask, reduce)

    budget = token_budget or TOKEN_BUDGET[loaded.device.type]
    done = 0
    progress("forward pass", 0, len(texts))
    for batch in batches(lengths, budget, loaded.anatomy.batching):
        for part in run_halving(embed, batch):
            done += len(part)
            progress("forward pass", done, len(texts))
    if isinstance(embeddings, np.memmap):
        embeddings.flush()
    return Extraction(embeddings, per_text, lengths)


class LayerReader:
    """Runs a model and shows each layer's token vectors once, in order, then lets them go."""

    def __init__(self, loaded: LoadedModel, final_norm: str = "hf", capture: str = "block") -> None:
        self.loaded = loaded
        self.capture = capture
        self.anatomy = loaded.anatomy
        self.blocks = list(block_list(loaded.model, self.anatomy))
        self.norms = final_norm == "all"
        self.norm = find_norm(loaded.model, self.anatomy)
        self.shows_output = final_norm != "raw" and capture == "block"
        if self.norms and not self.anatomy.norm_known:
            raise ModelError(
                f"{loaded.spec.name}: more than one norm lies between its last block and its "
                "output, so it cannot be applied to every layer; use final_norm='hf' or 'raw'"
            )
        if capture == "attention":
            self.taps = [after_attention(block, loaded.model.config) for block in self.blocks]

    def read(self, input_ids: torch.Tensor, mask: torch.Tensor, visit: Visit) -> None:
        """Call visit(layer, tokens) for layers 0..num_blocks of this batch.

        Raises: ModelError for a model that runs otherwise than when it was loaded.
        """
        last = self.anatomy.depth
        seen = 0

        def show(tokens: torch.Tensor) -> None:
            nonlocal seen
            layer, seen = seen, seen + 1
            tokens = tokens[:, : input_ids.shape[1]]  # Longformer fills up to a window
            if tokens.shape[:-1] != input_ids.shape:
                raise ModelError(
                    f"{self.loaded.spec.name}: a block handed on {tuple(tokens.shape)} for ids of "
                    f"shape {tuple(input_ids.shape)}; it runs otherwise than when it was loaded"
                )
            if layer < last or not self.shows_output:
                visit(layer, self.norm(tokens) if self.norms and self.norm else tokens)
            elif self.anatomy.last == "block":
                visit(layer, self.norm(tokens) if self.norm else tokens)

        with torch.inference_mode(), self._hooks(show):
            output = run(self.loaded.model, input_ids, mask)
        if seen != last + 1:
            raise ModelError(
                f"{self.loaded.spec.name}: {max(seen - 1, 0)} of {last} blocks ran; "
                "it runs otherwise than when it was loaded"
            )
        if self.shows_output and self.anatomy.last == "output":
            vectors = token_vectors(output, input_ids)
            if vectors is None:
                raise ModelError(f"{self.loaded.spec.name} returned no vector for each token")
            visit(last, vectors)

    @contextmanager
    def _hooks(self, show: Callable[[torch.Tensor], None]) -> Iterator[None]:
        """Hooks that leave no trace; a shared block (ALBERT) is hooked once and seen L times.

        Layer l is what block l takes, so that whatever lies between two blocks is part of it.
        """
        entry, leave = self.anatomy.entry, self.anatomy.leave
        ends = self.anatomy.depth
        entered = 0

        def entering(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            nonlocal entered
            entered += 1
            if entered == 1 or self.capture == "block":
                show(args[entry] if isinstance(entry, int) else kwargs[entry])

        def tapping(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            show(args[0] if args else kwargs["hidden_states"])

        def leaving(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
            if entered == ends and self.capture == "block":
                show(output if leave is None else output[leave])

        ran = [self.blocks[index] for index in dict.fromkeys(self.anatomy.ran)]
        handles = [block.register_forward_pre_hook(entering, with_kwargs=True) for block in ran]
        handles.append(self.blocks[self.anatomy.ran[-1]].register_forward_hook(leaving))
        if self.capture == "attention":
            handles += [
                tap.register_forward_pre_hook(tapping, with_kwargs=True) for tap in self.taps
            ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


def run_halving(embed: Callable[[np.ndarray], None], batch: np.ndarray) -> Iterator[np.ndarray]:
    """Run `embed` on the batch, in halves of halves where memory runs out; yields what is done.

    Raises: ModelError when a single text does not fit.
    """
    try:
        embed(batch)
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if not _ran_out_of_memory(error):
            raise
        if len(batch) == 1:
            raise ModelError(
                f"text {int(batch[0])} alone does not fit in the device's memory; "
                "lower max_length or use another device"
            ) from error
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    else:
        yield batch
        return
    middle = len(batch) // 2
    yield from run_halving(embed, batch[:middle])
    yield from run_halving(embed, batch[middle:])


def _ran_out_of_memory(error: BaseException) -> bool:
    """On the CPU torch says so by a plain RuntimeError of its allocator."""
    kinds = (torch.OutOfMemoryError, MemoryError)
    return isinstance(error, kinds) or "can't allocate memory" in str(error)


def pad_id(loaded: LoadedModel) -> int:
    """The id to fill rows with; masked everywhere, so any valid one does."""
    return int(getattr(loaded.tokenizer, "pad_token_id", None) or 0)


def _conditioned(
    loaded: LoadedModel, ids: list[np.ndarray], condition: Condition, seed: int
) -> list[np.ndarray]:
    special = frozenset(getattr(loaded.tokenizer, "all_special_ids", ()))
    vocabulary = int(getattr(loaded.tokenizer, "vocab_size", 0) or len(loaded.tokenizer))
    return [
        np.asarray(condition.apply(row.tolist(), vocabulary, special, seed, index), dtype=np.int32)
        for index, row in enumerate(ids)
    ]


def _refuse_non_finite(
    loaded: LoadedModel, layer: int, tokens: torch.Tensor, mask: torch.Tensor, indices: np.ndarray
) -> None:
    if bool(torch.isfinite(tokens.sum(dtype=torch.float32))):
        return
    bad = (~torch.isfinite(tokens).all(dim=2) & mask.bool()).any(dim=1)
    if bool(bad.any()):
        text = int(indices[int(bad.int().argmax())])
        wide = loaded.dtype in (torch.float32, torch.float64)
        raise NonFiniteError(
            f"{loaded.spec.name} gives NaN or Inf at layer {layer} for text {text} "
            f"in {str(loaded.dtype).removeprefix('torch.')}; "
            f"{'' if wide else 'try dtype float32, or '}look at that text"
        )


def _allocate(shape: tuple[int, int, int], out: Path | None) -> np.ndarray:
    if out is None:
        return np.empty(shape, dtype=np.float32)
    return allocate_array(out, shape)


def _to_numpy(values: Any) -> np.ndarray:
    return values.detach().cpu().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)


def _check(value: str, known: Sequence[str], name: str) -> None:
    if value not in known:
        raise InputError(f"{name} is {value!r}; choose one of {', '.join(known)}")
