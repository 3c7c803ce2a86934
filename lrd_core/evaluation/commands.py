"""Commands about downstream scores: scores (compute them), import (read them from files)."""

import argparse
from pathlib import Path
from typing import Any

from lrd_core.cli import add_command, add_run_settings, progress_bar, run_settings, unsaved_words
from lrd_core.config import Config


def add_commands(commands: Any) -> None:
    """Add `scores` and `import` to the command line."""
    scores = add_command(commands, "scores", _scores, "score every layer of models on tasks")
    scores.add_argument("--model", action="append", required=True, help="name, hub id or folder")
    scores.add_argument("--task", action="append", required=True, help="name, folder or MTEB name")
    add_run_settings(scores)
    reading = add_command(commands, "import", _import, "read results of others into the store")
    reading.add_argument(
        "path",
        type=Path,
        help="a folder of MTEB results, a table of layer scores or of layer metrics, or a CSV",
    )
    reading.add_argument(
        "--into-own",
        action="store_true",
        help="also metrics that a bundle has of runs made here, marked with their source",
    )


def _scores(arguments: argparse.Namespace, config: Config) -> Any:
    from lrd_core.evaluation.execute import execute_scores

    reports = [
        execute_scores(
            model,
            task,
            run_settings(arguments),
            config=config,
            device=arguments.device,
            progress=progress_bar(),
            allow_code=frozenset(arguments.allow_code),
        )
        for model in arguments.model
        for task in arguments.task
    ]
    if arguments.json:
        return [report.to_json() for report in reports]
    return [
        f"{report.model} on {report.task}: {len(report.computed)} layers scored in "
        f"{report.seconds:.1f} s, {len(report.cached)} already in the store{unsaved_words(report)}"
        + "".join(f"; {note}" for note in report.notes)
        for report in reports
    ]


def _import(arguments: argparse.Namespace, config: Config) -> Any:
    from lrd_core.actions.imports import import_results

    report = import_results(config, arguments.path, into_own=arguments.into_own)
    return report.to_json() if arguments.json else report.lines()
