"""What is made from the declaration of a setting: its key, column, option, widget and so on.

Every test runs once for each setting that is declared, so one that is added later is covered.
"""

import shlex
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from streamlit.testing.v1 import AppTest

from lrd_core.cli import build_parser
from lrd_core.cli.options import run_settings
from lrd_core.config import PROJECT_DIR, Config
from lrd_core.evaluation.execute import score_settings
from lrd_core.models.load import LoadedModel
from lrd_core.models.pipeline import PLAIN, Pipeline
from lrd_core.models.specs import find_model
from lrd_core.models.tail_modules import Normalize
from lrd_core.runs import RunRequest
from lrd_core.settings import ASKED, SETTINGS, RunSettings, Setting, find_setting
from lrd_core.store import connect, run_key
from lrd_core.store.bundle import export_bundle, import_bundle
from lrd_core.store.keys import canonical_json
from lrd_core.store.reading import read_table
from lrd_core.store.runs import RUNS, RunRecord, save_run
from lrd_core.store.scores import ScoreRow
from lrd_core.views import coverage, line_words, lines
from lrd_core.views.command_text import commands_for_runs, run_command
from lrd_core.views.provenance import provenance_line
from tests.example_store import layer_scores
from tests.settings.values import BASE, GPT2, another, changed


def each(settings: Sequence[Setting]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("setting", settings, ids=lambda setting: setting.name)


def table(*rows: RunRecord | ScoreRow) -> pd.DataFrame:
    """Rows as the store gives them, the first one the oldest."""
    times = pd.date_range("2026-01-01", periods=len(rows))
    columns = [field.name for field in fields(RunRecord)] if not rows else None
    return pd.DataFrame([vars(row) for row in rows], columns=columns).assign(created_at=times)


def parsed(line: str) -> Namespace:
    return build_parser().parse_args(shlex.split(line)[3:])


@each(SETTINGS)
def test_it_says_what_it_is(setting: Setting) -> None:
    assert setting.label and setting.help.endswith(".")
    assert setting.said.count("{}") == 1
    assert set(setting.captions) <= set(setting.choices)
    assert not (setting.added_later and setting.plain is None)


@each(SETTINGS)
def test_the_key_changes_with_what_changes_numbers_and_with_nothing_else(setting: Setting) -> None:
    assert (run_key(changed(setting)) != run_key(BASE)) == setting.changes_numbers
    assert (setting.name in changed(setting).described()) == setting.changes_numbers


@each(SETTINGS)
def test_it_is_a_column_of_runs_that_a_bundle_keeps(
    setting: Setting, config: Config, tmp_path: Path
) -> None:
    with connect(Config(tmp_path / "other")) as connection:
        save_run(connection, changed(setting))
        export_bundle(connection, tmp_path / "bundle")
    with connect(config) as connection:
        import_bundle(connection, tmp_path / "bundle", source="import:other")
        (row,) = read_table(connection, RUNS).to_dict("records")
    assert row[setting.name] == another(setting)


@each(ASKED)
def test_it_is_an_option_of_every_command_that_embeds(setting: Setting) -> None:
    flag = f"--{setting.name.replace('_', '-')}={another(setting)}"
    for command in ("run", "scores"):
        words = [command, "--model=m", "--task=t"]
        asked = run_settings(build_parser().parse_args([*words, flag]))
        assert asked == RunSettings(**{setting.name: another(setting)})
        assert run_settings(build_parser().parse_args(words)) == RunSettings()


def form() -> None:
    import streamlit as st

    from pages._shared import run_settings

    st.session_state["chosen"] = run_settings.choose()


@each(ASKED)
def test_it_is_a_widget_of_the_launch_form(setting: Setting) -> None:
    app = AppTest.from_function(form, default_timeout=60).run()
    assert app.session_state["chosen"] == RunSettings()
    key = f"run_{setting.link or setting.name}"
    widgets = [*app.selectbox, *app.number_input, *app.text_input, *app.button_group]
    (widget,) = [widget for widget in widgets if widget.key == key]
    assert (widget.label, widget.help) == (setting.label, setting.help)
    wanted = setting.choices[0] if setting.kind is int and setting.choices else another(setting)
    widget.set_value(wanted).run()
    assert not app.exception
    assert app.session_state["chosen"] == RunSettings(**{setting.name: wanted})


def side_bar(runs, scores):
    import streamlit as st

    from lrd_core.views.offered import offered_of
    from pages._shared import global_selection, state

    state.begin()
    chosen = global_selection.choose(offered_of(runs, scores))
    st.session_state["met"] = chosen.meeting_runs(runs)


@each(coverage.FILTERS)
def test_it_has_a_filter_where_it_varies_that_narrows_to_those_runs(setting: Setting) -> None:
    runs = table(BASE, changed(setting))
    assert list(coverage.ambiguous_settings(runs)) == [setting.name]
    scores = pd.DataFrame(columns=["model", "revision", "family", "task", "task_type"])
    app = AppTest.from_function(
        side_bar, default_timeout=60, kwargs={"runs": runs, "scores": scores}
    ).run()
    assert len(app.session_state["met"]) == 2
    (box,) = [box for box in app.selectbox if box.key.startswith("set_")]
    assert (box.key, box.label) == (f"set_{setting.name}", setting.label)
    box.set_value(setting.in_words(another(setting))).run()
    assert not app.exception
    assert list(app.session_state["met"]["run_key"]) == [setting.name]


@each(SETTINGS)
def test_the_provenance_of_runs_that_differ_in_it_differs(setting: Setting) -> None:
    said = {
        provenance_line(table(BASE)),
        provenance_line(table(changed(setting))),
        provenance_line(table(BASE, changed(setting))),
    }
    assert len(said) == 3


@each(ASKED)
def test_the_copied_command_restores_it(setting: Setting) -> None:
    asked = RunSettings(**{setting.name: another(setting)})
    assert run_settings(parsed(run_command(settings=asked))) == asked
    found = run_settings(parsed(commands_for_runs(table(changed(setting)))))
    assert found == RunSettings(**{one.name: getattr(changed(setting), one.name) for one in ASKED})
    assert len(commands_for_runs(table(BASE, changed(setting))).splitlines()) == 2


@each([one for one in ASKED if one.name != "n"])
def test_the_copied_command_of_scores_restores_it(setting: Setting) -> None:
    def drawn(run: RunRecord, **facts: Any) -> pd.DataFrame:
        how = canonical_json(run.described())
        rows = [replace(row, settings=how, **facts) for row in layer_scores(run, best=3)]
        scores = table(*rows)
        return lines.score_lines(scores, list(scores["model"]), [run.task])

    scored = drawn(changed(setting))
    found = run_settings(parsed(line_words.commands(scored, table())))
    asked = {one.name: getattr(changed(setting), one.name) for one in ASKED if one.name != "n"}
    assert found == RunSettings(**asked)
    both = pd.concat([scored, drawn(BASE, model="gpt2-xl")])
    assert len(line_words.commands(both, table()).splitlines()) == 2


@each([one for one in SETTINGS if one.option == "many"])
def test_the_copied_command_names_models_and_tasks(setting: Setting) -> None:
    found = parsed(commands_for_runs(table(BASE, changed(setting))))
    assert getattr(found, setting.name) == [getattr(BASE, setting.name), another(setting)]


def test_the_copied_command_restores_a_models_revision_and_folder() -> None:
    def asked(**facts: str) -> str:
        (word,) = parsed(commands_for_runs(table(replace(BASE, **facts)))).model
        return word

    assert asked() == "gpt2"
    assert find_model(asked(revision="0123abc")).revision == "0123abc"
    assert find_model(asked(revision="0123abc+code")).revision == "0123abc"
    own = asked(model="org/own", model_id="org/own", revision="0123abc")
    assert (find_model(own).id, find_model(own).revision) == ("org/own", "0123abc")
    assert asked(model="mine", model_id="/models/mine", revision="files:01") == "/models/mine"
    pack = find_model("SmolLM2-135M-Instruct")
    assert asked(model=pack.name, model_id=pack.id, revision="sha256:01") == pack.name
    mini = find_model("all-MiniLM-L6-v2")
    assert asked(model=mini.name, model_id=mini.id, revision="files:01") == mini.name
    hub = find_model(asked(model=mini.name, model_id=mini.id, revision=str(mini.revision)))
    assert (hub.revision, hub.pack) == (mini.revision, None)


@each(ASKED)
def test_a_job_is_given_it(setting: Setting) -> None:
    request = RunRequest("m", "t", ("nrs",), RunSettings(**{setting.name: another(setting)}))
    assert RunRequest.from_json(request.to_json()) == request
    assert request.settings.described() != RunSettings().described()


def loaded(pooling: str = "mean", pipeline: Pipeline = PLAIN) -> LoadedModel:
    return LoadedModel(
        *(GPT2, None, None, torch.device("cpu"), torch.float32, "r", pooling, 128, 12, 8),
        pipeline=pipeline,
    )


@each([one for one in ASKED if one.name not in ("n", "seed", "max_length", "dtype")])
def test_scores_are_told_apart_by_it(setting: Setting) -> None:
    """Without a sample there is no n and no seed; length and number format are the model's."""
    model = loaded(pipeline=Pipeline(truncate_dim=4))
    asked = RunSettings(**{setting.name: another(setting)})
    assert score_settings(model, asked) != score_settings(model, RunSettings())


def test_scores_of_before_are_found_again() -> None:
    """What a bundled score is kept under is what the same request is looked up under."""
    kept = pd.read_parquet(PROJECT_DIR / "data" / "demo" / "scores.parquet")["settings"]
    models = (
        *(loaded(pipeline=Pipeline(tail=(Normalize(),))), loaded(), loaded("lasttoken")),
        replace(loaded(), max_length=257, reading="over 16 x 16 patches without the class token"),
        replace(
            loaded(),
            max_length=1500,
            reading="over the frames of the recording among 1500 positions",
        ),
    )
    found = {canonical_json(score_settings(model, RunSettings())) for model in models}
    assert found == set(kept)


def test_settings_are_found_by_name() -> None:
    assert [find_setting(one.name) for one in SETTINGS] == list(SETTINGS)
    names = [one.name for one in SETTINGS]
    assert {"model", "task", "device", *(one.name for one in ASKED)} <= set(names)
