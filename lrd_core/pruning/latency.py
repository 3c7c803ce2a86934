"""Time and memory of a physically pruned model against the full one, interleaved."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from lrd_core.errors import InputError
from lrd_core.extraction.batching import pad, tokenise
from lrd_core.extraction.inputs import encode, pad_id
from lrd_core.extraction.pooling import pool
from lrd_core.models.batch import Batch
from lrd_core.models.load import LoadedModel
from lrd_core.progress import Progress, silent
from lrd_core.pruning.surgery import count_parameters

WARM_UPS = 10
RUNS = 50


@dataclass(frozen=True)
class Timing:
    """Milliseconds of each timed run, in the order they were taken."""

    milliseconds: tuple[float, ...]

    def percentile(self, share: float) -> float:
        """The share-th percentile, in milliseconds."""
        return float(np.percentile(self.milliseconds, share))

    @property
    def median(self) -> float:
        return self.percentile(50)


@dataclass(frozen=True)
class Footprint:
    """What one model costs. forward: ids to hidden states; end_to_end: texts to embeddings.

    peak_memory: bytes on the GPU during a forward pass, None on a CPU. file_bytes: its weights
    in a safetensors file of this dtype, the file's header aside.
    """

    forward: Timing
    end_to_end: Timing
    parameters: int
    file_bytes: int
    peak_memory: int | None


@dataclass(frozen=True)
class LatencyResult:
    """Full against pruned, on the same batch of `batch` items of `length` positions.

    Texts are cut or filled to `length` tokens; pictures and sounds have the positions that their
    model gives them.
    """

    full: Footprint
    pruned: Footprint
    batch: int
    length: int
    device: str
    threads: int

    @property
    def speedup(self) -> float:
        """Median time of the full model over that of the pruned one."""
        return self.full.forward.median / self.pruned.forward.median

    @property
    def throughput(self) -> tuple[float, float]:
        """Texts a second end to end: full, pruned."""
        return (
            1000 * self.batch / self.full.end_to_end.median,
            1000 * self.batch / self.pruned.end_to_end.median,
        )


def measure_latency(
    loaded: LoadedModel,
    pruned: nn.Module,
    texts: Sequence[str],
    *,
    batch: int = 8,
    length: int = 64,
    warm_ups: int = WARM_UPS,
    runs: int = RUNS,
    progress: Progress = silent,
) -> LatencyResult:
    """Time both models in turn, so that whatever else the machine does hits both alike.

    The forward pass is timed on ids of exactly `length` tokens, end to end on the texts as they
    are, cut at `length`. CUDA events on a GPU, the performance counter elsewhere.
    Raises: InputError without texts or with fewer than one run.
    """
    if not texts or runs < 1:
        raise InputError("latency needs at least one text and one run")
    chosen = [texts[place % len(texts)] for place in range(batch)]
    length = timed_length(loaded, length)
    inputs = _inputs(loaded, chosen, length)
    models = (loaded.model, pruned)
    forward = _interleaved(
        [_forward(model, inputs) for model in models],
        loaded.device,
        warm_ups,
        runs,
        "timing forward passes",
        progress,
    )
    whole = _interleaved(
        [_end_to_end(loaded, model, chosen, length) for model in models],
        loaded.device,
        warm_ups,
        runs,
        "timing end to end",
        progress,
    )
    full, cut = (
        Footprint(
            forward=forward[place],
            end_to_end=whole[place],
            parameters=count_parameters(model),
            file_bytes=weights_bytes(model),
            peak_memory=_peak_memory(model, inputs, loaded.device),
        )
        for place, model in enumerate(models)
    )
    return LatencyResult(
        full, cut, batch, length, device_name(loaded.device), torch.get_num_threads()
    )


def timed_length(loaded: LoadedModel, asked: int) -> int:
    """Positions of an item as it is timed: as asked for texts, else what the model makes of one."""
    return asked if loaded.reader is None else loaded.reader.positions


def weights_bytes(model: nn.Module) -> int:
    """Bytes of the model's weights as a safetensors file holds them, its header aside.

    Tied weights count once, as they are written once.
    """
    stored = {value.data_ptr(): value for value in model.state_dict().values()}
    return sum(value.numel() * value.element_size() for value in stored.values())


def device_name(device: torch.device) -> str:
    """What the device is called in tables, such as `NVIDIA A100` or `cpu`."""
    return str(torch.cuda.get_device_name(device)) if device.type == "cuda" else str(device.type)


def _inputs(loaded: LoadedModel, texts: Sequence[str], length: int) -> dict[str, torch.Tensor]:
    """Rows of exactly `length` tokens: a text's own, repeated where it is shorter.

    Items of a model that reads no tokens are as long as they are.
    """
    if loaded.reader is not None:
        batch = encode(loaded, texts).batch(np.arange(len(texts)))
        return dict(batch.to(loaded.device).inputs)
    rows = [np.resize(row, length) for row in tokenise(loaded.tokenizer, texts, loaded.max_length)]
    ids, mask = pad(rows, pad_id(loaded))
    return {"input_ids": ids.to(loaded.device), "attention_mask": mask.to(loaded.device)}


def _forward(model: nn.Module, inputs: dict[str, torch.Tensor]) -> Callable[[], object]:
    return lambda: model(**inputs)


def _end_to_end(
    loaded: LoadedModel, model: nn.Module, texts: Sequence[str], length: int
) -> Callable[[], object]:
    def embed() -> np.ndarray:
        if loaded.reader is None:
            made = Batch.of_ids(*pad(tokenise(loaded.tokenizer, texts, length), pad_id(loaded)))
        else:
            made = encode(loaded, texts).batch(np.arange(len(texts)))
        given = made.to(loaded.device)
        states = model(**given.inputs).last_hidden_state
        pooled = pool(states, given.mask, loaded.pooling, aside=loaded.aside)
        embedded: np.ndarray = pooled.cpu().numpy()
        return embedded

    return embed


@torch.inference_mode()  # type: ignore[untyped-decorator]
def _interleaved(
    calls: Sequence[Callable[[], object]],
    device: torch.device,
    warm_ups: int,
    runs: int,
    stage: str,
    progress: Progress,
) -> list[Timing]:
    for _ in range(warm_ups):
        for call in calls:
            call()
    taken: list[list[float]] = [[] for _ in calls]
    for done in range(runs):
        # Who goes first alternates: the second may find warmer caches.
        order = range(len(calls)) if done % 2 == 0 else reversed(range(len(calls)))
        for place in order:
            taken[place].append(_milliseconds(calls[place], device))
        progress(stage, done + 1, runs)
    return [Timing(tuple(times)) for times in taken]


def _milliseconds(call: Callable[[], object], device: torch.device) -> float:
    if device.type != "cuda":
        started = time.perf_counter()
        call()
        return 1000 * (time.perf_counter() - started)
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize(device)
    start.record()
    call()
    end.record()
    torch.cuda.synchronize(device)
    return float(start.elapsed_time(end))


def _peak_memory(
    model: nn.Module, inputs: dict[str, torch.Tensor], device: torch.device
) -> int | None:
    """Bytes allocated at most while this model runs, its own weights counted, no other's."""
    if device.type != "cuda":
        return None
    torch.cuda.synchronize(device)
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    with torch.inference_mode():
        model(**inputs)
    torch.cuda.synchronize(device)
    own = sum(value.numel() * value.element_size() for value in model.parameters())
    return int(torch.cuda.max_memory_allocated(device) - before + own)
