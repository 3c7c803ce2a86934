"""The job kind "scores": models x tasks, one resumable unit for each, every layer stored at once.

Payload: models, tasks (lists of names), settings (fields of RunSettings), allow_code (models whose
own code may run; set on the command line only).
"""

import time
from typing import Any

from lrd_core.errors import InputError, JobCancelled, JobError, LrdError
from lrd_core.jobs.context import JobContext
from lrd_core.runs import RunSettings


def run_scores(payload: dict[str, Any], context: JobContext) -> None:
    """Score every model on every task; one that fails is noted and the others go on.

    Raises: InputError for unknown settings; JobError at the end if units failed.
    """
    from lrd_core.evaluation.execute import execute_scores

    settings = settings_of(payload)
    pairs = {
        f"{model} on {task}": (model, task)
        for model in payload["models"]
        for task in payload["tasks"]
    }
    failed: list[str] = []
    for name in context.remaining(pairs):
        started = time.monotonic()
        try:
            report = execute_scores(
                *pairs[name],
                settings,
                config=context.config,
                device=context.device,
                progress=context.progress,
                allow_code=frozenset(payload.get("allow_code", ())),
            )
        except JobCancelled:
            raise
        except LrdError as error:
            context.log(f"{name} failed: {error}")
            failed.append(f"{name}: {error}")
            context.finish_unit(name, time.monotonic() - started, error=str(error))
            continue
        note = f"{len(report.computed)} layers scored, {len(report.cached)} were there"
        context.log(f"{name}: {note}, {report.seconds:.1f} s")
        context.finish_unit(name, time.monotonic() - started, note)
    if failed:
        raise JobError(f"{len(failed)} of {len(pairs)} failed; first: {failed[0]}")


def settings_of(payload: dict[str, Any]) -> RunSettings:
    """Raises: InputError for a setting that does not exist."""
    try:
        return RunSettings(**payload.get("settings", {}))
    except TypeError as error:
        raise InputError(f"these are no settings of a run ({error}); see scores --help") from error
