"""`prune`: plan which blocks to remove, try it, write the pruned model."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lrd_core.cli.options import add_allow_code, add_command, add_models_and_tasks
from lrd_core.cli.output import progress_bar
from lrd_core.config import Config
from lrd_core.disk import saying_what_is_refused
from lrd_core.errors import InputError
from lrd_core.numbers import percent
from lrd_core.pruning.comparison import (
    DEFAULT_BUDGETS,
    DEFAULT_RULES,
    TrialSettings,
    check_one_plan,
    check_settings,
)


def add_to(commands: Any) -> None:
    """Add `prune` to the command line."""
    prune = add_command(commands, "prune", _prune, "remove blocks and measure what it costs")
    add_models_and_tasks(prune)
    _add_plan_options(prune)
    _add_trial_options(prune)
    prune.add_argument("--plan-only", action="store_true", help="show the plans, run no trial")
    prune.add_argument("--export", type=Path, metavar="DIR", help="write the only plan's model")
    add_allow_code(prune)


def _add_plan_options(prune: argparse.ArgumentParser) -> None:
    shares = ", ".join(map(str, DEFAULT_BUDGETS))
    prune.add_argument("--rule", action="append", help=f"default {', '.join(DEFAULT_RULES)}")
    prune.add_argument(
        "--budget", action="append", type=float, help=f"share of candidates (default {shares})"
    )
    prune.add_argument("--remove", help="blocks to remove by hand, such as 3,4")
    prune.add_argument("--protect", type=int, help="blocks kept at each end (1; published: 3)")
    prune.add_argument("--indexing", choices=["block", "published"], default="block")
    prune.add_argument("--select", choices=["top-m", "window", "greedy", "exhaustive"])
    prune.add_argument("--seeds", type=int, default=20, help="random plans a size (default 20)")
    prune.add_argument("--all-subsets", type=int, default=64, help="try all where no more than")


def _add_trial_options(prune: argparse.ArgumentParser) -> None:
    prune.add_argument("--n", type=int, default=300, help="rows evaluated (default 300; 0 all)")
    prune.add_argument("--calibration-n", type=int, default=128, help="texts (default 128)")
    prune.add_argument("--language-texts", type=int, default=32, help="for perplexity (32)")
    prune.add_argument("--seed", type=int, default=0)
    prune.add_argument("--max-length", type=int, help="tokens a text is cut at")
    prune.add_argument("--dtype", default="auto", help="auto, float32, bfloat16, float16")
    prune.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")
    prune.add_argument("--batch", type=int, default=8, help="texts a timed batch (default 8)")
    prune.add_argument("--length", type=int, default=64, help="tokens a timed text (default 64)")
    prune.add_argument("--no-latency", action="store_true", help="leave the timing out")


def settings_of(arguments: argparse.Namespace) -> TrialSettings:
    """TrialSettings from the options of `prune`. Raises: InputError for unreadable blocks."""
    removed = _blocks(arguments.remove) if arguments.remove else ()
    rules = tuple(arguments.rule or (() if removed else DEFAULT_RULES))
    return TrialSettings(
        rules=rules,
        budgets=tuple(arguments.budget or DEFAULT_BUDGETS),
        protect=arguments.protect,
        indexing=arguments.indexing,
        selection=arguments.select,
        seeds=arguments.seeds,
        removed=removed,
        subset_limit=arguments.all_subsets,
        n=arguments.n or None,
        calibration_n=arguments.calibration_n,
        seed=arguments.seed,
        max_length=arguments.max_length,
        dtype=arguments.dtype,
        language_texts=arguments.language_texts,
        latency=not arguments.no_latency,
        batch=arguments.batch,
        length=arguments.length,
    )


def _prune(arguments: argparse.Namespace, config: Config) -> Any:
    settings = settings_of(arguments)
    pairs = [(model, task) for model in arguments.model for task in arguments.task]
    if arguments.export and len(pairs) > 1:
        raise InputError("--export writes one model: name one --model and one --task")
    check_settings(settings)
    if arguments.export:
        from lrd_core.pruning.export import check_target

        check_one_plan(settings)
        check_target(arguments.export)
    lines: list[Any] = []
    for model, task in pairs:
        if arguments.plan_only:
            lines += _plans(model, task, settings, arguments, config)
        else:
            lines.append(_trial(model, task, settings, arguments, config))
    if arguments.export:
        lines.append(_export(*pairs[0], settings, arguments, config))
    return lines if arguments.json else [str(line) for part in lines for line in _worded(part)]


def _plans(
    model: str, task: str, settings: TrialSettings, arguments: argparse.Namespace, config: Config
) -> list[dict[str, Any]]:
    from lrd_core.pruning.subject import load_subject
    from lrd_core.pruning.trial import make_guided_plans

    subject = load_subject(
        model,
        task,
        settings,
        config,
        device=arguments.device,
        allow_code=arguments.allow_code,
        progress=progress_bar(),
    )
    return [plan.to_json() for plan in make_guided_plans(subject, config, progress_bar())[0]]


def _trial(
    model: str, task: str, settings: TrialSettings, arguments: argparse.Namespace, config: Config
) -> dict[str, Any]:
    from lrd_core.pruning.trial import execute_trials
    from lrd_core.views.pruning_findings import result_of

    report = execute_trials(
        model,
        task,
        settings,
        config=config,
        device=arguments.device,
        progress=progress_bar(),
        allow_code=arguments.allow_code,
    )
    return result_of(config, report.to_json())


def _export(
    model: str, task: str, settings: TrialSettings, arguments: argparse.Namespace, config: Config
) -> dict[str, Any]:
    from lrd_core.pruning.export import export_only_plan

    with saying_what_is_refused(arguments.export):
        folder = export_only_plan(
            model,
            task,
            settings,
            arguments.export,
            config,
            device=arguments.device,
            allow_code=arguments.allow_code,
            progress=progress_bar(),
        )
    return {"exported": str(folder)}


def _blocks(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.replace(",", " ").split())
    except ValueError as error:
        raise InputError(f"--remove {text!r} is no list of blocks; write 3,4") from error


def _worded(part: dict[str, Any]) -> Iterator[str]:
    if "removed" in part:
        m, count = part["m"], part["num_blocks"]
        budget = f" at {percent(part['budget'])}" if part["budget"] is not None else ""
        yield f"{part['model']} {part['rule']}{budget}: m / L = {m} / {count}, removes blocks " + (
            ", ".join(map(str, part["removed"]))
        )
        yield from (f"  {note}" for note in part["notes"])
    elif "exported" in part:
        yield f"written to {part['exported']}"
    else:
        yield part["sentence"]
        yield from (f"  {line}" for line in part["lines"])
