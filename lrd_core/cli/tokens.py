"""`tokens`: every token of a few texts at every layer, and which one dominates."""

import argparse
from typing import Any

from lrd_core.cli.options import add_allow_code, add_command, add_stored_run, loading_of
from lrd_core.cli.output import progress_bar
from lrd_core.config import Config


def add_to(commands: Any) -> None:
    """Add `tokens` to the command line."""
    tokens = add_command(commands, "tokens", _tokens, "every token of a text at every layer")
    add_stored_run(tokens)
    tokens.add_argument(
        "--text", action="append", default=[], help="one's own (default: the first 8 of the task)"
    )
    tokens.add_argument("--device", default="auto", help="auto, cpu, cuda, mps (default auto)")
    add_allow_code(tokens)


def _tokens(arguments: argparse.Namespace, config: Config) -> Any:
    from lrd_core.runs.enough import newest_run
    from lrd_core.runs.token_maps import read_token_maps
    from lrd_core.views.token_view import largest_tokens, model_to_load

    config.refuse_read_only("compute")
    key = newest_run(config, arguments.model, arguments.task, arguments.condition, arguments.run)
    report = read_token_maps(
        config,
        key,
        arguments.text,
        model=model_to_load(config, key),
        loading=loading_of(arguments),
        progress=progress_bar(),
    )
    return largest_tokens(config, key, (*report.computed, *report.cached))
