"""One forward pass that reduces every layer as it comes and keeps no token vectors.

Layer 0 is what enters the first block, layer l what block l - 1 wrote. The last layer follows
Hugging Face (after the final norm where the model has one) unless `final_norm` says otherwise.
Reading by hooks, not from `output_hidden_states`: Mamba's lack the embedding layer, and all
layers of a batch at once cost gigabytes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from lrd_core.errors import InputError, ModelError, NonFiniteError
from lrd_core.extraction.batching import batches
from lrd_core.extraction.embeddings import allocate_array
from lrd_core.extraction.encoded import Encoded
from lrd_core.extraction.inputs import encode
from lrd_core.extraction.pooling import left_out_factor, pool, refuse_unknown
from lrd_core.extraction.sublayers import after_attention
from lrd_core.extraction.tail import load_tail
from lrd_core.extraction.token_readers import Sampled, TokenMetric, TokenReader, token_readers
from lrd_core.metrics.token_layer import TokenLayer
from lrd_core.models.anatomy import block_list
from lrd_core.models.anatomy import final_norm as find_norm
from lrd_core.models.batch import Batch
from lrd_core.models.load import LoadedModel
from lrd_core.models.trace import run, token_vectors
from lrd_core.progress import Progress, silent
from lrd_core.settings import CAPTURES, FINAL_NORMS, RunSettings
from lrd_core.tasks.content import noun_of

TOKEN_BUDGET = {"cpu": 4096, "mps": 16384, "cuda": 65536}

Visit = Callable[[int, torch.Tensor], None]


@dataclass(frozen=True)
class Extraction:
    """What one pass leaves: small per item, nothing per token.

    embeddings: (num_blocks + 1, n_items, width) float32, in memory or a file's memmap; width is
    hidden_size, unless pooling joins several states or a tail changes it.
    per_item: for each token metric, by name, (num_blocks + 1, n_items) float64.
    n_tokens: (n_items,) attended positions, special tokens included.
    """

    embeddings: np.ndarray
    per_item: Mapping[str, Mapping[str, np.ndarray]]
    n_tokens: np.ndarray


def extract(
    loaded: LoadedModel,
    items: Sequence[Any],
    settings: RunSettings | None = None,
    *,
    token_metrics: Mapping[str, TokenMetric | Sampled] | None = None,
    token_budget: int | None = None,
    progress: Progress = silent,
    out: Path | None = None,
    **changes: Any,
) -> Extraction:
    """Embed every item at every layer in one pass, longest items first.

    settings: how items are read, see RunSettings; `changes` are single ones by name, such as
    pooling="cls". What they say of sampling and of the number format is done already: items and
    model are taken as they are. token_budget: positions of a batch, padding included; by default
    what suits the device. token_metrics: by name; of items that one does not read, NaN is kept.
    out: a .npy file that receives the embeddings, for more than memory holds.

    Running out of memory halves the batch, down to one item.
    Raises: NonFiniteError naming model, layer, item and dtype; ModelError when one item alone
    does not fit; InputError for unknown options.
    """
    settings = replace(settings or RunSettings(), **changes)
    _check(settings.final_norm, FINAL_NORMS, "final_norm")
    _check(settings.capture, CAPTURES, "capture")
    encoded = encode(loaded, items, settings)
    readers = token_readers(token_metrics or {}, len(items))
    pass_ = _Pass(loaded, encoded, settings, readers, out)
    budget = token_budget or TOKEN_BUDGET[loaded.device.type]
    done = 0
    progress("forward pass", 0, len(items))
    for batch in batches(encoded.sizes, budget, loaded.anatomy.batching):
        for part in run_halving(pass_.embed, batch, noun_of(loaded.modality)):
            done += len(part)
            progress("forward pass", done, len(items))
    return pass_.finish()


class _Pass:
    """Where the layers of each batch are reduced, and what is left of them."""

    def __init__(
        self,
        loaded: LoadedModel,
        encoded: Encoded,
        settings: RunSettings,
        readers: Sequence[TokenReader],
        out: Path | None,
    ) -> None:
        self.loaded, self.encoded, self.readers = loaded, encoded, readers
        self.pooling = settings.pooling or loaded.pooling
        refuse_unknown(self.pooling)
        pooled = loaded.width(self.pooling)
        self.tail = load_tail(loaded.pipeline, settings.tail, pooled, loaded.device)
        width = loaded.width(self.pooling, settings.tail)
        shape = (loaded.num_blocks + 1, len(encoded.lengths), width)
        self.embeddings = _allocate(shape, out)
        self.left_out = left_out_factor(settings.tokens)
        self.per_item: dict[str, dict[str, np.ndarray]] = {
            name: {} for reader in readers for name in reader.metrics
        }
        self.layers = LayerReader(loaded, settings.final_norm, settings.capture)

    def embed(self, places: np.ndarray) -> None:
        """Read these items as one batch and keep what every layer gives of them."""
        batch = self.encoded.batch(places).to(self.loaded.device)

        def reduce(layer: int, tokens: torch.Tensor) -> None:
            refuse_non_finite(self.loaded, layer, tokens, batch.mask, places)
            seen = TokenLayer(tokens, batch.mask, batch.special)
            left_out = None if self.left_out is None else seen.dominating(self.left_out)
            skip, aside = self.encoded.skip, self.loaded.aside
            pooled = pool(tokens, batch.mask, self.pooling, skip, left_out, aside)
            if self.tail is not None:
                pooled = self.tail(pooled)
                refuse_non_finite(self.loaded, layer, pooled[:, None], batch.mask[:, :1], places)
            # To the CPU at once: on the device nothing of a layer outlives its batch.
            self.embeddings[layer, places] = pooled.cpu().numpy()
            for reader in self.readers:
                rows = reader.rows(places)
                for name, found in reader.read(seen, rows):
                    self._keep(name, layer, places[rows], found)

        self.layers.read(batch.inputs, batch.mask, reduce)

    def _keep(self, metric: str, layer: int, places: np.ndarray, found: Mapping[str, Any]) -> None:
        kept = self.per_item[metric]
        for name, values in found.items():
            if name not in kept:
                kept[name] = np.full(self.embeddings.shape[:2], np.nan)
            kept[name][layer, places] = _to_numpy(values)

    def finish(self) -> Extraction:
        if isinstance(self.embeddings, np.memmap):
            self.embeddings.flush()
        return Extraction(self.embeddings, self.per_item, self.encoded.lengths)


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

    def read(
        self, inputs: Mapping[str, torch.Tensor] | torch.Tensor, mask: torch.Tensor, visit: Visit
    ) -> None:
        """Call visit(layer, tokens) for layers 0..num_blocks of this batch.

        inputs: tensors by the model's own names; one tensor alone is token ids under `mask`.
        mask: (batch, positions) of the hidden states. tokens: (batch, positions, hidden_size).
        Raises: ModelError for a model that runs otherwise than when it was loaded.
        """
        single = isinstance(inputs, torch.Tensor)
        batch = Batch.of_ids(inputs, mask) if single else Batch(inputs, mask)
        last = self.anatomy.depth
        seen = 0

        def show(tokens: torch.Tensor) -> None:
            nonlocal seen
            layer, seen = seen, seen + 1
            tokens = tokens[:, : mask.shape[1]]  # Longformer fills up to a window
            if tokens.shape[:-1] != mask.shape:
                raise ModelError(
                    f"{self.loaded.spec.name}: a block handed on {tuple(tokens.shape)} for "
                    f"positions of shape {tuple(mask.shape)}; it runs otherwise than when it was "
                    "loaded"
                )
            if layer < last or not self.shows_output:
                visit(layer, self.norm(tokens) if self.norms and self.norm else tokens)
            elif self.anatomy.last != "output":
                visit(layer, self.norm(tokens) if self.norm else tokens)

        with torch.inference_mode(), self._hooks(show):
            output = run(self.loaded.model, batch)
        if seen != last + 1:
            raise ModelError(
                f"{self.loaded.spec.name}: {max(seen - 1, 0)} of {last} blocks ran; "
                "it runs otherwise than when it was loaded"
            )
        if self.shows_output and self.anatomy.last == "output":
            vectors = token_vectors(output, mask)
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
            # A shared block leaves as often as it enters; only its last output ends the model.
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


def refuse_non_finite(
    loaded: LoadedModel, layer: int, tokens: torch.Tensor, mask: torch.Tensor, places: np.ndarray
) -> None:
    """Raises: NonFiniteError naming model, layer, item and dtype where attended tokens are not.

    tokens: (batch, positions, d) of these places among the items, under their mask.
    """
    # One sum is far cheaper than looking at every number, and finite unless one is not; where
    # it only overflowed, or the padding holds the NaN, the closer look finds nothing.
    if bool(torch.isfinite(tokens.sum(dtype=torch.float32))):
        return
    bad = (~torch.isfinite(tokens).all(dim=2) & mask.bool()).any(dim=1)
    if bool(bad.any()):
        place = int(places[int(bad.int().argmax())])
        wide, noun = loaded.dtype in (torch.float32, torch.float64), noun_of(loaded.modality)
        raise NonFiniteError(
            f"{loaded.spec.name} gives NaN or Inf at layer {layer} for {noun} "
            f"{place} in {str(loaded.dtype).removeprefix('torch.')}; "
            f"{'' if wide else 'try dtype float32, or '}look at that {noun}"
        )


def run_halving(
    embed: Callable[[np.ndarray], None], batch: np.ndarray, noun: str = "text"
) -> Iterator[np.ndarray]:
    """Run `embed` on the batch, in halves of halves where memory runs out; yields what is done.

    noun: what an item is called in the error.
    Raises: ModelError when a single item does not fit.
    """
    try:
        embed(batch)
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if not _ran_out_of_memory(error):
            raise
        if len(batch) == 1:
            raise ModelError(
                f"{noun} {int(batch[0])} alone does not fit in the device's memory; "
                "lower max_length or use another device"
            ) from error
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    else:
        yield batch
        return
    middle = len(batch) // 2
    yield from run_halving(embed, batch[:middle], noun)
    yield from run_halving(embed, batch[middle:], noun)


def _ran_out_of_memory(error: BaseException) -> bool:
    """On the CPU torch says so by a plain RuntimeError of its allocator."""
    kinds = (torch.OutOfMemoryError, MemoryError)
    return isinstance(error, kinds) or "can't allocate memory" in str(error)


def _allocate(shape: tuple[int, int, int], out: Path | None) -> np.ndarray:
    if out is None:
        return np.empty(shape, dtype=np.float32)
    return allocate_array(out, shape)


def _to_numpy(values: Any) -> np.ndarray:
    return values.detach().cpu().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)


def _check(value: str, known: Sequence[str], name: str) -> None:
    if value not in known:
        raise InputError(f"{name} is {value!r}; choose one of {', '.join(known)}")
