"""What commands share: how one is added, and the options that several take."""

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.models.loading import Loading
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


def check_named(arguments: argparse.Namespace) -> None:
    """Look the models and tasks of a command up before what it needs is loaded, for seconds.

    Raises: LrdError for a name that does not exist, a path that holds no model or no task.
    """
    from lrd_core.models.specs import find_model
    from lrd_core.tasks import find_task

    for find, named in ((find_model, arguments.model), (find_task, arguments.task)):
        for name in [named] if isinstance(named, str) else named:
            if name:
                find(name)


def add_allow_code(parser: argparse.ArgumentParser) -> None:
    """`--allow-code`: the models whose own code may run."""
    parser.add_argument(
        "--allow-code",
        action="append",
        default=[],
        metavar="MODEL",
        help="run its own code: a full path, or a name or id [@revision]",
    )


def loading_of(arguments: argparse.Namespace) -> Loading:
    """Where to load models and whose code may run, by `--device` and `--allow-code`."""
    return Loading(arguments.device, frozenset(arguments.allow_code))


def add_stored_run(parser: argparse.ArgumentParser) -> None:
    """The options that name one run of the store."""
    parser.add_argument("--model", required=True, help="as in the store, see `show`")
    parser.add_argument("--task", required=True, help="as in the store, see `show`")
    parser.add_argument("--condition", default="", help="of the run (default: the plain text)")
    parser.add_argument("--run", default="", help="its key or the start of it (default: newest)")


def add_run_settings(parser: argparse.ArgumentParser) -> None:
    """The options that every command which embeds texts shares: each setting that is asked for."""
    for one in SETTINGS:
        if one.option == "one":
            add_setting(parser, one)
    parser.add_argument("--all", action="store_true", help="take every text of the task")
    add_allow_code(parser)


def add_setting(parser: argparse.ArgumentParser, one: Setting) -> None:
    """The option of a setting; what it is given stands under the setting's name."""
    how: dict[str, Any] = {"dest": one.name, "help": _help(one)}
    if one.kind is bool:
        how["action"] = "store_false" if one.default else "store_true"
    elif one.option == "many":
        how |= {"action": "append", "type": one.kind}
    elif one.option == "joined":
        how["metavar"] = "A,B"
    else:
        how |= {"type": one.kind, "default": one.default}
        if one.closed:
            how["choices"] = [choice for choice in one.choices if choice is not None]
    parser.add_argument(f"--{(one.flag or one.name).replace('_', '-')}", **how)


def given(arguments: argparse.Namespace, settings: Sequence[Setting]) -> dict[str, Any]:
    """The values of these settings; those of lists that were not named are left out.

    Raises: InputError for an unreadable list.
    """
    found = {one.name: getattr(arguments, one.name) for one in settings}
    return {
        one.name: _several(one, found[one.name]) if one.listed else one.parse(found[one.name])
        for one in settings
        if not one.listed or found[one.name]
    }


def _several(one: Setting, words: str | list[Any]) -> tuple[Any, ...]:
    if one.option != "joined":
        return tuple(words)
    try:
        return tuple(one.kind(part) for part in str(words).replace(",", " ").split())
    except ValueError as error:
        what = f"--{one.flag or one.name} {words!r}"
        raise InputError(f"{what} is no list of numbers; write 3,4") from error


def run_settings(arguments: argparse.Namespace) -> RunSettings:
    """RunSettings from the options of `add_run_settings`."""
    return RunSettings(**given(arguments, ASKED) | ({"n": None} if arguments.all else {}))


def _help(one: Setting) -> str:
    words = one.help[0].lower() + one.help[1:].rstrip(".")
    if one.kind is bool:
        return f"do not {words}" if one.default else words
    if one.choices and one.kind is str and not one.listed:
        words += f": {', '.join(choice for choice in one.choices if choice is not None)}"
    elif None in one.choices or one.zero_is_open:
        words += f"; 0: {one.left_open}"
    usual = ", ".join(map(str, one.default)) if one.listed else one.default
    return f"{words} (default {usual or one.left_open or usual})".replace("%", "%%")
