"""`show`: stored values as a table."""

import argparse
from typing import Any

from lrd_core.cli.options import add_command
from lrd_core.config import Config


def add_to(commands: Any) -> None:
    """Add `show` to the command line."""
    show = add_command(commands, "show", _show, "print stored values")
    show.add_argument("--model")
    show.add_argument("--task")
    show.add_argument("--metric", help="a metric or a series of one")


def _show(arguments: argparse.Namespace, config: Config) -> Any:
    from lrd_core.views.stored import profiles

    table = profiles(config, variants=True)
    for column, wanted in (("model", arguments.model), ("task", arguments.task)):
        if wanted:
            table = table[table[column] == wanted]
    if arguments.metric:
        table = table[(table.metric == arguments.metric) | (table.series == arguments.metric)]
    columns = ["model", "task", "series", "variant", "position", "value", "low", "high", "n"]
    return table[[*columns, "reason"]]
