"""Runs, readers and an export at one store for some time: what a busy afternoon does to it.

Four processes make one run after the other, eight read as pages do, one packs the whole store as
"Export the whole store" does. `python -m tests.benchmarks.bench_crowd` gives them two minutes.
"""

import multiprocessing
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from queue import Empty

from lrd_core.actions.uploads import pack_bundle
from lrd_core.config import Config
from lrd_core.errors import StoreBusyError
from lrd_core.runs import RunRequest
from lrd_core.runs.execute import execute_run
from lrd_core.runs.request import parse_metrics
from lrd_core.settings import RunSettings
from lrd_core.store import connect
from lrd_core.store.metric_values import finished_metrics
from lrd_core.store.spool import kept
from lrd_core.views import stored
from tests.model_folders import save_folder

WRITERS, READERS = 4, 8
METRICS = ("frenet", "nrs", "gfmi", "prompt_entropy")
SIZE = 20  # texts of a run
TEXTS = "\n".join(f"text number {number} of the afternoon" for number in range(60))
Told = tuple[str, str]


@dataclass
class Afternoon:
    """What was told: counts by what was done, the keys of finished runs, and what failed."""

    done: Counter[str] = field(default_factory=Counter)
    runs: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def write(config: Config, until: float, told: "Queue[Told]", number: int) -> None:
    """One run after the other, each of another sample."""
    seed = number * 10_000
    while time.monotonic() < until:
        folder = config.data_dir.parent
        settings = RunSettings(n=SIZE, seed=seed, max_length=16)
        request = RunRequest(str(folder / "model"), str(folder / "t.txt"), METRICS, settings)
        report = execute_run(request, config=config)
        told.put(("unsaved" if report.unsaved else "run", report.run_key))
        seed += 1


def read(config: Config, until: float, told: "Queue[Told]", number: int) -> None:
    """As a page does: what runs there are, and their values."""
    while time.monotonic() < until:
        try:
            stored.runs(config)
            stored.profiles(config)
            told.put(("read", ""))
        except StoreBusyError:
            told.put(("told that the store is busy", ""))


def export(config: Config, until: float, told: "Queue[Told]", number: int) -> None:
    """The whole store, again and again."""
    while time.monotonic() < until:
        try:
            pack_bundle(config)
            told.put(("export", ""))
        except StoreBusyError:
            told.put(("told that the store is busy", ""))


def guarded(
    role: Callable[..., None], config: Config, seconds: float, ready: Barrier, told: "Queue[Told]"
) -> None:
    """A role in a process of its own, once all are ready; tells what it could not do."""
    try:
        number = ready.wait(timeout=300)
        role(config, time.monotonic() + seconds, told, number)
    except BaseException:
        told.put(("failed", f"{role.__name__}: {traceback.format_exc()}"))


def afternoon(config: Config, seconds: float) -> Afternoon:
    """Everybody at the store of this installation for so long, and what became of it.

    The folder above the data folder gets the model and the texts that the runs are of.
    """
    save_folder(config.data_dir.parent / "model")
    (config.data_dir.parent / "t.txt").write_text(TEXTS, encoding="utf-8")
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload([__name__, "lrd_core.runs.work"])
    told = server.Queue()
    roles = [write] * WRITERS + [read] * READERS + [export]
    ready = server.Barrier(len(roles))
    processes = [
        server.Process(target=guarded, args=(role, config, seconds, ready, told)) for role in roles
    ]
    for process in processes:
        process.start()
    found = _listen(told, processes)
    wanted = {request.among(SIZE).id for request in parse_metrics(METRICS)}
    with connect(config) as connection:
        found.lost = [k for k in found.runs if not wanted <= finished_metrics(connection, k)]
    found.lost += [path.name for path in kept(config)]
    return found


def _listen(told: "Queue[Told]", processes: Sequence[BaseProcess]) -> Afternoon:
    """What they tell until all have ended; one that died without a word has failed."""
    found = Afternoon()
    while any(process.is_alive() for process in processes) or not told.empty():
        with suppress(Empty):
            what, words = told.get(timeout=1)
            found.done[what] += 1
            if what == "failed":
                found.failed.append(words)
            elif words:
                found.runs.append(words)
    found.failed += [f"ended with {one.exitcode}" for one in processes if one.exitcode]
    return found
