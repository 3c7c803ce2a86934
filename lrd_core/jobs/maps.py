"""The job kinds "projection" (maps of runs) and "cka" (two runs, layer by layer)."""

import time
from typing import Any

from lrd_core.jobs.context import JobContext


def run_projection(payload: dict[str, Any], context: JobContext) -> None:
    """Draw the maps of every run of `run_keys`, with `settings` (fields of ChainSettings)."""
    from lrd_core.projection.work import project_run, settings_of

    settings = settings_of(payload.get("settings", {}))
    for run_key in context.remaining(payload["run_keys"]):
        started = time.monotonic()
        report = project_run(context.config, run_key, settings, context.progress)
        note = f"{report.computed} maps drawn, {report.found} were there"
        context.log(f"run {run_key}: {note}")
        context.finish_unit(run_key, time.monotonic() - started, note)


def run_cka(payload: dict[str, Any], context: JobContext) -> None:
    """Compare every layer of the run `first` with every layer of the run `second`."""
    from lrd_core.projection.work import compare_runs

    matrix = compare_runs(context.config, payload["first"], payload["second"], context.progress)
    context.log(f"compared {matrix.shape[0]} x {matrix.shape[1]} layers")
