"""Throughput, memory and pruning latency on a GPU; prints one table and leaves it as files.

Run: tests/gpu/check.sh FOLDER, or python tests/gpu/measure.py FOLDER
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a plain script

from lrd_core.config import load_config
from lrd_core.extraction.batching import batches
from lrd_core.extraction.hidden_states import TOKEN_BUDGET, extract
from lrd_core.extraction.inputs import encode
from lrd_core.metrics.registry import UNASKED, all_metrics
from lrd_core.models.load import LoadedModel
from lrd_core.models.loading import Loading
from lrd_core.models.trace import run
from lrd_core.pruning.guided import make_guided_plans
from lrd_core.pruning.latency import LatencyResult, measure_latency
from lrd_core.pruning.settings import TrialSettings
from lrd_core.pruning.subject import load_subject
from lrd_core.pruning.surgery import prune
from lrd_core.pruning.timing import measure_latencies
from lrd_core.runs.compute import token_function
from lrd_core.runs.in_memory import measure_items
from lrd_core.runs.request import MetricRequest, parse_metrics
from lrd_core.settings import RunSettings
from lrd_core.store import connect
from lrd_core.store.bundle import export_bundle
from lrd_core.tasks import TaskItems
from tests.gpu.subject import MINILM, SHAPES, TASK, minilm, news, random_llama

REPEATS = 3
PATIENCE = 12.0
TIMED_ON = ((8, 64), (64, 256))
"""Texts of a batch and tokens of each, of pruned models."""
Row = dict[str, Any]


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for row in measurements(out):
        rows.append(row)
        print("  ".join(f"{name}={value}" for name, value in row.items()), flush=True)
        facts = {"device": torch.cuda.get_device_name(), "torch": torch.__version__, "rows": rows}
        (out / "gpu.json").write_text(json.dumps(facts, indent=1))
    (out / "gpu.md").write_text(table(rows))
    print(table(rows))


def measurements(out: Path) -> Iterator[Row]:
    yield from throughput("MiniLM float32", minilm("cuda"), (2000, 256), whole=True)
    yield from bundled_latencies(out)
    for name in SHAPES:
        loaded = random_llama(name)
        yield from throughput(f"{name} bfloat16", loaded, (128, 32), whole=False)
        if name == "random 1B":
            yield from (latency_row(name, shape, loaded) for shape in TIMED_ON)
        del loaded
        torch.cuda.empty_cache()


def throughput(
    name: str, loaded: LoadedModel, sizes: tuple[int, int], *, whole: bool
) -> Iterator[Row]:
    """Items a second: the bare forward pass, with every layer pooled, with metrics of tokens.

    sizes: items of the passes without metrics, and of those with; each beside its own bare pass.
    """
    many, few = (news(size) for size in sizes)
    yield from beside_bare(
        name, loaded, many, {"every layer pooled": lambda: extract(loaded, many.items)}
    )
    requests = {
        "prompt entropy": parse_metrics(["prompt_entropy"]),
        "all token metrics": parse_metrics([m.name for m in all_metrics() if m.inputs == "tokens"]),
    }
    ways = {way: partial(_with_metrics, loaded, few, asked) for way, asked in requests.items()}
    if whole:
        default = parse_metrics(UNASKED)
        ways["run, default metrics"] = lambda: measure_items(loaded, few, RunSettings(), default)
    yield from beside_bare(name, loaded, few, ways)


def beside_bare(
    name: str, loaded: LoadedModel, items: TaskItems, ways: Mapping[str, Callable[[], Any]]
) -> Iterator[Row]:
    """A row for the bare pass over these items and one for each way, with its share of that."""
    bare = 0.0
    for way, call in {"forward only": bare_forward(loaded, items), **ways}.items():
        torch.cuda.reset_peak_memory_stats()
        seconds = fastest(call, REPEATS)
        bare = bare or seconds
        yield {
            "what": f"{name}, {way}",
            "items": len(items.items),
            "seconds": round(seconds, 3),
            "share of forward only": round(bare / seconds, 3),
            "peak GiB": round(torch.cuda.max_memory_allocated() / 2**30, 2),
        }


def _with_metrics(loaded: LoadedModel, items: TaskItems, asked: Sequence[MetricRequest]) -> None:
    functions = {request.label: token_function(request) for request in asked}
    extract(loaded, items.items, token_metrics=functions)


def bare_forward(loaded: LoadedModel, items: TaskItems) -> Callable[[], None]:
    """The same batches through the model and nothing else."""
    encoded = encode(loaded, items.items, RunSettings())
    budget = TOKEN_BUDGET[loaded.device.type]
    parts = list(batches(encoded.lengths, budget, loaded.anatomy.batching))

    def forward() -> None:
        with torch.inference_mode():
            for places in parts:
                run(loaded.model, encoded.batch(places).to(loaded.device))

    return forward


def fastest(call: Callable[[], Any], repeats: int) -> float:
    """Seconds of the fastest of `repeats` calls after a first; of fewer where they take long."""
    begun, taken = time.perf_counter(), []
    call()
    while not taken or (len(taken) < repeats and time.perf_counter() - begun < PATIENCE):
        torch.cuda.synchronize()
        started = time.perf_counter()
        call()
        torch.cuda.synchronize()
        taken.append(time.perf_counter() - started)
    return min(taken)


def bundled_latencies(out: Path) -> Iterator[Row]:
    """Rows of the store for the pruned MiniLM, as the command `prune` writes them."""
    config = load_config()
    settings = TrialSettings(rules=("last-keep-final",), budgets=(0.25, 0.5), dtype="float32")
    subject = load_subject(MINILM, TASK, settings, config, loading=Loading("cuda"))
    plans, _ = make_guided_plans(subject, config)
    for batch, length in TIMED_ON:
        shaped = replace(subject, settings=replace(settings, batch=batch, length=length))
        measure_latencies(shaped, plans, config)
    with connect(config) as connection:
        export_bundle(connection, out / "bundle")
        found = connection.execute("SELECT m, batch, length, speedup FROM latencies").fetchall()
    for m, batch, length, speedup in found:
        what = f"MiniLM without {m} of 6 blocks, {batch} x {length} tokens"
        yield {"what": what, "times faster": round(speedup, 3)}


def latency_row(name: str, shape: tuple[int, int], loaded: LoadedModel) -> Row:
    batch, length = shape
    gone = (6, 7, 8, 9)
    texts = list(news(batch).items)
    result: LatencyResult = measure_latency(
        loaded, prune(loaded.model, gone), texts, batch=batch, length=length, runs=20
    )
    return {
        "what": f"{name} without {len(gone)} of {loaded.num_blocks} blocks, {batch} x {length}",
        "times faster": round(result.speedup, 3),
        "full ms": round(result.full.forward.median, 2),
        "pruned ms": round(result.pruned.forward.median, 2),
        "peak GiB full": round((result.full.peak_memory or 0) / 2**30, 2),
        "peak GiB pruned": round((result.pruned.peak_memory or 0) / 2**30, 2),
    }


def table(rows: list[Row]) -> str:
    """A table of Markdown; a column for each name that a row has."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(str(row.get(name, '')) for name in names)} |" for row in rows]
    return "\n".join(lines)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
