"""Pruning work to be done: how much, how long, and where an exported model lies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lrd_core.config import Config
from lrd_core.jobs.devices import likely_accelerators
from lrd_core.jobs.estimate import (
    ALL_TEXTS,
    START_SECONDS,
    duration_text,
    measured_rates,
    question,
    rate_range,
)
from lrd_core.models.specs import known_model
from lrd_core.numbers import counted
from lrd_core.pruning.comparison import distinct_removals, opponents
from lrd_core.pruning.plan import Plan
from lrd_core.pruning.settings import TrialSettings
from lrd_core.views.pruning_preview import Preview
from lrd_core.views.written_folders import folder_name, written_folder

ASSUMED_TOKENS = 64
"""Mean length of a text of the offline tasks, long articles and short questions together."""


@dataclass(frozen=True)
class TrialEstimate:
    """Seconds that a trial takes here if the store has nothing of it, and what it may be as well.

    scope: what is tried on what. where: the device in words. basis: what the estimate rests on.
    """

    seconds: float
    low: float
    high: float
    scope: str
    where: str
    basis: str

    @property
    def question(self) -> str:
        """What is asked before it starts where it is long, else ""."""
        return question(self.scope, self.seconds, self.low, self.high, self.where)

    @property
    def sentence(self) -> str:
        """What stands beside the button."""
        return (
            f"{self.scope}: about {duration_text(self.seconds)} ({duration_text(self.low)} to "
            f"{duration_text(self.high)}) on {self.where}; {self.basis}"
        )


def estimate(
    config: Config, model: str, tasks: Sequence[str], settings: TrialSettings, variants: int
) -> TrialEstimate:
    """How long a trial will take here, with what that rests on.

    A variant costs about 0.6 of a forward pass, because prefixes are shared, and a third of a
    second in the evaluator; the full model runs twice; timing takes 60 passes of both models,
    twice for each of three sizes. The range is that of the speeds that were measured here, and a
    factor of three each way where too few were.
    """
    device = "cuda" if likely_accelerators() else "cpu"
    rates = measured_rates(config, device)["forward"]
    middle, slow, fast = rate_range(rates, device)
    operations = _operations_a_token(model)
    length = min(settings.max_length or ASSUMED_TOKENS, ASSUMED_TOKENS)
    passed = operations * (settings.n or ALL_TEXTS) * length
    passed *= len(tasks) * (3 + 0.6 * variants)
    if settings.latency:
        passed += 720 * operations * settings.batch * settings.length
    fixed = START_SECONDS + 0.3 * variants * len(tasks)
    return TrialEstimate(
        seconds=fixed + passed / middle,
        low=fixed + passed / fast,
        high=fixed + passed / slow,
        scope=f"{counted(variants, 'variant')} of {model} on {counted(len(tasks), 'task')}",
        where="the GPU" if device == "cuda" else "the CPU (no GPU here)",
        basis=f"speed of {counted(len(rates), 'run')} here"
        if rates
        else "a guess, nothing was measured here",
    )


def _operations_a_token(model: str) -> float:
    """Twice the parameters of the blocks: looking an embedding up costs nothing.

    A model that is not registered, such as a folder, counts as a base-sized one.
    """
    spec = known_model(model)
    depth, width = (spec and spec.num_blocks) or 12, (spec and spec.hidden_size) or 768
    blocks = 12 * depth * width**2
    return 2.0 * min((spec and spec.parameters) or blocks, blocks)


def count_variants(preview: Preview, settings: TrialSettings) -> int:
    """How many different sets of blocks a trial would score, the full model aside."""
    guided = preview.plans
    if not guided:
        return len(settings.rules) * len(settings.budgets)
    return len(distinct_removals((*guided, *opponents(guided, settings, preview.fixed))))


def trial_payload(
    models: Sequence[str], tasks: Sequence[str], settings: TrialSettings
) -> dict[str, Any]:
    """What a job of kind "prune" or "prune-plan" is given."""
    return {"models": list(models), "tasks": list(tasks), "settings": settings.to_json()}


def export_payload(model: str, task: str, settings: TrialSettings, plan: Plan) -> dict[str, Any]:
    """What a job of kind "prune-export" is given; the folder's name says what is missing."""
    gone = "-".join(map(str, plan.removed))
    return {
        "model": model,
        "task": task,
        "settings": settings.to_json(),
        "plan": plan.to_json(),
        "folder": folder_name(model, f"minus-{gone}"),
    }


def exported_folder(config: Config, payload: Mapping[str, Any]) -> Path | None:
    """Where an export lies, once it is complete."""
    return written_folder(config, payload, "pruning.json")
