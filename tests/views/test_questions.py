"""Every question by name: asked in words, answered with a view that can be drawn."""

from pathlib import Path

import plotly.graph_objects as go
import pytest

from lrd_core.actions.bundled import load_demo
from lrd_core.cli import main
from lrd_core.config import Config
from lrd_core.errors import InputError, LrdError, UnknownNameError
from lrd_core.plots.figures import FIGURES, figure_of
from lrd_core.plots.theme import Look
from lrd_core.views.questions import QUESTIONS, ask, option_names
from lrd_core.views.view import View
from tests.example_store import HOSTILE, fill
from tests.pruned_store import fill_trials
from tests.selection_store import UNLABELLED, fill_selection
from tests.shared_store import shared


@pytest.fixture
def filled(config: Config) -> Config:
    fill(config)
    return config


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """The results that come with the project: something of everything."""
    config = Config(data_dir=tmp_path_factory.mktemp("bundled"))
    assert load_demo(config)
    return shared(config)


ABOUT = {"language": ["SmolLM2-135M-Instruct"]}
"""Models that a question needs; it is about language models, say."""


@pytest.fixture(scope="module")
def answers(bundled: Config) -> dict[str, View]:
    """The answer to every question, asked without options."""
    return {entry.name: ask(bundled, entry.name, ABOUT.get(entry.name, ())) for entry in QUESTIONS}


@pytest.mark.parametrize("name", [question.name for question in QUESTIONS])
def test_each_is_answered_and_drawn_without_options(answers: dict[str, View], name: str) -> None:
    view = answers[name]
    assert not view.empty
    figure = figure_of(view, Look())
    assert isinstance(figure, go.Figure)
    assert len(figure.data)
    assert view.alt or view.sentence


def test_every_kind_of_view_has_a_question_and_a_figure(answers: dict[str, View]) -> None:
    assert {type(view) for view in answers.values()} == set(FIGURES) == kinds_of_view()


def kinds_of_view() -> set[type[View]]:
    """Every class of view of the project; tests may make others."""
    found = [*View.__subclasses__()]
    for kind in found:
        found += kind.__subclasses__()
    return {kind for kind in found if kind.__module__.startswith("lrd_core.")}


def test_options_are_read_by_the_type_of_their_field(filled: Config) -> None:
    view = ask(
        filled,
        "depth",
        [HOSTILE],
        options={"series": "speed,prompt_entropy", "axis": "layer", "marks": "false"},
    )
    assert [panel.series for panel in view.panels] == ["speed", "prompt_entropy"]
    assert view.axis == "layer"
    assert view.marks is None
    assert set(view.table["model"]) == {HOSTILE}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"axis": "lyer"}, "axis 'lyer' is none of percent, layer"),
        ({"marks": "yes"}, "marks 'yes' is none of true, false"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(
    filled: Config, options: dict[str, str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        ask(filled, "depth", options=options)


def test_a_choice_among_numbers_is_one_of_them(bundled: Config) -> None:
    view = ask(bundled, "paths", options={"dimensions": "3", "percent": "35"})
    assert (view.dimensions, view.percent) == (3, 35)
    for options, message in (
        ({"dimensions": "4"}, "dimensions '4' is none of 2, 3"),
        ({"percent": "133"}, "percent must be a whole number from 0 to 100, got 133"),
    ):
        with pytest.raises(InputError, match=message):
            ask(bundled, "paths", options=options)


def test_unknown_names_are_refused_with_what_is_known(filled: Config) -> None:
    with pytest.raises(UnknownNameError, match="depht"):
        ask(filled, "depht")
    with pytest.raises(UnknownNameError, match="axes"):
        ask(filled, "depth", options={"axes": "layer"})
    with pytest.raises(UnknownNameError, match="nobody"):
        ask(filled, "depth", ["nobody"])


def test_the_list_names_every_view_and_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--view", "list"]) == 0
    told = capsys.readouterr().out
    for question in QUESTIONS:
        assert question.name in told
        assert all(f"{name}=" in told for name in option_names(question))


def test_show_draws_to_a_file_and_says_where_the_numbers_come_from(
    filled: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "speed.html"
    assert main(["show", "--figure", str(path), "--metric", "speed", "--dark"]) == 0
    told = capsys.readouterr().out
    assert "speed.html written" in told
    assert "n=" in told
    assert "Grassmann speed" in path.read_text(encoding="utf-8")


def test_show_refuses_in_one_line(
    filled: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, why in (
        (["--metric", "sped"], "speed"),
        (["--with", "axis"], "no NAME=VALUE"),
        (["--task", "nowhere"], "nowhere"),
    ):
        assert main(["show", "--figure", str(tmp_path / "f.html"), *words]) == 2
        assert why in capsys.readouterr().err
    assert not (tmp_path / "f.html").exists()


def test_plans_are_asked_with_the_settings_of_a_trial(config: Config) -> None:
    fill_trials(config)
    settings = {"rules": "last", "budgets": "0.1"}
    view = ask(config, "results", ["small"], options=settings)
    assert set(view.table["rule"]) == {"last", "by hand"}
    by_hand = {"rules": "", "removed": "0,3", "plan": "By hand (2 of 4)"}
    view = ask(config, "plan", ["small"], options=by_hand)
    assert view.table.loc[view.table["state"] == "removed", "block"].tolist() == [0, 3]
    with pytest.raises(UnknownNameError, match="By hand"):
        ask(config, "plan", ["small"], options=by_hand | {"plan": "By hand (3 of 4)"})


def test_selection_is_asked_about_a_model_or_a_task(config: Config) -> None:
    fill_selection(config)
    assert ask(config, "layer-score", ["model-b"]).sentence.startswith("model-b is best at")
    assert ask(config, "layer-score").sentence.startswith("model-a is best at")
    step = ask(config, "layer-score", ["model-a@step1"])
    assert step.sentence.startswith("model-a@step1 is best at")
    ranked = ask(
        config,
        "ranking",
        tasks=[UNLABELLED],
        options={"candidates": "model-a,model-b", "metrics": "d_0L"},
    )
    assert ranked.table["model"].tolist() == ["model-b", "model-a"]
    assert ask(config, "cell", tasks=["pairs"]).score == "Score on pairs"
    for name, models, why in (
        ("families", ["model-a"], "about the whole store"),
        ("layer-score", ["model-a", "model-b"], "about one model; 2 were named"),
        ("cell", ["model-a"], "about every model"),
    ):
        with pytest.raises(InputError, match=why):
            ask(config, name, models)


@pytest.mark.parametrize("name", ["evidence", "cell", "families"])
def test_a_store_without_evidence_gives_an_empty_view(config: Config, name: str) -> None:
    assert ask(config, name).empty


@pytest.mark.parametrize("name", [question.name for question in QUESTIONS])
@pytest.mark.parametrize("store", ["empty", "trials", "scores"])
def test_a_store_without_the_like_says_so(config: Config, name: str, store: str) -> None:
    """An answer, an empty one, or one sentence: never a fault of another kind."""
    {"empty": lambda _: None, "trials": fill_trials, "scores": fill_selection}[store](config)
    try:
        view = ask(config, name)
    except LrdError as refused:
        assert "\n" not in str(refused)
    else:
        assert view.empty or figure_of(view, Look()).data
