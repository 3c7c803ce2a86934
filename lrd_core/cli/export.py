"""`export`: stored values as a file."""

import argparse
from pathlib import Path
from typing import Any

from lrd_core.cli.options import add_command
from lrd_core.config import Config
from lrd_core.disk import whole_file
from lrd_core.errors import InputError


def add_to(commands: Any) -> None:
    """Add `export` to the command line."""
    export = add_command(
        commands, "export", _export, "write stored values to a file", with_json=False
    )
    export.add_argument(
        "--to", required=True, type=Path, help="FILE.csv, .parquet or .json; with --mteb a folder"
    )
    export.add_argument(
        "--mteb", action="store_true", help="scores, as results that mteb reads: a layer each"
    )
    export.add_argument("--model")
    export.add_argument("--task")
    export.add_argument("--metric")


def _export(arguments: argparse.Namespace, config: Config) -> str:
    if arguments.mteb:
        return _export_mteb(arguments, config)
    from lrd_core.views.stored import profiles
    from lrd_core.views.table_files import csv_text

    writers = {
        ".csv": lambda frame, path: path.write_text(csv_text(frame), encoding="utf-8"),
        ".parquet": lambda frame, path: frame.to_parquet(path, index=False),
        ".json": lambda frame, path: frame.to_json(path, orient="records", date_format="iso"),
    }
    path: Path = arguments.to
    if path.suffix not in writers:
        raise InputError(
            f"cannot write {path.name}; choose a name that ends in {', '.join(writers)}"
        )
    table = profiles(config, variants=True)
    for column in ("model", "task", "metric"):
        wanted = getattr(arguments, column)
        if wanted:
            table = table[table[column] == wanted]
    with whole_file(path) as partial:
        writers[path.suffix](table, partial)
    return f"{len(table)} values written to {path}"


def _export_mteb(arguments: argparse.Namespace, config: Config) -> str:
    from lrd_core.evaluation.exporting import export_results

    if arguments.metric:
        raise InputError("--metric and --mteb do not go together: MTEB results hold scores alone")
    named = [[one] if one else [] for one in (arguments.model, arguments.task)]
    return export_results(config, arguments.to, *named).sentence
