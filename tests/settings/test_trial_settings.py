"""What is made from the declaration of a trial's setting: option, widget, command, key, line.

Every test runs once for each setting that is declared, so one that is added later is covered.
"""

import json
import shlex
from argparse import Namespace
from dataclasses import fields, replace
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from lrd_core.cli import build_parser
from lrd_core.cli.prune import settings_of
from lrd_core.config import PROJECT_DIR
from lrd_core.demo.recipe import OTHER_MODELS
from lrd_core.errors import InputError
from lrd_core.pruning.settings import TRIAL_SETTINGS, TrialSettings, check_settings
from lrd_core.settings import Setting, described
from lrd_core.store.keys import canonical_json
from lrd_core.store.trials import TrialRow
from lrd_core.views.command_text import prune_command
from lrd_core.views.pruning_findings import trial_provenance
from lrd_core.views.pruning_trials import TrialForm
from tests.pruning.trial_table import example_trials

USUAL = TrialSettings(max_length=128)
"""The form cannot leave the length open."""


def another(setting: Setting) -> Any:
    """A value that can be asked for and is not the default."""
    value = setting.default
    if setting.listed:
        return tuple(setting.choices[-2:]) or (1, 2)
    if setting.kind is bool:
        return not value
    offered = [choice for choice in setting.choices if choice not in (None, value)]
    return offered[-1] if offered else (value or setting.bounds[0]) + setting.step


def asked(setting: Setting) -> TrialSettings:
    return replace(USUAL, **{setting.name: another(setting)})


def each(settings: Any = TRIAL_SETTINGS) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("setting", settings, ids=lambda setting: setting.name)


def parsed(line: str) -> Namespace:
    return build_parser().parse_args(shlex.split(line)[3:])


def test_every_field_is_declared() -> None:
    assert [one.name for one in TRIAL_SETTINGS] == [one.name for one in fields(TrialSettings)]
    (rules,) = (one for one in TRIAL_SETTINGS if one.name == "rules")
    assert "gfmi" in rules.choices and "random" not in rules.choices
    links = [one.link or one.name for one in TRIAL_SETTINGS]
    assert len(set(links)) == len(links)


@each()
def test_it_says_what_it_is(setting: Setting) -> None:
    assert setting.label and setting.help.endswith(".")
    assert setting.said.count("{}") == 1
    assert set(setting.captions) <= {*setting.choices, "random", "random-protected"}
    assert not (setting.added_later and setting.plain is None)


@each()
def test_it_is_an_option_that_the_copied_command_gives(setting: Setting) -> None:
    line = prune_command(["m"], ["t"], asked(setting))
    assert f"--{(setting.flag or setting.name).replace('_', '-')}" in line
    assert settings_of(parsed(line)) == asked(setting)
    assert settings_of(parsed("python -m lrd_core prune --model m --task t")) == TrialSettings()


@each([one for one in TRIAL_SETTINGS if one.zero_is_open])
def test_nothing_is_asked_for_by_zero(setting: Setting) -> None:
    open_ = replace(USUAL, **{setting.name: None})
    assert settings_of(parsed(prune_command(["m"], ["t"], open_))) == open_


@each()
def test_a_job_is_given_it(setting: Setting) -> None:
    assert TrialSettings.from_json(asked(setting).to_json()) == asked(setting)


@each([one for one in TRIAL_SETTINGS if one.closed])
def test_a_value_that_is_no_choice_is_named_with_those_that_are(setting: Setting) -> None:
    wrong = replace(USUAL, **{setting.name: "best"})
    with pytest.raises(InputError, match=f"no {setting.label.lower()} 'best'; choose one of"):
        check_settings(wrong)


def form(usual):
    import streamlit as st

    from lrd_core.views.pruning_trials import TrialForm
    from pages._pruning import controls
    from pages._shared import state

    state.begin()
    st.session_state["chosen"] = controls.choose_settings(TrialForm(6, usual))


@each()
def test_it_is_a_widget_of_the_form(setting: Setting) -> None:
    app = AppTest.from_function(form, default_timeout=60, kwargs={"usual": USUAL}).run()
    start = TrialForm(6, USUAL).start({})
    assert app.session_state["chosen"] == start
    widgets = [*app.multiselect, *app.selectbox, *app.slider, *app.toggle, *app.button_group]
    (widget,) = [one for one in widgets if one.key == (setting.link or setting.name)]
    assert (widget.label, widget.help) == (setting.label, setting.help)
    value = another(setting)
    widget.set_value(list(value) if setting.listed else value).run()
    assert not app.exception
    assert getattr(app.session_state["chosen"], setting.name) == value


def test_the_form_keeps_as_many_blocks_as_the_indexing_does() -> None:
    form = TrialForm(6, USUAL)
    assert form.start({}).protect == 1
    assert form.start({"indexing": "published"}).protect == 3


@each()
def test_the_key_names_it_where_it_changes_the_numbers_and_nowhere_else(setting: Setting) -> None:
    assert (setting.name in described(USUAL)) == setting.changes_numbers
    assert (described(asked(setting)) != described(USUAL)) == setting.changes_numbers


@each([one for one in TRIAL_SETTINGS if one.changes_numbers and one.name != "n"])
def test_the_provenance_of_trials_that_differ_in_it_differs(setting: Setting) -> None:
    def line(*settings: TrialSettings) -> str:
        rows = [
            vars(replace(row, settings=canonical_json(described(one))))
            for one in settings
            for row in example_trials()
        ]
        return trial_provenance(pd.DataFrame(rows), pd.DataFrame())

    other = asked(setting)
    assert len({line(USUAL), line(other), line(USUAL, other)}) == 3


def test_the_keys_of_the_bundled_trials_hold() -> None:
    """Each row's key follows from its columns, whose settings name what is declared and no more."""
    kept = pd.read_parquet(PROJECT_DIR / "data" / "demo" / "trials.parquet")
    assert len(kept) > 100
    names = [field.name for field in fields(TrialRow)]
    plain = kept[names].astype(object).where(kept[names].notna(), None)
    for row, key in zip(plain.to_dict("records"), kept["trial_key"], strict=True):
        row["removed"] = tuple(int(block) for block in row["removed"])
        row["seed"] = None if row["seed"] is None else int(row["seed"])
        assert TrialRow(**row).key == key
    came_to = {"max_length", "pooling", "dtype", "normalised", "evaluation", "trial"}
    read_otherwise = kept["model"].isin(OTHER_MODELS)
    for reads_no_texts, rows in kept.groupby(read_otherwise):
        also = {"reading"} if reads_no_texts else set()
        for text in rows["settings"].unique():
            assert set(json.loads(text)) - {"similarity"} == {*described(USUAL), *came_to, *also}
