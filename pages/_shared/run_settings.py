"""The settings of a run as a form, made from their declaration."""

from typing import Any

import streamlit as st

from lrd_core.settings import ASKED, RunSettings, Setting
from pages._shared import state


def choose() -> RunSettings:
    """Every setting with its default explained; each is part of a result's identity."""
    with st.expander("Settings", key="run_settings"):
        wide = [one for one in ASKED if _has_buttons(one)]
        rest = [one for one in ASKED if not _has_buttons(one)]
        chosen = {one.name: _draw(one) for one in wide}
        half = len(rest) // 2
        for column, part in zip(st.columns(2), (rest[:half], rest[half:]), strict=True):
            with column:
                chosen |= {one.name: _draw(one) for one in part}
    return RunSettings(**{one.name: one.parse(chosen[one.name]) for one in ASKED})


def _has_buttons(setting: Setting) -> bool:
    """Numbers are short enough to stand side by side."""
    return setting.kind is int and bool(setting.choices)


def _draw(setting: Setting) -> Any:
    key = f"run_{setting.link or setting.name}"
    shared: dict[str, Any] = {"key": key, "help": setting.help}
    if setting.choices:
        # No widget offers None: what is left open is 0 or an empty text there.
        nothing = setting.kind()
        return state.choose_one(
            setting.label,
            [nothing if choice is None else choice for choice in setting.choices],
            default=nothing if setting.default is None else setting.default,
            show=lambda choice: setting.caption(choice or None),
            list_box=not _has_buttons(setting),
            **shared,
        )
    if setting.kind is int:
        low, high = setting.bounds
        return st.number_input(
            setting.label, low, high, setting.default, placeholder=setting.left_open, **shared
        )
    return st.text_input(setting.label, setting.default, placeholder=setting.left_open, **shared)
