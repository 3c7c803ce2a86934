"""The questions of the Pruning page by name."""

from collections.abc import Mapping, Sequence
from typing import Any

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.views import pruning
from lrd_core.views.asking import Question, only
from lrd_core.views.pruning_costs import CostRequest, costs
from lrd_core.views.pruning_language import language
from lrd_core.views.pruning_plans import PlanRequest, plan, plans
from lrd_core.views.pruning_results import (
    MarginRequest,
    RegretRequest,
    ResultRequest,
    margins,
    regret,
    results,
)
from lrd_core.views.pruning_trials import TrialsRequest


def _tried(config: Config, models: Sequence[str], tasks: Sequence[str]) -> Mapping[str, Any]:
    """The named model and tasks, else those that the page shows first."""
    model = only(models, "model") or pruning.choices(config).model
    if model is None:
        raise InputError("no model is here to prune; python -m lrd_core models fetch gets one")
    return {"model": model, "tasks": tuple(tasks) or pruning.task_choices(config, model).first}


PRUNING_QUESTIONS: tuple[Question, ...] = (
    Question("plans", "blocks that each rule would remove", TrialsRequest, plans, _tried),
    Question("plan", "one plan on the score behind it", PlanRequest, plan, _tried),
    Question("pruning", "what pruning cost against random plans", ResultRequest, results, _tried),
    Question("margins", "rules against random plans over tasks", MarginRequest, margins, _tried),
    Question("regret", "rules against the best subset", RegretRequest, regret, _tried),
    Question("language", "perplexity of pruned models", TrialsRequest, language, _tried),
    Question("costs", "times of pruned models", CostRequest, costs, _tried),
)
