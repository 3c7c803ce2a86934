"""Trials of one model on some tasks: which of them are shown, and what they say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from lrd_core.config import Config
from lrd_core.pruning.plan import BY_HAND, default_protect
from lrd_core.pruning.settings import TrialSettings
from lrd_core.pruning.summary import compare
from lrd_core.views import pruning
from lrd_core.views.command_text import prune_command
from lrd_core.views.pruning_findings import language_sentence, sentence
from lrd_core.views.pruning_samples import form_defaults, not_shown, one_sample, samples
from lrd_core.views.pruning_timing import timings


@dataclass(frozen=True)
class TrialForm:
    """What the form of a trial starts with.

    usual: how the trials on show were made. samples: those to choose between, none where each task
    was tried on one alone.
    """

    num_blocks: int
    usual: TrialSettings
    samples: tuple[str, ...] = ()

    def start(self, chosen: Mapping[str, Any]) -> TrialSettings:
        """What the other settings start with, once these are chosen."""
        indexing = chosen.get("indexing", self.usual.indexing)
        return replace(self.usual, protect=default_protect(indexing))


@dataclass(frozen=True)
class TrialsRequest:
    """Which trials to show.

    settings: the plans of these rules, budgets and options. sample: see pruning_samples; "" for
    the first that was tried.
    """

    model: str
    tasks: tuple[str, ...]
    settings: TrialSettings = field(default_factory=TrialSettings)
    sample: str = ""

    @property
    def asks_something(self) -> bool:
        """Whether it names a task, and a plan to try on it."""
        ruled = self.settings.rules and self.settings.budgets
        return bool(self.tasks and (ruled or self.settings.removed))


@dataclass(frozen=True)
class Tried:
    """Trials that fit a request.

    trials: all of the sample, opponents included. compared: rules' plans beside their opponents,
    those of the asked rules and budgets where there are any. every: the same of the asked rules at
    every budget. timed: of this model. sentence: what
    they say. note: what of these tasks is not drawn. command: what makes such trials.
    """

    request: TrialsRequest
    trials: pd.DataFrame
    compared: pd.DataFrame
    every: pd.DataFrame
    timed: pd.DataFrame
    sentence: str
    note: str
    command: str

    @property
    def budgets(self) -> list[float]:
        """Those of the compared plans."""
        return sorted(self.compared["budget"].dropna().unique())

    @property
    def timings(self) -> list[str]:
        """What times were taken under, the usual one first."""
        return list(timings(self.timed))


def form(config: Config, model: str, tasks: Sequence[str]) -> TrialForm:
    """What the form of a trial of this model on these tasks starts with.

    Raises: PruningError when the number of blocks is not known.
    """
    found = _of(pruning.trials(config), model, tasks)
    first = one_sample(found)
    named = samples(found)
    return TrialForm(
        num_blocks=pruning.block_count(config, model),
        usual=form_defaults(config, first, model),
        samples=() if named == samples(first) else tuple(named),
    )


def tried(config: Config, request: TrialsRequest) -> Tried:
    """The trials that fit a request; empty tables where there are none."""
    found = _of(pruning.trials(config), request.model, request.tasks)
    own = pruning.chosen_trials(found, request.settings, request.sample)
    every = compare(own)
    ruled = every[every["rule"].isin([*request.settings.rules, BY_HAND])]
    compared = _asked_for(every, request.settings)
    labels = pruning.rule_names()
    timed = pruning.latencies(config)
    said = (sentence(compared, labels), language_sentence(compared, labels))
    return Tried(
        request=request,
        trials=own,
        compared=compared,
        every=every if ruled.empty else ruled,
        timed=timed[timed["model"] == request.model],
        sentence=" ".join(said).strip(),
        note=not_shown(found, compared),
        command=prune_command([request.model], request.tasks, request.settings),
    )


def _of(trials: pd.DataFrame, model: str, tasks: Sequence[str]) -> pd.DataFrame:
    return trials[(trials["model"] == model) & trials["task"].isin(list(tasks))]


def _asked_for(compared: pd.DataFrame, settings: TrialSettings) -> pd.DataFrame:
    """Plans of the asked rules and budgets; all of them where that leaves none."""
    shown = compared[
        compared["rule"].isin([*settings.rules, BY_HAND])
        & (compared["budget"].isin(settings.budgets) | compared["budget"].isna())
    ]
    return compared if shown.empty else shown
