"""`enough`: is the number of texts of a run large enough for a metric?"""

import argparse
from typing import Any

from lrd_core.cli.options import add_command, add_stored_run
from lrd_core.cli.output import progress_bar
from lrd_core.config import Config


def add_to(commands: Any) -> None:
    """Add `enough` to the command line."""
    enough = add_command(commands, "enough", _enough, "metrics against the number of texts")
    add_stored_run(enough)
    enough.add_argument(
        "--metric", action="append", metavar="NAME", help="default: six of the whole data set"
    )
    enough.add_argument("--repeats", type=int, default=5, help="subsamples a size (default 5)")
    enough.add_argument("--seed", type=int, default=0, help="of the subsamples (default 0)")


def _enough(arguments: argparse.Namespace, config: Config) -> Any:
    from lrd_core.runs.enough import default_metrics, measure_subsamples, newest_run
    from lrd_core.views.enough import read_points, size_table

    run_key = newest_run(
        config, arguments.model, arguments.task, arguments.condition, arguments.run
    )
    names = tuple(arguments.metric or default_metrics())
    measure_subsamples(
        config,
        run_key,
        names,
        repeats=arguments.repeats,
        seed=arguments.seed,
        progress=progress_bar(),
    )
    return size_table(read_points(config, run_key, names), wide=not arguments.json)
