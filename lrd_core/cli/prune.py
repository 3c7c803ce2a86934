"""`prune`: plan which blocks to remove, try it, write the pruned model."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lrd_core.cli.options import (
    add_allow_code,
    add_command,
    add_models_and_tasks,
    add_setting,
    check_named,
    given,
    loading_of,
)
from lrd_core.cli.output import progress_bar
from lrd_core.config import Config
from lrd_core.disk import saying_what_is_refused
from lrd_core.errors import InputError
from lrd_core.models.specs import find_model
from lrd_core.models.told_blocks import told_blocks
from lrd_core.numbers import percent
from lrd_core.pruning.settings import TRIAL_SETTINGS, TrialSettings, check_one_plan, check_settings
from lrd_core.settings import find_setting


def add_to(commands: Any) -> None:
    """Add `prune` to the command line."""
    prune = add_command(commands, "prune", _prune, "remove blocks and measure what it costs")
    add_models_and_tasks(prune)
    for one in (*TRIAL_SETTINGS, find_setting("device")):
        add_setting(prune, one)
    prune.add_argument("--plan-only", action="store_true", help="show the plans, run no trial")
    prune.add_argument("--export", type=Path, metavar="DIR", help="write the only plan's model")
    add_allow_code(prune)


def settings_of(arguments: argparse.Namespace) -> TrialSettings:
    """TrialSettings from the options of `prune`. Raises: InputError for unreadable blocks."""
    found = given(arguments, TRIAL_SETTINGS)
    # Who names blocks and no rule wants no rule's plans beside them.
    alone = {"rules": ()} if "removed" in found else {}
    return TrialSettings(**alone | found)


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
    check_named(arguments)
    for model in arguments.model:
        check_settings(settings, told_blocks(find_model(model)))
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
    from lrd_core.pruning.guided import make_guided_plans
    from lrd_core.pruning.subject import load_subject

    subject = load_subject(
        model, task, settings, config, loading=loading_of(arguments), progress=progress_bar()
    )
    return [plan.to_json() for plan in make_guided_plans(subject, config, progress_bar())[0]]


def _trial(
    model: str, task: str, settings: TrialSettings, arguments: argparse.Namespace, config: Config
) -> dict[str, Any]:
    from lrd_core.pruning.trial import execute_trials
    from lrd_core.views.pruning_findings import result_of

    report = execute_trials(
        model, task, settings, config=config, loading=loading_of(arguments), progress=progress_bar()
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
            loading=loading_of(arguments),
            progress=progress_bar(),
        )
    return {"exported": str(folder)}


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
