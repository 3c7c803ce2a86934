"""What a handler sees of its job: where it runs, how to report, which units are finished."""

import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from lrd_core.config import Config
from lrd_core.errors import JobCancelled
from lrd_core.jobs.queue import JobQueue
from lrd_core.jobs.records import HELD, Job, JobState
from lrd_core.store.jobs import change_job
from lrd_core.store.queue_file import STUMBLES, connect, transaction
from lrd_core.store.units import UnitRow, finish_unit

REPORT_EVERY_S = 0.25


@dataclass
class JobContext:
    """Handed to every handler as its second argument.

    progress: call it as progress(stage, done, total) at least once a second; it raises
        JobCancelled once the job shall stop.
    device: where to compute, "cpu", "cuda:0" or "mps". log: writes a line to the job's log.
    """

    job: Job
    config: Config
    device: str
    _stage: str = ""
    _stage_started: float = field(default_factory=time.monotonic)
    _reported: float = 0.0

    def progress(self, stage: str, done: int, total: int) -> None:
        """Report where the work is; see lrd_core.progress. Raises: JobCancelled."""
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._stage_started = stage, now
        elif now - self._reported < REPORT_EVERY_S and done != total:
            return
        self._reported = now
        state = self._write(
            {
                "stage": stage,
                "done": done,
                "total": total,
                "stage_seconds": now - self._stage_started,
                "device_memory": _device_memory(self.device),
            }
        )
        if state is None or state is JobState.CANCELLING:
            raise JobCancelled(f"job {self.job.id} was cancelled during {stage}")

    def log(self, text: str) -> None:
        """Write one line with the time of day to the job's log."""
        print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)

    def remaining(self, units: Iterable[str]) -> Iterator[str]:
        """The units that no earlier attempt finished, in order. Raises: JobCancelled between."""
        units = list(units)
        finished = {unit.name for unit in self.units()}
        with connect(self.config.jobs_database) as connection:
            change_job(connection, self.job.id, {"units_total": len(units)})
        for name in units:
            if name not in finished:
                self.progress(name, 0, 0)
                yield name

    def units(self) -> list[UnitRow]:
        """The units that this and earlier attempts finished, well or badly."""
        return JobQueue(self.config).units(self.job.id)

    def finish_unit(
        self, name: str, seconds: float, note: str = "", error: str | None = None
    ) -> None:
        """Mark a unit as done for good; call it after its results are safely stored."""
        unit = UnitRow(job_id=self.job.id, name=name, seconds=seconds, note=note, error=error)
        with connect(self.config.jobs_database) as connection, transaction(connection):
            finish_unit(connection, unit)

    def _write(self, values: Mapping[str, object]) -> JobState | None:
        try:
            with connect(self.config.jobs_database) as connection:
                row = change_job(
                    connection, self.job.id, values, claims=self.job.claims, states=HELD
                )
        except STUMBLES as error:
            # A full disk or a locked queue must not stop work that is going well.
            self.log(f"progress could not be written: {error}")
            return JobState.RUNNING
        return JobState(row.state) if row else None


def _device_memory(device: str) -> int | None:
    torch = sys.modules.get("torch")
    if torch is None or not device.startswith("cuda") or not torch.cuda.is_initialized():
        return None
    return int(torch.cuda.memory_reserved(device))
