"""`jobs list`, `jobs cancel`, `jobs retry` and `jobs log`."""

import argparse
from pathlib import Path
from typing import Any

from lrd_core.cli.options import add_command
from lrd_core.config import Config

MOST = 200
"""Jobs that `list` shows."""


def add_to(commands: Any) -> None:
    """Add `jobs` to the command line."""
    jobs = commands.add_parser("jobs", help="watch, cancel and retry background work")
    actions = jobs.add_subparsers(required=True, metavar="ACTION")
    add_command(actions, "list", _list, "every job, newest first")
    for name, function, summary in (
        ("cancel", _cancel, "stop a job"),
        ("retry", _retry, "queue a job again that is over"),
        ("log", _log, "the end of a job's log"),
    ):
        add_command(actions, name, function, summary).add_argument("id", type=int)


def _list(arguments: argparse.Namespace, config: Config) -> Any:
    from lrd_core.jobs.queue import JobQueue
    from lrd_core.jobs.records import row_of

    return [row_of(job) for job in JobQueue(config).jobs(limit=MOST)]


def _cancel(arguments: argparse.Namespace, config: Config) -> dict[str, Any]:
    from lrd_core.actions.work import cancel

    job = cancel(config, arguments.id)
    return {"job": job.id, "state": job.state.value}


def _retry(arguments: argparse.Namespace, config: Config) -> dict[str, Any]:
    from lrd_core.actions.work import retry

    job = retry(config, arguments.id)
    return {"job": job.id, "state": job.state.value}


def _log(arguments: argparse.Namespace, config: Config) -> dict[str, str] | list[str]:
    from lrd_core.views.runs import job as find_job
    from lrd_core.views.runs import log_tail

    job = find_job(config, arguments.id)
    text = log_tail(job, lines=200, config=config)
    if arguments.json:
        return {"path": str(Path(job.log_path)), "text": text}
    return text.splitlines()
