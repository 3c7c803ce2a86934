"""Commands about background work: worker, jobs, estimate; and where `run` may run instead."""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd

from lrd_core.cli import add_command, progress_bar, run_settings
from lrd_core.config import Config
from lrd_core.errors import JobError
from lrd_core.jobs.estimate import duration_text, panel_estimate
from lrd_core.jobs.sweep import requests_of
from lrd_core.services import jobs as service


def add_commands(commands: Any) -> None:
    """Add worker, jobs and estimate to the command line."""
    worker = add_command(commands, "worker", _worker, "take jobs until idle", with_json=False)
    worker.add_argument("--idle", type=float, default=300.0, help="seconds without work (300)")
    _add_jobs(commands)
    estimate = add_command(commands, "estimate", _estimate, "time for the panel of 31 x 30")
    estimate.add_argument("--gpus", type=int, default=1, help="GPUs to spread it over (default 1)")
    estimate.add_argument("--n", type=int, default=1000, help="texts of each task (default 1000)")
    estimate.add_argument("--metrics", default="lrd,lbl", help="as for run (default lrd,lbl)")
    estimate.add_argument("--on", default="cuda", help="kind of device: cuda, mps, cpu")


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """Where `run` works: here, in the background, or on a Ray cluster; see `run_elsewhere`."""
    parser.add_argument("--detach", action="store_true", help="queue it and return at once")
    parser.add_argument("--priority", type=int, default=0, help="in the queue, higher goes first")
    parser.add_argument("--engine", choices=["local", "ray"], default="local", help="default local")
    parser.add_argument("--address", help="a running Ray cluster; none: one on this machine")
    parser.add_argument("--dry-run", action="store_true", help="print the plan, start nothing")


def wants_elsewhere(arguments: argparse.Namespace) -> bool:
    """Whether the options of `add_engine_options` ask for anything but working here and now."""
    return bool(arguments.detach or arguments.dry_run or arguments.engine == "ray")


def run_elsewhere(arguments: argparse.Namespace, config: Config) -> Any:
    """Queue the models and tasks of `arguments`, or run them on Ray; or only print the plan.

    Raises: JobError if units failed on the cluster, naming them.
    """
    from lrd_core.jobs.engine import plan_units, run_on_ray

    settings, metrics = run_settings(arguments), tuple(arguments.metrics.split(","))
    payload = service.run_payload(
        arguments.model, arguments.task, metrics, settings, arguments.allow_code
    )
    requests = requests_of(payload)
    if arguments.dry_run:
        on_ray = arguments.engine == "ray"
        plan = plan_units(config, requests, gpus=on_ray, device="cuda" if on_ray else None)
        return pd.DataFrame([unit.row() for unit in plan])
    config.refuse_read_only("compute")
    if arguments.detach:
        job = service.start_run(
            config,
            arguments.model,
            arguments.task,
            metrics,
            settings,
            allow_code=arguments.allow_code,
            priority=arguments.priority,
            wants="cpu" if arguments.device == "cpu" else "auto",
        )
        return {"job": job.id, "state": job.state.value, "log": job.log_path}
    results = run_on_ray(
        config,
        requests,
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


def _worker(arguments: argparse.Namespace, config: Config) -> None:
    from lrd_core.jobs.worker import Worker, serve

    config.refuse_read_only("work on jobs")
    serve(Worker(config, idle_s=arguments.idle))


def _add_jobs(commands: Any) -> None:
    jobs = commands.add_parser("jobs", help="watch, cancel and retry background work")
    actions = jobs.add_subparsers(required=True, metavar="ACTION")
    add_command(actions, "list", _list, "every job, newest first")
    for name, function, summary in (
        ("cancel", _cancel, "stop a job"),
        ("retry", _retry, "queue a job again that is over"),
        ("log", _log, "the end of a job's log"),
    ):
        add_command(actions, name, function, summary).add_argument("id", type=int)


def _list(arguments: argparse.Namespace, config: Config) -> pd.DataFrame:
    return service.jobs_table(config)


def _cancel(arguments: argparse.Namespace, config: Config) -> dict[str, Any]:
    job = service.cancel(config, arguments.id)
    return {"job": job.id, "state": job.state.value}


def _retry(arguments: argparse.Namespace, config: Config) -> dict[str, Any]:
    job = service.retry(config, arguments.id)
    return {"job": job.id, "state": job.state.value}


def _log(arguments: argparse.Namespace, config: Config) -> dict[str, str] | list[str]:
    job = service.job(config, arguments.id)
    text = service.log_tail(job, lines=200, config=config)
    if arguments.json:
        return {"path": str(Path(job.log_path)), "text": text}
    return text.splitlines()


def _estimate(arguments: argparse.Namespace, config: Config) -> dict[str, Any]:
    from lrd_core.settings import RunSettings

    metrics = tuple(arguments.metrics.split(","))
    settings = RunSettings(n=arguments.n)
    found = panel_estimate(
        config, arguments.gpus, device=arguments.on, metrics=metrics, settings=settings
    )
    return {
        "models x tasks": found.units,
        "texts": found.texts,
        "tokens": found.tokens,
        "gpus": arguments.gpus,
        "estimate": duration_text(found.seconds),
        "low": duration_text(found.low),
        "high": duration_text(found.high),
        "measured runs": found.measurements,
    }
