"""The controls of the Pruning page: what to prune, which plans, how a trial is made."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from lrd_core.pruning.settings import TRIAL_SETTINGS, TrialSettings
from lrd_core.settings import Setting
from lrd_core.views import pruning
from lrd_core.views.pruning import PruningChoices, TaskChoices
from lrd_core.views.pruning_samples import sample_words
from lrd_core.views.pruning_trials import TrialForm
from lrd_core.views.words import joined
from pages._shared import cache, state, widgets


def choose_subject(offered: PruningChoices) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A model, or the two that stand side by side, and the tasks that they are tried on."""
    with st.container(horizontal=True, vertical_alignment="top"):
        models = two_models(offered) or (
            state.choose_one(
                "Model", offered.models, key="prune_model", default=offered.model, list_box=True
            ),
        )
        possible: list[TaskChoices] = [cache.read(pruning.task_choices, one) for one in models]
        shared = [one for one in possible[0].first if one in possible[-1].first]
        tasks = state.choose_many(
            "Tasks",
            possible[0].tasks,
            key="prune_tasks",
            default=shared or possible[0].first,
            help="Scored with MTEB's own evaluators, full and pruned alike.",
        )
    return models, tuple(tasks)


def two_models(offered: PruningChoices) -> tuple[str, ...]:
    """A and B of the side bar where they stand side by side and both can be pruned; else none."""
    chosen = state.selection().models if state.side_by_side() else ()
    missing = [name for name in chosen if name not in offered.models]
    if missing:
        st.caption(widgets.plain(f"{joined(missing)} cannot be pruned here."))
    return () if missing else chosen


def choose_settings(form: TrialForm) -> TrialSettings:
    """Every setting of a trial, in the URL: the plans beside the picture, the rest in a list."""
    chosen: dict[str, Any] = {}
    blocks = range(form.num_blocks)
    with st.container(horizontal=True, vertical_alignment="bottom", key="pruning_controls"):
        for one in TRIAL_SETTINGS:
            if one.listed:
                chosen[one.name] = _choose_several(one, blocks)
        with st.popover("More", help="Protection, selection, sample, timing"):
            for one in TRIAL_SETTINGS:
                if not one.listed:
                    chosen[one.name] = _choose(one, getattr(form.start(chosen), one.name))
    return TrialSettings(**chosen)


def _choose_several(one: Setting, blocks: Sequence[int]) -> tuple[Any, ...]:
    """Values of a setting; of one that offers none, the blocks of the model."""
    return tuple(
        state.choose_many(
            one.label,
            one.choices or blocks,
            key=one.link or one.name,
            default=one.default,
            show=one.caption if one.choices else lambda block: f"block {block}",
            help=one.help,
        )
    )


def _choose(one: Setting, usual: Any) -> Any:
    key = one.link or one.name
    if one.kind is bool:
        return state.switch(one.label, key=key, default=usual, help=one.help)
    if one.choices:
        return state.choose_one(
            one.label,
            one.choices,
            key=key,
            default=usual,
            show=one.caption,
            help=one.help,
            list_box=len(one.choices) > 2,
        )
    low, high = one.bounds
    assert low is not None and high is not None
    return state.number(one.label, low, high, key=key, default=usual, step=one.step, help=one.help)


def choose_sample(form: TrialForm, settings: TrialSettings) -> str:
    """Which sample to show where some task was tried on several: the form's, or the first one."""
    if not form.samples:
        return ""
    return state.choose_one(
        "Trials on",
        form.samples,
        key="sample",
        default=sample_words(settings.n, settings.max_length),
        list_box=True,
        help="Tasks that were not tried on this sample show the first that they were.",
    )
