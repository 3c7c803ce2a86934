"""The job kind "enough": metrics of one run on subsamples of its texts, a unit for each metric."""

import time
from typing import Any

from lrd_core.jobs.context import JobContext


def run_enough(payload: dict[str, Any], context: JobContext) -> None:
    """Measure every metric of `metrics` on subsamples of the run `run_key`."""
    from lrd_core.runs.enough import measure_subsamples

    for name in context.remaining(payload["metrics"]):
        started = time.monotonic()
        report = measure_subsamples(
            context.config, payload["run_key"], (name,), progress=context.progress
        )
        note = "computed" if report.computed else "was there"
        context.log(f"{name} on subsamples: {note}")
        context.finish_unit(name, time.monotonic() - started, note)
