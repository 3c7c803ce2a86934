"""`demo`: data/demo, made again."""

import argparse
from pathlib import Path
from typing import Any

from lrd_core.cli.options import add_command
from lrd_core.cli.output import progress_bar
from lrd_core.config import Config


def add_to(commands: Any) -> None:
    """Add `demo` to the command line."""
    demo = add_command(
        commands, "demo", _demo, "compute the bundled results and write data/demo", with_json=False
    )
    demo.add_argument("--model", action="append", help="only this model (default: all)")
    demo.add_argument(
        "--published",
        action="append",
        type=Path,
        metavar="TABLE",
        help="write published tables (Parquet, metrics or scores by layer) to data/demo/published "
        "instead; give the option once for each",
    )
    demo.add_argument(
        "--stage", action="append", help="runs, scores, samples, maps, write (default: all)"
    )


def _demo(arguments: argparse.Namespace, config: Config) -> str:
    if arguments.published:
        return _published(arguments.published, config)
    from lrd_core.demo.build import STAGES, build
    from lrd_core.demo.recipe import MODELS

    def say(line: str) -> None:
        print(line, flush=True)

    written = build(
        config,
        arguments.model or MODELS,
        arguments.stage or STAGES,
        progress=progress_bar(),
        say=say,
    )
    return f"done: {written}"


def _published(tables: list[Path], config: Config) -> str:
    from lrd_core.demo.published import build_published

    return "\n".join(build_published(config, tables).lines())
