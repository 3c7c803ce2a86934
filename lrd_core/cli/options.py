"""What commands share: how one is added, and the options that several take."""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lrd_core.config import Config

if TYPE_CHECKING:
    from lrd_core.settings import RunSettings

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
    parser.add_argument("--model", action="append", required=True, help="name, hub id or folder")
    parser.add_argument("--task", action="append", required=True, help="name, folder or MTEB name")


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
    """The options that every command which embeds texts shares."""
    parser.add_argument("--n", type=int, default=1000, help="texts sampled (default 1000; 0 all)")
    parser.add_argument("--all", action="store_true", help="take every text of the task")
    parser.add_argument("--seed", type=int, default=0, help="seed of the sample (default 0)")
    parser.add_argument("--max-length", type=int, help="tokens a text is cut at (default 512)")
    parser.add_argument(
        "--pooling", help="mean, cls, lasttoken, weightedmean, max, cls+mean (default: model's)"
    )
    parser.add_argument("--final-norm", default="hf", help="hf, raw or all (default hf)")
    parser.add_argument("--dtype", default="auto", help="auto, float32, bfloat16, float16")
    parser.add_argument("--prompt", default="", help="text put before every text (default none)")
    parser.add_argument("--condition", default="", help="repeat:P, random:P or length:N")
    parser.add_argument("--capture", default="block", help="block or attention (default block)")
    parser.add_argument(
        "--tail", default="none", help="none, or all: the model's own Dense, ... on every layer"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, mps (default auto)")
    add_allow_code(parser)


def run_settings(arguments: argparse.Namespace) -> "RunSettings":
    """RunSettings from the options of `add_run_settings`."""
    from lrd_core.settings import RunSettings

    return RunSettings(
        n=None if arguments.all else arguments.n or None,
        seed=arguments.seed,
        max_length=arguments.max_length,
        pooling=arguments.pooling,
        final_norm=arguments.final_norm,
        dtype=arguments.dtype,
        prompt=arguments.prompt,
        condition=arguments.condition,
        capture=arguments.capture,
        tail=arguments.tail,
    )
