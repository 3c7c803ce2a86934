"""`scores`: downstream scores of every layer."""

import argparse
from typing import Any

from lrd_core.cli.options import (
    add_command,
    add_models_and_tasks,
    add_run_settings,
    check_named,
    loading_of,
    run_settings,
)
from lrd_core.cli.output import progress_bar, unsaved_words
from lrd_core.config import Config
from lrd_core.numbers import decimals


def add_to(commands: Any) -> None:
    """Add `scores` to the command line."""
    scores = add_command(commands, "scores", _scores, "score every layer of models on tasks")
    add_models_and_tasks(scores)
    add_run_settings(scores)


def _scores(arguments: argparse.Namespace, config: Config) -> Any:
    check_named(arguments)
    from lrd_core.evaluation.execute import execute_scores

    reports = [
        execute_scores(
            model,
            task,
            run_settings(arguments),
            config=config,
            loading=loading_of(arguments),
            progress=progress_bar(),
        )
        for model in arguments.model
        for task in arguments.task
    ]
    if arguments.json:
        return [report.to_json() for report in reports]
    return [
        f"{report.model} on {report.task}: {len(report.computed)} layers scored in "
        f"{decimals(report.seconds, 1)} s, {len(report.cached)} already in the "
        f"store{unsaved_words(report)}" + "".join(f"; {note}" for note in report.notes)
        for report in reports
    ]
