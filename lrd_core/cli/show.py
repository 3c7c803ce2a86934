"""`show`: stored values as a table, or the figure of any view as a file."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrd_core.cli.options import add_command
from lrd_core.config import Config
from lrd_core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


def add_to(commands: Any) -> None:
    """Add `show` to the command line."""
    show = add_command(commands, "show", _show, "print stored values, or draw them")
    show.add_argument("--model", action="append", default=[], help="may be given again")
    show.add_argument("--task", action="append", default=[], help="may be given again")
    show.add_argument(
        "--metric", action="append", default=[], help="a metric or a series of one; may repeat"
    )
    show.add_argument("--figure", type=Path, help="draw to FILE.html, .svg or .png instead")
    show.add_argument("--view", default="depth", help="what to draw; `--view list` names them")
    show.add_argument(
        "--with",
        action="append",
        default=[],
        dest="options",
        metavar="NAME=VALUE",
        help="how a view is asked; `--view list` names what each takes",
    )
    show.add_argument("--dark", action="store_true", help="draw on a dark ground")


def _show(arguments: argparse.Namespace, config: Config) -> Any:
    if arguments.view == "list":
        return _views()
    if arguments.figure is not None:
        return _draw(arguments, config)
    return _table(arguments, config)


def _table(arguments: argparse.Namespace, config: Config) -> "pd.DataFrame":
    from lrd_core.views.stored import profiles

    table = profiles(config, variants=True)
    for column, wanted in (("model", arguments.model), ("task", arguments.task)):
        if wanted:
            table = table[table[column].isin(wanted)]
    if arguments.metric:
        named = table["metric"].isin(arguments.metric) | table["series"].isin(arguments.metric)
        table = table[named]
    columns = ["model", "task", "series", "variant", "position", "value", "low", "high", "n"]
    return table[[*columns, "reason"]]


def _views() -> "pd.DataFrame":
    import pandas as pd

    from lrd_core.views.questions import QUESTIONS, option_names

    rows = [
        {
            "view": question.name,
            "shows": question.summary,
            "with": " ".join(f"{name}={how}" for name, how in option_names(question).items()),
        }
        for question in QUESTIONS
    ]
    return pd.DataFrame(rows)


def _draw(arguments: argparse.Namespace, config: Config) -> str:
    from lrd_core.plots.figures import figure_of
    from lrd_core.plots.save import check_suffix, save_figure
    from lrd_core.plots.theme import Look
    from lrd_core.views.questions import ask, known_models
    from lrd_core.views.series_names import series_named

    check_suffix(arguments.figure)
    options = dict(_option(text) for text in arguments.options)
    series = dict.fromkeys(one for name in arguments.metric for one in series_named(name))
    if series:
        options.setdefault("series", ",".join(series))
    view = ask(config, arguments.view, arguments.model, arguments.task, options)
    if view.empty:
        raise InputError(f"the store has nothing of this to draw; {view.sentence or 'see `show`'}")
    look = Look(
        mode="dark" if arguments.dark else "light",
        order=known_models(config),
        together=tuple(arguments.model),
    )
    save_figure(figure_of(view, look), arguments.figure, look.background)
    said = [view.sentence, *view.provenance, *view.notes]
    return "\n".join([f"{arguments.figure} written", *(line for line in said if line)])


def _option(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"--with {text!r} is no NAME=VALUE; see `show --view list`")
    return name, value
