"""`take`: a layer of a model as a folder that transformers and sentence-transformers load."""

import argparse
from pathlib import Path
from typing import Any

from lrd_core.cli.options import (
    add_allow_code,
    add_command,
    add_setting,
    check_named,
    given,
    loading_of,
)
from lrd_core.cli.output import progress_bar
from lrd_core.config import Config
from lrd_core.models.specs import find_model
from lrd_core.settings import RunSettings, find_setting
from lrd_core.taking.settings import READ_BY, TAKE_SETTINGS, TakeSettings, check_told


def add_to(commands: Any) -> None:
    """Add `take` to the command line."""
    take = add_command(commands, "take", _take, "write a layer of a model as a folder of its own")
    take.add_argument("--model", required=True, help="name, hub id or folder")
    take.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    take.add_argument("--task", default="", help="whose texts and scores to use (default: none)")
    take.add_argument("--no-timing", action="store_true", help="do not time it beside the model")
    for one in (*TAKE_SETTINGS, *map(find_setting, READ_BY), find_setting("device")):
        add_setting(take, one)
    add_allow_code(take)


def _take(arguments: argparse.Namespace, config: Config) -> Any:
    config.refuse_read_only("take a layer away")
    check_named(arguments)
    settings = TakeSettings(**given(arguments, TAKE_SETTINGS))
    check_told(settings, find_model(arguments.model))
    from lrd_core.taking.take import take_model
    from lrd_core.views.take import take_evidence

    found = take_model(
        arguments.model,
        settings,
        arguments.out,
        config,
        run=RunSettings(**given(arguments, tuple(map(find_setting, READ_BY)))),
        task=arguments.task,
        loading=loading_of(arguments),
        evidence=take_evidence(
            config, arguments.model, settings.layers, [arguments.task] if arguments.task else []
        ),
        timed=not arguments.no_timing,
        progress=progress_bar(),
    )
    return found.to_json() if arguments.json else [found.sentence, *found.cost]
