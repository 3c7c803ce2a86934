"""`estimate`: how long the panel of models and tasks takes."""

import argparse
from typing import Any

from lrd_core.cli.options import add_command
from lrd_core.config import Config


def add_to(commands: Any) -> None:
    """Add `estimate` to the command line."""
    estimate = add_command(commands, "estimate", _estimate, "time for the panel of 31 x 30")
    estimate.add_argument("--gpus", type=int, default=1, help="GPUs to spread it over (default 1)")
    estimate.add_argument("--n", type=int, default=1000, help="texts of each task (default 1000)")
    estimate.add_argument("--metrics", default="lrd,lbl", help="as for run (default lrd,lbl)")
    estimate.add_argument("--on", default="cuda", help="kind of device: cuda, mps, cpu")


def _estimate(arguments: argparse.Namespace, config: Config) -> dict[str, Any]:
    from lrd_core.jobs.estimate import duration_text, panel_estimate
    from lrd_core.settings import RunSettings

    metrics = tuple(arguments.metrics.split(","))
    settings = RunSettings(n=arguments.n)
    found = panel_estimate(
        config, arguments.gpus, device=arguments.on, metrics=metrics, settings=settings
    )
    return {
        "models x tasks": found.units,
        "texts": found.texts,
        "tokens": found.tokens,
        "gpus": arguments.gpus,
        "estimate": duration_text(found.seconds),
        "low": duration_text(found.low),
        "high": duration_text(found.high),
        "measured runs": found.measurements,
    }
