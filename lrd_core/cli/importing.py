"""`import`: results of others into the store."""

import argparse
from pathlib import Path
from typing import Any

from lrd_core.cli.options import add_command
from lrd_core.config import Config


def add_to(commands: Any) -> None:
    """Add `import` to the command line."""
    reading = add_command(commands, "import", _import, "read results of others into the store")
    reading.add_argument(
        "path",
        type=Path,
        help="a folder of MTEB results (results/MODEL/REVISION/TASK.json), a table of layer scores "
        "or of layer metrics, or a leaderboard as a CSV",
    )
    reading.add_argument(
        "--panel", action="store_true", help="only scores of the 31 models of the LRD panel"
    )
    reading.add_argument(
        "--into-own",
        action="store_true",
        help="also metrics that a bundle has of runs made here, marked with their source",
    )


def _import(arguments: argparse.Namespace, config: Config) -> Any:
    from lrd_core.actions.imports import import_results

    report = import_results(
        config, arguments.path, into_own=arguments.into_own, panel=arguments.panel
    )
    return report.to_json() if arguments.json else report.lines()
