"""Results that were measured in memory, into a store."""

from lrd_core.config import Config
from lrd_core.runs.in_memory import Results
from lrd_core.runs.items import keep_sample
from lrd_core.store.metrics import metric_writes
from lrd_core.store.neighbours import neighbour_writes
from lrd_core.store.runs import RunRecord, run_writes
from lrd_core.store.saving import Saver
from lrd_core.tasks import TaskItems
from lrd_core.tasks.places import remember


def save_results(
    config: Config, record: RunRecord, results: Results, sample: TaskItems | None
) -> str:
    """Write a run and all it gave, each metric as one piece; returns the run's key.

    Raises: JobError for a store that is opened for reading alone; StoreError.
    """
    config.refuse_read_only("save profiles")
    saver, key = Saver(config), record.run_key
    if sample is not None:
        remember(sample.spec, config)
        keep_sample(config, sample)
    saver.keep(run_writes(record))
    for layer, lists in enumerate(results.neighbours):
        saver.keep(neighbour_writes(key, layer, lists.ids, lists.similarity, lists.recall))
    for metric, found in results.measured:
        saver.keep(metric_writes(key, metric.id, found.values, found.per_item, found.matrices))
    saver.settle()
    return key
