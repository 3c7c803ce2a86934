"""Background work as it stands: jobs, their parts, the machine. Opens no results' database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lrd_core.config import Config, load_config
from lrd_core.jobs.devices import likely_accelerators
from lrd_core.jobs.estimate import duration_text
from lrd_core.jobs.estimate import estimate_run as estimate_run
from lrd_core.jobs.foreseen import Foreseen as Foreseen
from lrd_core.jobs.queue import JobQueue
from lrd_core.jobs.records import CLAIMABLE, HELD, OVER, row_of
from lrd_core.jobs.records import Job as Job
from lrd_core.jobs.records import JobState as JobState
from lrd_core.jobs.remaining import Remaining, remaining
from lrd_core.metrics.registry import GROUPS, UNASKED, all_metrics
from lrd_core.models.catalogue import CATALOGUE
from lrd_core.numbers import decimals, significant, whole
from lrd_core.runs.request import with_token_texts
from lrd_core.settings import USUAL_TOKEN_TEXTS
from lrd_core.store.units import UnitRow
from lrd_core.tasks import all_tasks

DOING = {
    JobState.WAITING: "Waiting for a free worker",
    JobState.CANCELLING: "Stopping",
    JobState.CANCELLED: "Cancelled",
    JobState.COMPLETE: "Complete",
    JobState.FAILED: "Failed",
    JobState.STALE: "Its process died; it will go on where it stopped",
}


def jobs(config: Config, limit: int = 200) -> list[Job]:
    """The newest jobs first."""
    return JobQueue(config).jobs(limit=limit)


def job(config: Config, job_id: int) -> Job:
    """Raises: JobError if there is no such job."""
    return JobQueue(config).get(job_id)


def open_jobs(config: Config) -> list[Job]:
    """The jobs that wait or run, newest first."""
    return JobQueue(config).jobs(states=(*CLAIMABLE, *HELD))


def past_jobs(config: Config, limit: int = 200) -> list[Job]:
    """The newest jobs that are over, newest first."""
    return JobQueue(config).jobs(states=OVER, limit=limit)


def find_job(config: Config, kind: str, payload: Mapping[str, Any]) -> Job | None:
    """The newest job of this kind with exactly this payload."""
    return JobQueue(config).newest(kind, payload)


def units(config: Config, job_id: int) -> list[UnitRow]:
    """The parts of a job that are finished, in order."""
    return JobQueue(config).units(job_id)


def units_table(config: Config, job_id: int) -> pd.DataFrame:
    """The finished parts of a job with their durations, for display."""
    rows = [
        {"part": unit.name, "seconds": round(unit.seconds, 1), "result": unit.error or unit.note}
        for unit in units(config, job_id)
    ]
    return pd.DataFrame(rows, columns=["part", "seconds", "result"])


def log_tail(
    job: Job, lines: int = 40, most_bytes: int = 32_768, *, config: Config | None = None
) -> str:
    """The last lines of a job's log; empty before it started.

    Whatever path a row of the queue names, only a file of the folder of logs is opened.
    """
    folder = (config or load_config()).logs_dir.resolve()
    path = Path(job.log_path).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        return ""
    with path.open("rb") as log:
        log.seek(0, 2)
        log.seek(max(0, log.tell() - most_bytes))
        text = log.read().decode(errors="replace")
    return "\n".join(text.replace("\r", "\n").splitlines()[-lines:])


def left_of(config: Config, job: Job) -> Remaining:
    """How much of the whole job is done, and how long the rest takes."""
    return remaining(job, [unit.seconds for unit in units(config, job.id)])


def _left_in_words(low: float, high: float) -> str:
    if high < 1:
        return "longer than was thought"
    shortest, longest = duration_text(low), duration_text(high)
    if low < 1:
        return f"up to {longest} left in all"
    return f"{'about' if shortest == longest else f'{shortest} to'} {longest} left in all"


def describe(job: Job, left: Remaining | None = None) -> str:
    """One line in plain words: what it does, how fast, how long still, where, how much memory.

    left: of `left_of`.
    """
    if job.state is not JobState.RUNNING:
        text = DOING[job.state]
        if job.over and job.seconds:
            text += f" after {duration_text(job.seconds)}"
        return text
    parts = [job.stage[:1].upper() + job.stage[1:] or "Starting"]
    if job.total > 1:
        parts[0] += f", {whole(job.done)} of {whole(job.total)}"
    if job.units_total > 1:
        parts.insert(0, f"Part {min(job.units_done + 1, job.units_total)} of {job.units_total}")
    if job.rate is not None and job.total > 1:
        parts.append(f"{significant(job.rate)} a second")
    if left is not None and left.low is not None and left.high is not None:
        parts.append(_left_in_words(left.low, left.high))
    parts.append(job.device or "")
    if job.rss:
        parts.append(f"{whole(job.rss / 2**20)} MiB of memory")
    if job.device_memory:
        parts.append(f"{whole(job.device_memory / 2**20)} MiB on the device")
    return " · ".join(part for part in parts if part)


def results_of(job: Job) -> tuple[str, dict[str, list[str]]] | None:
    """The page that shows what a finished job made, and its query; None where no page does."""
    if job.state is not JobState.COMPLETE:
        return None
    models, tasks = job.payload.get("models", []), job.payload.get("tasks", [])
    if job.payload.get("maps"):
        return "pages/neighbourhoods.py", {"models": models, "tasks": tasks}
    if job.kind in ("run", "scores"):
        return "pages/depth.py", {"models": models, "tasks": tasks}
    if job.kind == "prune":
        return "pages/pruning.py", {"prune_model": models[:1], "prune_tasks": tasks}
    return None


def table_of(found: Sequence[Job]) -> pd.DataFrame:
    """One row a job for display, at least one; times of day are local to the reader."""
    rows = pd.DataFrame([row_of(entry) for entry in found])
    return rows.assign(created=rows["created"].dt.tz_localize(None))


def queue_sentence(config: Config) -> str:
    """What the queue is doing, in one sentence."""
    found = jobs(config)
    running = [entry for entry in found if entry.state in HELD]
    waiting = [entry for entry in found if entry.state in CLAIMABLE]
    over = [entry for entry in found if entry.over]
    if not found:
        return "Nothing was started here yet."
    if running:
        first = f"{running[-1].label} is running"
        more = f" with {len(running) - 1} more" if len(running) > 1 else ""
        return f"{first}{more}; {len(waiting)} waiting, {len(over)} over."
    if waiting:
        return f"{len(waiting)} waiting for a worker, {len(over)} over."
    return f"Nothing is running; the last was {over[0].label}: {describe(over[0]).lower()}."


@dataclass(frozen=True)
class Machine:
    """What this machine has and uses; bytes. `workers`: devices of each worker that runs."""

    cores: int
    memory: int
    memory_used: int
    accelerators: int
    workers: tuple[str, ...]


def machine_sentence(machine: Machine) -> str:
    """What this machine has and uses, in words."""
    gib = 2**30
    return (
        f"This machine: {machine.cores} cores, {decimals(machine.memory_used / gib, 1)} of "
        f"{whole(machine.memory / gib)} GiB of memory in use, {machine.accelerators or 'no'} "
        f"GPU, {len(machine.workers) or 'no'} worker running."
    )


@dataclass(frozen=True)
class LaunchChoices:
    """What a run can be asked for, by name.

    models: those whose weights come with packages first. metrics: groups, then single ones.
    usual: those of a run that names none.
    """

    models: tuple[str, ...]
    tasks: tuple[str, ...]
    metrics: tuple[str, ...]
    usual: tuple[str, ...]


def launch_choices() -> LaunchChoices:
    """Every registered model, task and metric."""
    packs = [spec.name for spec in CATALOGUE if spec.pack]
    return LaunchChoices(
        tuple(dict.fromkeys([*packs, *(spec.name for spec in CATALOGUE)])),
        tuple(task.name for task in all_tasks()),
        (*GROUPS, *(metric.name for metric in all_metrics())),
        tuple(UNASKED),
    )


def token_text_choices() -> tuple[int, ...]:
    """Of how many texts tokens can be measured, the usual first; 0 for all."""
    return (USUAL_TOKEN_TEXTS, 64, 1000, 0)


def metrics_asked(names: Sequence[str], token_texts: int) -> tuple[str, ...]:
    """Chosen metrics as a run is asked for them, those of tokens over so many texts."""
    return with_token_texts(names, token_texts)


def metric_name(name: str) -> str:
    """A metric or a group of them as a list of choices calls it."""
    return GROUPS[name].offered if name in GROUPS else name


def launch_notes(models: Sequence[str]) -> list[str]:
    """What must be said before these models are run, a sentence each."""
    return [
        f"{spec.name} brings its own code, which is not run from a page: use the command line with "
        f"--allow-code {spec.name}."
        for spec in CATALOGUE
        if spec.name in models and spec.custom_code
    ]


def machine(config: Config) -> Machine:
    """Memory and workers of this machine now."""
    import psutil

    memory = psutil.virtual_memory()
    workers = tuple(row.devices for row in JobQueue(config).live_workers())
    return Machine(
        cores=psutil.cpu_count() or 1,
        memory=int(memory.total),
        memory_used=int(memory.total - memory.available),
        accelerators=likely_accelerators(),
        workers=workers,
    )
