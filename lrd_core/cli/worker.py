"""`worker`: take jobs from the queue."""

import argparse
from typing import Any

from lrd_core.cli.options import add_command
from lrd_core.config import Config


def add_to(commands: Any) -> None:
    """Add `worker` to the command line."""
    worker = add_command(commands, "worker", _worker, "take jobs until idle", with_json=False)
    worker.add_argument("--idle", type=float, default=300.0, help="seconds without work (300)")


def _worker(arguments: argparse.Namespace, config: Config) -> None:
    from lrd_core.jobs.worker import Worker, serve

    config.refuse_read_only("work on jobs")
    serve(Worker(config, idle_s=arguments.idle))
