"""The job kind "run": models x tasks x metrics, one resumable unit for each model and task.

Payload: models, tasks, metrics (lists of names), settings (fields of RunSettings), allow_code
(models whose own code may run; set on the command line only).
"""

import time
from typing import Any

from lrd_core.errors import JobCancelled, JobError, LrdError
from lrd_core.jobs.context import JobContext
from lrd_core.jobs.estimate import record_rates
from lrd_core.runs import RunReport, RunRequest


def run_sweep(payload: dict[str, Any], context: JobContext) -> None:
    """Execute every unit; one that fails is noted and the others go on.

    Raises: JobError at the end if units failed, naming the first.
    """
    requests = {unit_name(request): request for request in requests_of(payload)}
    allowed = frozenset(payload.get("allow_code", ()))
    failed: list[str] = []
    for name in context.remaining(requests):
        context.log(f"unit {name}")
        started = time.monotonic()
        try:
            report = _execute(requests[name], context, allowed)
        except JobCancelled:
            raise
        except LrdError as error:
            context.log(f"failed: {error}")
            failed.append(f"{name}: {error}")
            context.finish_unit(name, time.monotonic() - started, error=str(error))
            continue
        record_rates(context.config, context.device, requests[name], report)
        note = f"{len(report.computed)} metrics computed, {len(report.cached)} were there"
        context.log(f"{note}, {report.seconds:.1f} s ({report.forward_seconds:.1f} s forward)")
        context.finish_unit(name, time.monotonic() - started, note)
    failed += [
        f"{unit.name}: {unit.error}"
        for unit in context.units()
        if unit.error and not any(entry.startswith(f"{unit.name}: ") for entry in failed)
    ]
    if failed:
        raise JobError(f"{len(failed)} of {len(requests)} failed; first: {failed[0]}")


def _execute(request: RunRequest, context: JobContext, allowed: frozenset[str]) -> RunReport:
    # Imported here: torch and transformers take seconds, and all may be finished already.
    from lrd_core.runs.execute import execute_run

    return execute_run(
        request,
        config=context.config,
        device=context.device,
        progress=context.progress,
        allow_code=allowed,
    )


def requests_of(payload: dict[str, Any]) -> list[RunRequest]:
    """One request for each model and task, model by model. Raises: InputError."""
    shared = {"metrics": payload["metrics"], "settings": payload.get("settings", {})}
    return [
        RunRequest.from_json({"model": model, "task": task, **shared})
        for model in payload["models"]
        for task in payload["tasks"]
    ]


def unit_name(request: RunRequest) -> str:
    return f"{request.model} on {request.task}"
