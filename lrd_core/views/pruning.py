"""What there is to prune and what was tried: models, tasks, rules, trials of the store."""

from contextlib import suppress
from dataclasses import dataclass

import pandas as pd

from lrd_core.config import Config
from lrd_core.errors import InputError, LrdError, PruningError
from lrd_core.models.specs import all_models, find_model
from lrd_core.pruning.comparison import EVERY_SUBSET
from lrd_core.pruning.plan import BY_HAND, default_protect
from lrd_core.pruning.rules import all_rules, find_rule
from lrd_core.pruning.settings import DEFAULT_RULES, TrialSettings
from lrd_core.pruning.summary import chosen_options
from lrd_core.store.connection import connect
from lrd_core.store.latencies import read_latencies
from lrd_core.store.trials import models_by_trials, models_seen, read_trials, stored_block_count
from lrd_core.tasks import all_tasks
from lrd_core.views.item_words import can_read
from lrd_core.views.pruning_samples import one_sample


@dataclass(frozen=True)
class PruningChoices:
    """What there is to choose from. model: the one shown first, None where there are none."""

    models: tuple[str, ...]
    model: str | None


@dataclass(frozen=True)
class TaskChoices:
    """Tasks that give a score, tried ones first, and those shown first."""

    tasks: tuple[str, ...]
    first: tuple[str, ...]


def choices(config: Config) -> PruningChoices:
    """Models to choose from."""
    models = prunable_models(config)
    first = next(iter([*pruned_models(config), *models]), None)
    return PruningChoices(tuple(models), first)


def task_choices(config: Config, model: str) -> TaskChoices:
    """Tasks for a model: those that it was tried on, else the first of all."""
    every = trials(config)
    tried = list(dict.fromkeys(every.loc[every["model"] == model, "task"]))
    offered = list(dict.fromkeys([*tried, *scorable_tasks(model)]))
    return TaskChoices(tuple(offered), tuple(tried or offered[:1]))


def trials(config: Config) -> pd.DataFrame:
    """Every trial of the store."""
    with connect(config, read_only=True) as connection:
        return read_trials(connection)


def chosen_trials(trials: pd.DataFrame, settings: TrialSettings, sample: str = "") -> pd.DataFrame:
    """Trials of plans made with the protection, indexing and selection of these settings.

    For each model and task only those of one sample, see `pruning_samples.one_sample`.
    """
    protect = default_protect(settings.indexing) if settings.protect is None else settings.protect
    fitting = chosen_options(trials, settings.indexing, protect, settings.selection)
    return one_sample(fitting, sample)


def pruned_models(config: Config) -> list[str]:
    """Models that blocks were removed from, those with the most subsets tried first."""
    with connect(config, read_only=True) as connection:
        return models_by_trials(connection, first_by=EVERY_SUBSET)


def latencies(config: Config) -> pd.DataFrame:
    """Every timed pair of full and pruned model."""
    with connect(config, read_only=True) as connection:
        return read_latencies(connection)


def rule_names() -> dict[str, str]:
    """Rules to choose from, with what they are called on the page; random ones always run."""
    return {rule.name: rule.label for rule in all_rules() if not rule.seeded}


def rule_labels() -> dict[str, str]:
    """Every rule and plans by hand with their labels, those that are usually tried first."""
    names = rule_names()
    return {rule: rule_label(rule) for rule in dict.fromkeys([*DEFAULT_RULES, *names, BY_HAND])}


def rule_label(name: str) -> str:
    """A rule's label, or the name of what is no rule."""
    try:
        return find_rule(name).label
    except InputError:
        return name.capitalize()


def prunable_models(config: Config) -> list[str]:
    """Models to offer: those with trials or runs first, then the packs that are here."""
    with connect(config, read_only=True) as connection:
        seen = models_seen(connection)
    packs = [spec.name for spec in all_models() if spec.pack and _is_here(config, spec.pack)]
    return list(dict.fromkeys([*seen, *packs]))


def scorable_tasks(model: str) -> list[str]:
    """Tasks of what the model reads that give a score, offline ones first."""
    return [spec.name for spec in all_tasks() if spec.evaluable and can_read(model, spec)]


def block_count(config: Config, model: str) -> int:
    """How many blocks a model has, from the store or the registry.

    Raises: PruningError when neither knows.
    """
    with connect(config, read_only=True) as connection:
        count = stored_block_count(connection, model)
    if count is None:
        with suppress(LrdError):
            count = find_model(model).num_blocks
    if not count:
        raise PruningError(f"the number of blocks of {model} is not known yet; calibrate it first")
    return count


def _is_here(config: Config, pack: str) -> bool:
    return pack == "all-MiniLM-L6-v2" or (config.packs_dir / pack).is_dir()
