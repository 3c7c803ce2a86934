"""`run`: metrics of models on tasks, here and now, in the background or on a Ray cluster."""

import argparse
from typing import TYPE_CHECKING, Any

from lrd_core.cli.options import (
    add_command,
    add_models_and_tasks,
    add_run_settings,
    loading_of,
    run_settings,
)
from lrd_core.cli.output import progress_bar, unsaved_words
from lrd_core.config import Config
from lrd_core.errors import JobError
from lrd_core.numbers import decimals
from lrd_core.settings import USUAL_TOKEN_TEXTS

if TYPE_CHECKING:
    from lrd_core.runs import RunReport, RunRequest


def add_to(commands: Any) -> None:
    """Add `run` to the command line."""
    run = add_command(commands, "run", _run, "compute metrics of models on tasks")
    add_models_and_tasks(run)
    run.add_argument(
        "--metrics",
        default="lrd,lbl",
        help="groups (lrd, lbl, companion, all) or names; NAME:published, NAME:alpha=2",
    )
    run.add_argument(
        "--token-texts",
        type=int,
        default=USUAL_TOKEN_TEXTS,
        metavar="N",
        help="texts whose tokens are measured, a seeded sample of the run's; 0: all (default "
        f"{USUAL_TOKEN_TEXTS})",
    )
    add_run_settings(run)
    _add_engine_options(run)


def _add_engine_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--detach", action="store_true", help="queue it and return at once")
    parser.add_argument("--priority", type=int, default=0, help="in the queue, higher goes first")
    parser.add_argument("--engine", choices=["local", "ray"], default="local", help="default local")
    parser.add_argument("--address", help="a running Ray cluster; none: one on this machine")
    parser.add_argument("--dry-run", action="store_true", help="print the plan, start nothing")


def _run(arguments: argparse.Namespace, config: Config) -> Any:
    if arguments.dry_run:
        return _plan(arguments, config)
    if arguments.detach:
        return _queue(arguments, config)
    if arguments.engine == "ray":
        return _run_on_ray(arguments, config)
    return _run_here(arguments, config)


def _run_here(arguments: argparse.Namespace, config: Config) -> Any:
    from lrd_core.runs.execute import execute_run

    reports = [
        execute_run(request, config=config, loading=loading_of(arguments), progress=progress_bar())
        for request in _requests(arguments)
    ]
    if arguments.json:
        return [report.to_json() for report in reports]
    return [_describe(report) for report in reports]


def _plan(arguments: argparse.Namespace, config: Config) -> Any:
    import pandas as pd

    from lrd_core.jobs.engine import plan_units

    on_ray = arguments.engine == "ray"
    device = "cuda" if on_ray else None
    plan = plan_units(config, _requests(arguments), gpus=on_ray, device=device)
    return pd.DataFrame([unit.row() for unit in plan])


def _queue(arguments: argparse.Namespace, config: Config) -> dict[str, Any]:
    from lrd_core.actions.work import start_run

    config.refuse_read_only("compute")
    job = start_run(
        config,
        arguments.model,
        arguments.task,
        _metrics(arguments),
        run_settings(arguments),
        allow_code=arguments.allow_code,
        priority=arguments.priority,
        wants="cpu" if arguments.device == "cpu" else "auto",
    )
    return {"job": job.id, "state": job.state.value, "log": job.log_path}


def _run_on_ray(arguments: argparse.Namespace, config: Config) -> Any:
    """Raises: JobError if units failed on the cluster, naming them."""
    import pandas as pd

    from lrd_core.jobs.engine import run_on_ray

    config.refuse_read_only("compute")
    results = run_on_ray(
        config,
        _requests(arguments),
        address=arguments.address,
        allow_code=arguments.allow_code,
        progress=progress_bar(),
    )
    failed = [f"{result.name}: {result.error}" for result in results if result.error]
    if failed:
        raise JobError(f"{len(failed)} of {len(results)} failed: " + "; ".join(failed))
    return pd.DataFrame(
        [{"unit": result.name, "rows": sum(result.added.values())} for result in results]
    )


def _requests(arguments: argparse.Namespace) -> "list[RunRequest]":
    from lrd_core.runs import RunRequest

    settings = run_settings(arguments)
    return [
        RunRequest(model, task, _metrics(arguments), settings)
        for model in arguments.model
        for task in arguments.task
    ]


def _metrics(arguments: argparse.Namespace) -> tuple[str, ...]:
    from lrd_core.runs.request import with_token_texts

    return with_token_texts(arguments.metrics.split(","), arguments.token_texts)


def _describe(report: "RunReport") -> str:
    where = f"{report.model} on {report.task} (n = {report.n} of {report.n_total})"
    if not report.computed:
        noted = "".join(f"; {note}" for note in report.notes)
        return f"{where}: everything was in the store already, nothing computed{noted}"
    gaps = f"; {len(report.missing)} gaps, e.g. {report.missing[0]}" if report.missing else ""
    return (
        f"{where}: computed {', '.join(report.computed)} in {decimals(report.seconds, 1)} s "
        f"({decimals(report.forward_seconds, 1)} s forward pass), "
        f"{len(report.cached)} already in the store{gaps}{unsaved_words(report)}"
        + "".join(f"; {n}" for n in report.notes)
    )
