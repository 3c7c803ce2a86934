"""The command line: one parser, one function a command, heavy imports only where needed."""

import argparse
import json
import sys
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from lrd_core import __version__
from lrd_core.config import Config, load_config
from lrd_core.disk import refusal, whole_file
from lrd_core.errors import InputError, LrdError
from lrd_core.progress import Progress

COMMAND_MODULES: tuple[str, ...] = (
    "lrd_core.analysis.commands",
    "lrd_core.demo.commands",
    "lrd_core.evaluation.commands",
    "lrd_core.jobs.commands",
    "lrd_core.pruning.commands",
    "lrd_core.runs.commands",
)
"""Modules whose add_commands(subparsers) adds the commands of one concern."""

LARGEST_NUMBER = 2**53

Command = Callable[[argparse.Namespace, Config], Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. Errors are one line on standard error."""
    parsed = build_parser().parse_args(arguments)
    try:
        _check_words(vars(parsed))
        result = parsed.command(parsed, load_config())
        if result is not None:
            write_result(result, as_json=getattr(parsed, "json", False))
    except LrdError as error:
        print(plain(f"error: {error}"), file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 141
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        refused = refusal(Path(error.filename), error) if error.filename else None
        print(plain(f"error: {refused or where + (error.strerror or str(error))}"), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; what was finished is kept, the same command goes on", file=sys.stderr)
        return 130
    return 0


def plain(text: str) -> str:
    """Text for a terminal: what would move its cursor or change its state is shown as a code."""
    return "".join(
        sign
        if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs")
        else sign.encode("unicode_escape").decode()
        for sign in text
    )


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


def build_parser() -> argparse.ArgumentParser:
    """The whole command line as one parser."""
    parser = argparse.ArgumentParser(
        prog="python -m lrd_core",
        description="What every layer of a language model does to its representations.",
    )
    parser.add_argument("--version", action="version", version=f"LRD Explorer {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_models(commands)
    _add_tasks(commands)
    _add_run(commands)
    _add_show(commands)
    _add_export(commands)
    for module in COMMAND_MODULES:
        import_module(module).add_commands(commands)
    return parser


def add_command(
    commands: Any, name: str, function: Command, summary: str, *, with_json: bool = True
) -> argparse.ArgumentParser:
    """A subcommand whose `function(arguments, config)` returns a table, a list, a dict or None."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    parser.set_defaults(command=function)
    if with_json:
        parser.add_argument("--json", action="store_true", help="print JSON for a program to read")
    return parser


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
    parser.add_argument(
        "--allow-code",
        action="append",
        default=[],
        metavar="MODEL",
        help="run its own code: a full path, or a name or id [@revision]",
    )


def run_settings(arguments: argparse.Namespace) -> Any:
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


def progress_bar() -> Progress:
    """Progress as one line on standard error; silent where nobody watches a terminal."""
    import time

    watched = sys.stderr.isatty()
    started: dict[str, float] = {}

    def show(stage: str, done: int, total: int) -> None:
        if not watched:
            return
        elapsed = time.monotonic() - started.setdefault(stage, time.monotonic())
        left = f", {elapsed / done * (total - done):.0f} s left" if 0 < done < total else ""
        bar = "#" * (30 * done // max(total, 1))
        end = "\n" if done >= total > 1 else ""
        print(f"\r{stage:<24} [{bar:<30}] {done}/{total}{left}\x1b[K", end=end, file=sys.stderr)

    return show


def write_result(result: Any, *, as_json: bool) -> None:
    """Print a table, list or dictionary for a person, or as JSON."""
    if isinstance(result, pd.DataFrame):
        if as_json:
            print(result.to_json(orient="records", date_format="iso"))
        else:
            print(plain(result.to_string(index=False)) if len(result) else "nothing found")
    elif as_json:
        print(json.dumps(result, default=str))
    elif isinstance(result, dict):
        for name, value in result.items():
            print(plain(f"{name:<18} {value}"))
    else:
        for line in result if isinstance(result, list) else [result]:
            print(plain(str(line)))


def _add_models(commands: Any) -> None:
    models = commands.add_parser("models", help="list models, fetch packs")
    actions = models.add_subparsers(required=True, metavar="ACTION")
    add_command(actions, "list", _list_models, "every model in the registry")
    fetch = add_command(actions, "fetch", _fetch_models, "get packs: weights that need no hub")
    fetch.add_argument("name", nargs="+", help="pack names, see `models list`")
    fetch.add_argument("--accept-terms", action="store_true", help="accept a pack's own terms")


def _list_models(arguments: argparse.Namespace, config: Config) -> pd.DataFrame:
    from lrd_core.models.packs import fetched_packs
    from lrd_core.models.specs import all_models

    fetched = set(fetched_packs(config))
    rows = [
        {
            "name": spec.name,
            "family": spec.family,
            "blocks": spec.num_blocks or "",
            "parameters": spec.parameters or "",
            "panels": " ".join(spec.panels),
            "weights": _weights(spec, fetched),
            "note": spec.note or ("custom code: refused unless allowed" * spec.custom_code),
        }
        for spec in all_models()
    ]
    return pd.DataFrame(rows)


def _weights(spec: Any, fetched: set[str]) -> str:
    if spec.pack is None:
        return "hub"
    return "here" if spec.pack in fetched else "pack: models fetch"


def _fetch_models(arguments: argparse.Namespace, config: Config) -> dict[str, str]:
    from lrd_core.models.packs import fetch_pack

    return {
        name: str(
            fetch_pack(name, config, accept_terms=arguments.accept_terms, progress=progress_bar())
        )
        for name in arguments.name
    }


def _add_tasks(commands: Any) -> None:
    tasks = commands.add_parser("tasks", help="list tasks, fetch data that wheels leave out")
    actions = tasks.add_subparsers(required=True, metavar="ACTION")
    add_command(actions, "list", _list_tasks, "every task in the registry")
    fetch = add_command(actions, "fetch", _fetch_tasks, "get a source archive that holds data")
    fetch.add_argument("name", choices=["vader"], help="rated sentiment sets, 2.5 MB, MIT")


def _list_tasks(arguments: argparse.Namespace, config: Config) -> pd.DataFrame:
    from lrd_core.tasks import all_tasks, broken_tasks

    for name, fault in broken_tasks().items():
        print(plain(f"left out: {name}: {fault}"), file=sys.stderr)
    columns = ["name", "type", "source", "revision", "licence", "description"]
    return pd.DataFrame([asdict(spec) for spec in all_tasks()])[columns]


def _fetch_tasks(arguments: argparse.Namespace, config: Config) -> dict[str, str]:
    from lrd_core.tasks.packages import VADER_SDIST, fetch_sdist

    return {arguments.name: str(fetch_sdist(VADER_SDIST, config))}


def _add_run(commands: Any) -> None:
    from lrd_core.jobs.commands import add_engine_options

    run = add_command(commands, "run", _run, "compute metrics of models on tasks")
    run.add_argument("--model", action="append", required=True, help="name, hub id or folder")
    run.add_argument("--task", action="append", required=True, help="name, folder or MTEB name")
    run.add_argument(
        "--metrics",
        default="lrd,lbl",
        help="groups (lrd, lbl, companion, all) or names; NAME:published, NAME:alpha=2",
    )
    add_run_settings(run)
    add_engine_options(run)


def _run(arguments: argparse.Namespace, config: Config) -> Any:
    from lrd_core.jobs.commands import run_elsewhere, wants_elsewhere

    if wants_elsewhere(arguments):
        return run_elsewhere(arguments, config)
    from lrd_core.runs import RunRequest
    from lrd_core.runs.execute import execute_run

    metrics = tuple(arguments.metrics.split(","))
    reports = []
    for model in arguments.model:
        for task in arguments.task:
            report = execute_run(
                RunRequest(model, task, metrics, run_settings(arguments)),
                config=config,
                device=arguments.device,
                progress=progress_bar(),
                allow_code=frozenset(arguments.allow_code),
            )
            reports.append(report)
    if arguments.json:
        return [report.to_json() for report in reports]
    return [_describe(report) for report in reports]


def _describe(report: Any) -> str:
    where = f"{report.model} on {report.task} (n = {report.n} of {report.n_total})"
    if not report.computed:
        noted = "".join(f"; {note}" for note in report.notes)
        return f"{where}: everything was in the store already, nothing computed{noted}"
    gaps = f"; {len(report.missing)} gaps, e.g. {report.missing[0]}" if report.missing else ""
    return (
        f"{where}: computed {', '.join(report.computed)} in {report.seconds:.1f} s "
        f"({report.forward_seconds:.1f} s forward pass), "
        f"{len(report.cached)} already in the store{gaps}{unsaved_words(report)}"
        + "".join(f"; {n}" for n in report.notes)
    )


def unsaved_words(report: Any) -> str:
    """What a report says of work that the store does not have yet; "" for nothing."""
    from lrd_core.store.saving import KEPT

    return f"; {report.unsaved} pieces {KEPT}" if report.unsaved else ""


def _add_show(commands: Any) -> None:
    show = add_command(commands, "show", _show, "print stored values")
    show.add_argument("--model")
    show.add_argument("--task")
    show.add_argument("--metric", help="a metric or a series of one")


def _show(arguments: argparse.Namespace, config: Config) -> pd.DataFrame:
    from lrd_core.services.results import profiles

    table = profiles(config, variants=True)
    for column, wanted in (("model", arguments.model), ("task", arguments.task)):
        if wanted:
            table = table[table[column] == wanted]
    if arguments.metric:
        table = table[(table.metric == arguments.metric) | (table.series == arguments.metric)]
    columns = ["model", "task", "series", "variant", "position", "value", "low", "high", "n"]
    return table[[*columns, "reason"]]


def _add_export(commands: Any) -> None:
    export = add_command(
        commands, "export", _export, "write stored values to a file", with_json=False
    )
    export.add_argument("--to", required=True, type=Path, help="FILE.csv, .parquet or .json")
    export.add_argument("--model")
    export.add_argument("--task")
    export.add_argument("--metric")


def _export(arguments: argparse.Namespace, config: Config) -> str:
    from lrd_core.services.csv_text import csv_text
    from lrd_core.services.results import profiles

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
