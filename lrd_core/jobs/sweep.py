"""The job kind "run": models x tasks x metrics, one resumable unit for each model and task.

Payload: models, tasks, metrics (lists of names), settings (fields of RunSettings), allow_code
(models whose own code may run; set on the command line only), maps (whether to draw them too).
"""

from typing import Any

from lrd_core.jobs.context import JobContext
from lrd_core.jobs.estimate import record_rates
from lrd_core.jobs.units import each_unit, pair_name
from lrd_core.models.loading import Loading
from lrd_core.runs import RunReport, RunRequest


def run_sweep(payload: dict[str, Any], context: JobContext) -> None:
    """Execute every unit. Raises: JobError at the end if units failed."""
    loading = Loading(context.device, frozenset(payload.get("allow_code", ())))

    def work(request: RunRequest) -> str:
        report = _execute(request, context, loading)
        record_rates(context.config, context.device, request, report)
        if payload.get("maps"):
            _draw_maps(report, context)
        return (
            f"{len(report.computed)} metrics computed, {len(report.cached)} were there, "
            f"{report.forward_seconds:.1f} s forward"
        )

    each_unit(context, {unit_name(request): request for request in requests_of(payload)}, work)


def _execute(request: RunRequest, context: JobContext, loading: Loading) -> RunReport:
    # Imported here: torch and transformers take seconds, and all may be finished already.
    from lrd_core.runs.execute import execute_run

    return execute_run(request, config=context.config, loading=loading, progress=context.progress)


def _draw_maps(report: RunReport, context: JobContext) -> None:
    from lrd_core.projection.work import project_run

    project_run(context.config, report.run_key, progress=context.progress)


def requests_of(payload: dict[str, Any]) -> list[RunRequest]:
    """One request for each model and task, model by model. Raises: InputError."""
    shared = {"metrics": payload["metrics"], "settings": payload.get("settings", {})}
    return [
        RunRequest.from_json({"model": model, "task": task, **shared})
        for model in payload["models"]
        for task in payload["tasks"]
    ]


def unit_name(request: RunRequest) -> str:
    return pair_name(request.model, request.task)
