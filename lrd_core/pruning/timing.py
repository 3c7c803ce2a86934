"""How fast pruned models are, for each number of removed blocks."""

from collections.abc import Sequence

from lrd_core.config import Config
from lrd_core.progress import Progress, silent
from lrd_core.pruning.latency import measure_latency, timed_length
from lrd_core.pruning.plan import Plan
from lrd_core.pruning.rows import latency_row
from lrd_core.pruning.subject import Subject
from lrd_core.pruning.surgery import prune
from lrd_core.pruning.variants import Removed
from lrd_core.store.latencies import LATENCIES, latency_writes
from lrd_core.store.reading import read_table
from lrd_core.store.saving import Saver
from lrd_core.store.sources import TRUSTED


def measure_latencies(
    subject: Subject, plans: Sequence[Plan], config: Config, progress: Progress = silent
) -> None:
    """Time one physically pruned model for each number of removed blocks not timed yet.

    Blocks of a model are alike, so that which ones go does not change the time; the row says
    which ones went.
    """
    loaded, settings = subject.loaded, subject.settings
    dtype = str(loaded.dtype).removeprefix("torch.")
    setting = {
        "model_id": loaded.spec.id,
        "revision": loaded.revision,
        "device": subject.device,
        "dtype": dtype,
        "batch": settings.batch,
        "length": timed_length(loaded, settings.length),
    }
    saver = Saver(config, progress)
    with saver.reading() as connection:
        timed = set(read_table(connection, LATENCIES, **setting, source=TRUSTED)["m"])
    first: dict[int, Removed] = {}
    for plan in plans:
        first.setdefault(plan.m, plan.removed)
    for m, removed in sorted(first.items()):
        if m in timed:
            continue
        result = measure_latency(
            loaded,
            prune(loaded.model, removed),
            subject.calibration_texts,
            batch=settings.batch,
            length=settings.length,
            progress=progress,
        )
        saver.save(latency_writes(latency_row(subject, removed, dtype, result)))
