"""The command line: the parser and main. Each command has a file here; nothing below imports them.

Building the parser must stay fast: a command imports what it needs when it runs.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lrd_core.cli import (
    app,
    ask,
    bring,
    claims,
    demo,
    enough,
    estimate,
    export,
    importing,
    jobs,
    models,
    place,
    prune,
    prune_evidence,
    run,
    scores,
    select,
    show,
    take,
    tasks,
    tokens,
    worker,
)
from lrd_core.cli.output import plain, write_result
from lrd_core.config import load_config
from lrd_core.disk import refusal
from lrd_core.errors import InputError, LrdError
from lrd_core.version import __version__

COMMANDS = (
    *(app, models, tasks, run, show, export, select, claims, demo, scores, importing, bring),
    *(worker, jobs, estimate, prune, prune_evidence, take, ask, enough, tokens, place),
)
"""Modules whose `add_to(commands)` adds one command, in the order of the help."""

LARGEST_NUMBER = 2**53


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. Errors are one line on standard error."""
    parsed = build_parser().parse_args(arguments)
    try:
        _check_words(vars(parsed))
        result = parsed.command(parsed, load_config())
        if result is not None:
            write_result(result, as_json=getattr(parsed, "json", False))
    except LrdError as error:
        return _fail(str(error))
    except BrokenPipeError:
        return 141
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        refused = refusal(Path(error.filename), error) if error.filename else None
        return _fail(str(refused or where + (error.strerror or str(error))))
    except KeyboardInterrupt:
        print("interrupted; what was finished is kept, the same command goes on", file=sys.stderr)
        return 130
    return 0


def build_parser() -> argparse.ArgumentParser:
    """The whole command line as one parser."""
    parser = argparse.ArgumentParser(
        prog="lrd" if Path(sys.argv[0]).stem == "lrd" else "python -m lrd_core",
        description="What every layer of a language model does to its representations.",
    )
    parser.add_argument("--version", action="version", version=f"LRD Explorer {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add_to(commands)
    return parser


def _fail(message: str) -> int:
    print(plain(f"error: {message}"), file=sys.stderr)
    return 2


def _check_words(options: Mapping[str, Any]) -> None:
    """Raises: InputError for what no command can use: an option that is not text in UTF-8, such as
    a name in Latin-1, or a number that no column of a database holds.
    """
    for name, value in options.items():
        words = value if isinstance(value, list) else [value]
        for word in words:
            if isinstance(word, str) and any("\ud800" <= sign <= "\udfff" for sign in word):
                raise InputError(f"--{name} {word!r} is not UTF-8; rename it or type it again")
            if isinstance(word, int) and abs(word) > LARGEST_NUMBER:
                raise InputError(f"--{name} is {str(word)[:30]}; give a number below 2 to the 53")
