"""`bring`: embeddings that exist already into the store, as a run of the user's own."""

import argparse
from pathlib import Path
from typing import Any

from lrd_core.cli.options import add_command
from lrd_core.cli.output import progress_bar
from lrd_core.config import Config


def add_to(commands: Any) -> None:
    """Add `bring` to the command line."""
    what = "measure embeddings of every layer that exist already, and store them as a run"
    bring = add_command(commands, "bring", _bring, what)
    bring.add_argument(
        "path",
        type=Path,
        nargs="+",
        help="an array (layers, n, d) as .npy or .npz, a table with vector columns (CSV, TSV, "
        "JSONL, Parquet), the folder of a saved data set; or several, one layer each",
    )
    bring.add_argument("--name", required=True, help="what the embeddings are called")
    bring.add_argument(
        "--texts", type=Path, default=None, help="a file with text (and label) of each row"
    )
    bring.add_argument(
        "--task", default="", help="the task whose items the rows are, or a name for the texts"
    )
    bring.add_argument("--seed", type=int, default=0, help="of the task's sample (default 0)")
    bring.add_argument("--no-maps", action="store_true", help="do not draw maps")


def _bring(arguments: argparse.Namespace, config: Config) -> Any:
    from lrd_core.bringing.bring import bring
    from lrd_core.bringing.files import read_brought

    config.refuse_read_only("bring embeddings")
    found = bring(
        read_brought(arguments.path, arguments.texts),
        arguments.name,
        config,
        task=arguments.task,
        seed=arguments.seed,
        maps=not arguments.no_maps,
        progress=progress_bar(),
    )
    return found.to_json() if arguments.json else [found.sentence, *found.notes]
