"""The controls of the Pruning page: what to prune, which plans, how a trial is made."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import streamlit as st

from lrd_core.numbers import percent
from lrd_core.pruning.comparison import DEFAULT_RULES, TrialSettings
from lrd_core.views import pruning
from lrd_core.views.pruning import PruningChoices, TaskChoices
from lrd_core.views.pruning_samples import FormDefaults
from lrd_core.views.pruning_trials import TrialForm
from pages._shared import cache, state

BUDGETS = (0.1, 0.15, 0.2, 0.25, 0.35, 0.5, 0.6, 0.75)
SELECTIONS: dict[Literal["top-m", "window", "greedy", "exhaustive"] | None, str] = {
    None: "the rule's own",
    "top-m": "top m",
    "window": "window",
    "greedy": "greedy",
    "exhaustive": "best subset",
}
INDEXING: dict[Literal["block", "published"], str] = {"block": "block", "published": "published"}


def choose_subject(offered: PruningChoices) -> tuple[str, tuple[str, ...]]:
    """A model and the tasks that it is tried on."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model = state.choose_one(
            "Model", offered.models, key="prune_model", default=offered.model, list_box=True
        )
        possible: TaskChoices = cache.read(pruning.task_choices, model)
        tasks = state.choose_many(
            "Tasks",
            possible.tasks,
            key="prune_tasks",
            default=possible.first,
            help="Scored with MTEB's own evaluators, full and pruned alike.",
        )
    return model, tuple(tasks)


def choose_settings(form: TrialForm, rules: Mapping[str, str]) -> TrialSettings:
    """Rules, budgets and the rarely used settings, all in the URL. rules: name -> label."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="pruning_controls"):
        plans = choose_plans(form.num_blocks, rules)
        with st.popover("More", help="Protection, selection, sample, timing"):
            return choose_trial(choose_options(plans), form.usual)


def choose_plans(num_blocks: int, rules: Mapping[str, str]) -> TrialSettings:
    """Which plans are tried: rules by budget, and blocks named by hand."""
    chosen = state.choose_many(
        "Rules",
        list(rules),
        key="rules",
        default=DEFAULT_RULES,
        show=rules.__getitem__,
        help="Random plans are always tried beside them, with and without the end blocks.",
    )
    budgets = state.choose_many(
        "Budgets",
        BUDGETS,
        key="budgets",
        default=BUDGETS[:3],
        show=percent,
        help="Share of the candidate blocks that is removed.",
    )
    removed = state.choose_many(
        "Remove by hand",
        range(num_blocks),
        key="remove",
        show=lambda b: f"block {b}",
        help="Any set of blocks: shown, tried and exported like a rule's plan.",
    )
    return TrialSettings(rules=tuple(chosen), budgets=tuple(budgets), removed=tuple(removed))


def choose_options(settings: TrialSettings) -> TrialSettings:
    """How rules make their plans."""
    indexing = state.choose_one(
        "Indexing",
        list(INDEXING),
        key="indexing",
        show=INDEXING.__getitem__,
        help="block: a block is scored by its own transition. published: by the layer "
        "of its number, one position off, as the authors did.",
    )
    first = 3 if indexing == "published" else 1
    protect = state.number("Blocks kept at each end", 0, 6, key="protect", default=first, step=1)
    selection = state.choose_one(
        "Selection", list(SELECTIONS), key="select", show=SELECTIONS.__getitem__, list_box=True
    )
    return replace(settings, indexing=indexing, protect=protect, selection=selection)


def choose_trial(settings: TrialSettings, usual: FormDefaults) -> TrialSettings:
    """How a trial measures. usual: how the trials on show were made."""
    n = state.number("Rows evaluated", 20, 1000, key="n", default=usual.n, step=10)
    texts = state.number("Calibration texts", 32, 512, key="texts", default=usual.texts, step=32)
    length = state.number("Tokens a text", 32, 512, key="tokens", default=usual.tokens, step=32)
    seeds = state.number("Random plans a size", 5, 40, key="seeds", default=20, step=5)
    return replace(settings, n=n, calibration_n=texts, max_length=length, seeds=seeds)


def choose_sample(form: TrialForm, settings: TrialSettings) -> str:
    """Which sample to show where some task was tried on several: the form's, or the first one."""
    if not form.samples:
        return ""
    return state.choose_one(
        "Trials on",
        form.samples,
        key="sample",
        default=f"{settings.n} rows, {settings.max_length} tokens",
        list_box=True,
        help="Tasks that were not tried on this sample show the first that they were.",
    )
