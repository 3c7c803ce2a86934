"""One run: what the store does not have is computed; where it has all, no model is loaded.

Torch takes seconds to import, so that it is left out until something is to be computed: a name that
does not exist, or work that is done already, is told at once.
"""

import time

from lrd_core.config import Config
from lrd_core.models.loading import USUAL, Loading
from lrd_core.progress import Progress, silent
from lrd_core.runs.asked import Asked, Done
from lrd_core.runs.request import MetricRequest, RunReport, RunRequest, parse_metrics
from lrd_core.runs.stored import lacking
from lrd_core.store.leftovers import collect_leftovers
from lrd_core.store.saving import Saver
from lrd_core.tasks.places import remember


def execute_run(
    request: RunRequest, *, config: Config, loading: Loading = USUAL, progress: Progress = silent
) -> RunReport:
    """Compute and store what `request` asks for and the store does not have.

    Raises: LrdError of the part that failed; what was finished before stays in the store.
    """
    config.refuse_read_only("compute")
    started = time.monotonic()
    collect_leftovers(config)
    progress("reading texts", 0, 1)
    wanted = parse_metrics(request.metrics)
    asked = Asked(request, config, loading, Saver(config, progress))
    remember(asked.sample.spec, config)
    wanted = tuple(metric.among(asked.sample.n) for metric in wanted)
    done = _done_before(asked, wanted) or _compute(asked, wanted, progress)
    unsaved = asked.saver.settle()
    return RunReport(
        run_key=done.key,
        model=asked.spec.name,
        task=asked.sample.spec.name,
        n=asked.sample.n,
        n_total=asked.sample.n_total,
        computed=tuple(metric.label for metric in done.computed),
        cached=tuple(metric.label for metric in wanted if metric not in done.computed),
        missing=done.gaps,
        seconds=time.monotonic() - started,
        forward_seconds=done.forward_seconds,
        unsaved=unsaved,
        notes=asked.sample.spec.notes,
    )


def _done_before(asked: Asked, wanted: tuple[MetricRequest, ...]) -> Done | None:
    key = asked.known_key
    return Done(key) if key is not None and not lacking(asked.saver, key, wanted) else None


def _compute(asked: Asked, wanted: tuple[MetricRequest, ...], progress: Progress) -> Done:
    from lrd_core.runs.work import Work

    return Work(asked, progress).compute(wanted)
