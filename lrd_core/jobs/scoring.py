"""The job kind "scores": models x tasks, every layer of a unit stored at once.

Payload: models, tasks (lists of names), settings (fields of RunSettings), allow_code (models whose
own code may run; set on the command line only).
"""

from typing import Any

from lrd_core.errors import InputError
from lrd_core.jobs.context import JobContext
from lrd_core.jobs.units import Pair, each_unit, pairs_of
from lrd_core.models.loading import Loading
from lrd_core.settings import RunSettings


def run_scores(payload: dict[str, Any], context: JobContext) -> None:
    """Score every model on every task.

    Raises: InputError for unknown settings; JobError at the end if units failed.
    """
    from lrd_core.evaluation.execute import execute_scores

    settings = settings_of(payload)
    loading = Loading(context.device, frozenset(payload.get("allow_code", ())))

    def work(pair: Pair) -> str:
        report = execute_scores(
            *pair, settings, config=context.config, loading=loading, progress=context.progress
        )
        return f"{len(report.computed)} layers scored, {len(report.cached)} were there"

    each_unit(context, pairs_of(payload), work)


def settings_of(payload: dict[str, Any]) -> RunSettings:
    """Raises: InputError for a setting that does not exist."""
    try:
        return RunSettings(**payload.get("settings", {}))
    except TypeError as error:
        raise InputError(f"these are no settings of a run ({error}); see scores --help") from error
