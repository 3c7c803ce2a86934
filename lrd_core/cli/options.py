"""What commands share: how one is added, and the options that several take."""

import argparse
from collections.abc import Callable
from typing import Any

from lrd_core.config import Config
from lrd_core.settings import ASKED, SETTINGS, RunSettings, Setting

Command = Callable[[argparse.Namespace, Config], Any]


def add_command(
    commands: Any, name: str, function: Command, summary: str, *, with_json: bool = True
) -> argparse.ArgumentParser:
    """A subcommand whose `function(arguments, config)` returns a table, a list, a dict or None."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    parser.set_defaults(command=function)
    if with_json:
        parser.add_argument("--json", action="store_true", help="print JSON for a program to read")
    return parser


def add_models_and_tasks(parser: argparse.ArgumentParser) -> None:
    """`--model` and `--task`, each given once or more, for commands that work on every pair."""
    for one in SETTINGS:
        if one.option == "many":
            words = one.help[0].lower() + one.help[1:].rstrip(".")
            parser.add_argument(f"--{one.name}", action="append", required=True, help=words)


def add_allow_code(parser: argparse.ArgumentParser) -> None:
    """`--allow-code`: the models whose own code may run."""
    parser.add_argument(
        "--allow-code",
        action="append",
        default=[],
        metavar="MODEL",
        help="run its own code: a full path, or a name or id [@revision]",
    )


def add_run_settings(parser: argparse.ArgumentParser) -> None:
    """The options that every command which embeds texts shares: each setting that is asked for."""
    for one in SETTINGS:
        if one.option == "one":
            flag = f"--{one.name.replace('_', '-')}"
            parser.add_argument(flag, type=one.kind, default=one.default, help=_help(one))
    parser.add_argument("--all", action="store_true", help="take every text of the task")
    add_allow_code(parser)


def run_settings(arguments: argparse.Namespace) -> RunSettings:
    """RunSettings from the options of `add_run_settings`."""
    given = {one.name: one.parse(getattr(arguments, one.name)) for one in ASKED}
    return RunSettings(**given | ({"n": None} if arguments.all else {}))


def _help(one: Setting) -> str:
    words = one.help[0].lower() + one.help[1:].rstrip(".")
    if one.choices and one.kind is str:
        words += f": {', '.join(choice for choice in one.choices if choice is not None)}"
    elif None in one.choices:
        words += f"; 0: {one.left_open}"
    return f"{words} (default {one.default or one.left_open or one.default})".replace("%", "%%")
