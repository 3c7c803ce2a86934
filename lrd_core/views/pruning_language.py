"""What removing blocks does to a language model: perplexity and next-token agreement."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from lrd_core.config import Config
from lrd_core.pruning.plan import BY_HAND
from lrd_core.views import pruning
from lrd_core.views.pruning_findings import language_sentence
from lrd_core.views.pruning_trials import TrialsRequest, Tried, tried
from lrd_core.views.view import View

LANGUAGE_COLUMNS = [
    "task",
    "rule",
    "m",
    "num_blocks",
    "perplexity_full",
    "perplexity",
    "agreement",
    "divergence",
]


@dataclass(frozen=True)
class LanguageView(View):
    """Perplexity and agreement of language models: `table` is that of language_table."""

    labels: Mapping[str, str] = field(default_factory=dict)


def language(config: Config, request: TrialsRequest) -> LanguageView:
    """What the plans do to a language model. Empty for models that are none."""
    return language_of(tried(config, request))


def language_of(found: Tried) -> LanguageView:
    """The same of trials that are at hand."""
    labels = pruning.rule_names()
    return LanguageView(
        table=language_table(found.compared),
        sentence=language_sentence(found.compared, labels),
        command=found.command,
        labels={**labels, BY_HAND: BY_HAND},
    )


def language_table(compared: pd.DataFrame) -> pd.DataFrame:
    """One row a task, rule and number of removed blocks, in that order.

    compared: rows of `lrd_core.pruning.summary.compare`; those without a perplexity are left out.
    Several budgets that give the same plan are one row.
    """
    known = compared.loc[compared["perplexity"].notna(), LANGUAGE_COLUMNS]
    return (
        known.drop_duplicates(["task", "rule", "m"])
        .sort_values(["task", "rule", "m"], kind="stable")
        .reset_index(drop=True)
    )
