"""The selection of the side bar, the same on every page: models, tasks, settings of their runs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from lrd_core.settings import find_setting
from lrd_core.views.offered import Offered
from lrd_core.views.view import Selection
from pages._shared import state

OWN = "each model's own"
"""Of a setting that is not fixed for all models."""


def choose(
    offered: Offered,
    pick: Callable[..., list[str]] | None = None,
    sides: Sequence[str] | None = None,
) -> Selection:
    """Draw the global selection (app.py does, in the sidebar) and remember it for the page.

    pick: draws a list of names, taking what choose_many takes. sides: two models that are chosen
    elsewhere, beside each other.
    """
    if not offered.models:
        st.caption("Models and tasks can be chosen here once there are results of them.")
        state.select(Selection(), sides=False)
        return state.selection()
    pick = state.choose_many if pick is None else pick
    chosen_models = sides or pick(
        "Models",
        offered.models,
        key="models",
        default=offered.first_models,
        help="Which models the pages show. Each keeps its colour.",
    )
    chosen_tasks = pick("Tasks", offered.tasks, key="tasks", default=offered.first_tasks)
    settings = _fix_settings(offered.settings)
    chosen = Selection(tuple(chosen_models), tuple(chosen_tasks), settings, offered.models)
    state.select(chosen, sides=bool(sides))
    return chosen


def _fix_settings(ambiguous: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """A list for each setting that runs of one model and task differ in; rarely used, so folded.

    ambiguous: column of the runs -> the values there are.
    """
    settings: dict[str, Any] = {}
    if not ambiguous:
        return settings
    keys = [f"set_{column}" for column in ambiguous]
    fixed = any(st.session_state.get(key, st.query_params.get(key, OWN)) != OWN for key in keys)
    with st.expander("Run settings", expanded=fixed):
        st.caption("Some models were run in several ways; each list fixes one way for all.")
        for key, (column, values) in zip(keys, ambiguous.items(), strict=True):
            setting = find_setting(column)
            names = {setting.in_words(value): value for value in values}
            chosen = state.choose_one(setting.label, [OWN, *names], key=key, list_box=True)
            if chosen in names:
                settings[column] = names[chosen]
    return settings


def choose_usual(offered: Offered) -> None:
    """Give the global selection the models and the task that a first visitor sees."""
    state.move("models", list(offered.first_models))
    state.move("tasks", list(offered.first_tasks))
