"""Background work: start, stop and start again. Nothing here opens the results' database."""

from collections.abc import Mapping, Sequence
from typing import Any

from lrd_core.config import Config
from lrd_core.jobs.estimate import estimate_run
from lrd_core.jobs.foreseen import Foreseen
from lrd_core.jobs.launch import ensure_worker
from lrd_core.jobs.payloads import run_payload
from lrd_core.jobs.queue import JobQueue
from lrd_core.jobs.records import Job
from lrd_core.settings import RunSettings
from lrd_core.tasks import find_task


def start(
    config: Config,
    kind: str,
    payload: Mapping[str, Any],
    *,
    label: str,
    priority: int = 0,
    wants: str = "auto",
    expected: Foreseen | None = None,
) -> Job:
    """Queue work and make sure that a worker runs; equal work that is not over is returned.

    Raises: JobError on a read-only installation.
    """
    queued = JobQueue(config).enqueue(
        kind, payload, label=label, priority=priority, wants=wants, expected=expected
    )
    ensure_worker(config)
    return queued


def start_run(
    config: Config,
    models: Sequence[str],
    tasks: Sequence[str],
    metrics: Sequence[str],
    settings: RunSettings,
    *,
    allow_code: Sequence[str] = (),
    priority: int = 0,
    wants: str = "auto",
) -> Job:
    """Queue models x tasks x metrics as one job whose units are (model, task).
    Raises: UnknownNameError for a model, task or metric that does not exist; JobError on a
    read-only installation.
    """
    names = [find_task(task).name for task in tasks]
    payload = run_payload(models, tasks, metrics, settings, allow_code)
    what = f"{_some(models, 'models')} on {_some(names, 'tasks')}"
    expected = estimate_run(config, models, tasks, metrics, settings)
    return start(
        config, "run", payload, label=what, priority=priority, wants=wants, expected=expected
    )


def start_runs(
    config: Config,
    models: Sequence[str],
    tasks: Sequence[str],
    metrics: Sequence[str],
    settings: RunSettings,
) -> list[Job]:
    """Queue models x metrics as a job for each task: one can be stopped without the others.

    Raises: as start_run.
    """
    return [start_run(config, models, [task], metrics, settings) for task in tasks]


def cancel(config: Config, job_id: int) -> Job:
    """Stop a job; one that runs ends within five seconds."""
    return JobQueue(config).cancel(job_id)


def retry(config: Config, job_id: int) -> Job:
    """Queue a job again that is over; what it finished is kept. Raises: JobError."""
    queued = JobQueue(config).retry(job_id)
    ensure_worker(config)
    return queued


def resume(config: Config) -> bool:
    """Start a worker if work was left over, say after the machine restarted."""
    return not config.read_only and ensure_worker(config)


def _some(names: Sequence[str], plural: str) -> str:
    return ", ".join(names) if len(names) <= 2 else f"{len(names)} {plural}"
