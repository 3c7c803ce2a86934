"""The kinds "prune" (trials), "prune-plan" (calibrate only) and "prune-export" (write a model).

Payload of the first two: models, tasks (lists of names), settings (see TrialSettings.to_json);
one resumable unit for each model and task. Of the last: model, task, settings, plan (see
Plan.to_json) and folder, a name inside the exports folder.
"""

import time
from typing import Any

from lrd_core.jobs.context import JobContext
from lrd_core.jobs.units import Pair, each_unit, pairs_of
from lrd_core.models.loading import Loading
from lrd_core.pruning.export import export_folder, export_pruned, measured_record
from lrd_core.pruning.guided import make_guided_plans
from lrd_core.pruning.plan import Plan
from lrd_core.pruning.settings import TrialSettings
from lrd_core.pruning.subject import load_subject, with_own_length
from lrd_core.pruning.trial import execute_trials


def run_prune(payload: dict[str, Any], context: JobContext) -> None:
    """Try the plans on every model and task.

    Raises: InputError for unknown settings; JobError at the end if units failed.
    """
    settings = TrialSettings.from_json(payload["settings"])

    def work(pair: Pair) -> str:
        report = execute_trials(
            *pair,
            settings,
            config=context.config,
            loading=Loading(context.device),
            progress=context.progress,
        )
        return f"{report.scored} variants scored, {report.known} were there"

    each_unit(context, pairs_of(payload), work)


def run_plan(payload: dict[str, Any], context: JobContext) -> None:
    """Calibrate every model on every task as far as the rules need it; runs no trial."""
    settings = TrialSettings.from_json(payload["settings"])

    def work(pair: Pair) -> str:
        subject = load_subject(
            *pair,
            settings,
            context.config,
            loading=Loading(context.device),
            progress=context.progress,
        )
        plans, _ = make_guided_plans(subject, context.config, context.progress)
        return f"{len(plans)} plans"

    each_unit(context, pairs_of(payload), work)


def run_export(payload: dict[str, Any], context: JobContext) -> None:
    """Write the pruned model of a plan into the exports folder.

    Raises: InputError for a folder name with a path in it, or one that is taken.
    """
    started = time.monotonic()
    for name in context.remaining([payload["folder"]]):
        folder = export_folder(context.config, name)
        subject = load_subject(
            payload["model"],
            payload["task"],
            TrialSettings.from_json(payload["settings"]),
            context.config,
            loading=Loading("cpu"),
            progress=context.progress,
        )
        plan = Plan.from_json(payload["plan"])
        context.progress("writing the model", 0, 1)
        export_pruned(
            with_own_length(subject.loaded),
            plan,
            folder,
            normalise=subject.normalise,
            causal=subject.causal,
            record=measured_record(subject, plan, context.config),
        )
        context.finish_unit(name, time.monotonic() - started, str(folder))
