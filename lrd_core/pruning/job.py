"""The job kind "prune": models x tasks, one resumable unit for each.

Payload: models, tasks (lists of names), settings (see TrialSettings.to_json).
"""

import time
from typing import Any

from lrd_core.errors import JobCancelled, JobError, LrdError
from lrd_core.jobs.context import JobContext
from lrd_core.pruning.comparison import TrialSettings
from lrd_core.pruning.trial import execute_trials


def run_prune(payload: dict[str, Any], context: JobContext) -> None:
    """Try the plans on every model and task; one that fails is noted and the others go on.

    Raises: InputError for unknown settings; JobError at the end if units failed.
    """
    settings = TrialSettings.from_json(payload["settings"])
    pairs = {
        f"{model} on {task}": (model, task)
        for model in payload["models"]
        for task in payload["tasks"]
    }
    failed: list[str] = []
    for name in context.remaining(pairs):
        started = time.monotonic()
        try:
            report = execute_trials(
                *pairs[name],
                settings,
                config=context.config,
                device=context.device,
                progress=context.progress,
            )
        except JobCancelled:
            raise
        except LrdError as error:
            context.log(f"{name} failed: {error}")
            failed.append(f"{name}: {error}")
            context.finish_unit(name, time.monotonic() - started, error=str(error))
            continue
        note = f"{report.scored} variants scored, {report.known} were there"
        context.log(f"{name}: {note}, {report.seconds:.1f} s")
        context.finish_unit(name, time.monotonic() - started, note)
    if failed:
        raise JobError(f"{len(failed)} of {len(pairs)} failed; first: {failed[0]}")
