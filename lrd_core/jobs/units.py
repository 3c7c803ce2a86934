"""Work in units, one a model and task: what is finished stays, one failure stops no other."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from lrd_core.errors import JobCancelled, JobError, LrdError, StoreBusyError, UnwritableError
from lrd_core.jobs.context import JobContext

Unit = TypeVar("Unit")
Pair = tuple[str, str]


def pairs_of(payload: Mapping[str, Any]) -> dict[str, Pair]:
    """(model, task) by the unit's name, model by model."""
    return {
        pair_name(model, task): (model, task)
        for model in payload["models"]
        for task in payload["tasks"]
    }


def pair_name(model: str, task: str) -> str:
    return f"{model} on {task}"


def each_unit(context: JobContext, units: Mapping[str, Unit], work: Callable[[Unit], str]) -> None:
    """Do every unit that no earlier attempt finished; one that fails is noted and others go on.

    work: does one unit and says in a few words what came of it.
    Raises: JobError at the end if units failed, in this attempt or an earlier one; StoreBusyError
    and UnwritableError at once, for they are no fault of the unit and the next would meet them too.
    """
    for name in context.remaining(units):
        started = time.monotonic()
        try:
            note = work(units[name])
        except (JobCancelled, StoreBusyError, UnwritableError):
            raise
        except LrdError as error:
            context.log(f"{name} failed: {error}")
            context.finish_unit(name, time.monotonic() - started, error=str(error))
            continue
        seconds = time.monotonic() - started
        context.log(f"{name}: {note}, {seconds:.1f} s")
        context.finish_unit(name, seconds, note)
    failed = [f"{unit.name}: {unit.error}" for unit in context.units() if unit.error]
    if failed:
        raise JobError(f"{len(failed)} of {len(units)} failed; first: {failed[0]}")
