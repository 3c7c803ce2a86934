"""`tasks list` and `tasks fetch`."""

import argparse
import sys
from dataclasses import asdict
from typing import Any

from lrd_core.cli.options import add_command
from lrd_core.cli.output import plain
from lrd_core.config import Config


def add_to(commands: Any) -> None:
    """Add `tasks` to the command line."""
    tasks = commands.add_parser("tasks", help="list tasks, fetch data that wheels leave out")
    actions = tasks.add_subparsers(required=True, metavar="ACTION")
    add_command(actions, "list", _list, "every task in the registry")
    fetch = add_command(actions, "fetch", _fetch, "get a source archive that holds data")
    fetch.add_argument("name", choices=["vader"], help="rated sentiment sets, 2.5 MB, MIT")


def _list(arguments: argparse.Namespace, config: Config) -> Any:
    import pandas as pd

    from lrd_core.tasks import all_tasks, broken_tasks

    for name, fault in broken_tasks().items():
        print(plain(f"left out: {name}: {fault}"), file=sys.stderr)
    columns = ["name", "type", "source", "revision", "licence", "description"]
    return pd.DataFrame([asdict(spec) for spec in all_tasks()])[columns]


def _fetch(arguments: argparse.Namespace, config: Config) -> dict[str, str]:
    from lrd_core.tasks.packages import VADER_SDIST, fetch_sdist

    return {arguments.name: str(fetch_sdist(VADER_SDIST, config))}
