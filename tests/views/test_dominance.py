"""A valley that one token makes is told as such: on a decoder made to have a sink."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lrd_core.config import Config
from lrd_core.models.loading import Loading
from lrd_core.numbers import in_sentence
from lrd_core.plots.figures import figure_of
from lrd_core.plots.theme import Look
from lrd_core.runs import RunRequest
from lrd_core.runs.execute import execute_run
from lrd_core.settings import RunSettings
from lrd_core.views import dominance, stored
from lrd_core.views.depth import DepthRequest, DepthView, depth
from lrd_core.views.dominance import WITHOUT
from lrd_core.views.findings import remaining, sentence
from lrd_core.views.lines import over_tasks
from lrd_core.views.sensitivity import sensitivity
from lrd_core.views.strips import StripsRequest, strips
from lrd_core.views.view import Selection
from tests.plots.conftest import make_line
from tests.sink_model import sink_folder

TOKEN_METRICS = ("prompt_entropy", "token_curvature", "dominance")
POOLED = ("anisotropy", "effective_rank")


@pytest.fixture(scope="module")
def sunk(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A store with one decoder, its pooled metrics with and without the first token.

    The final norm makes all tokens alike again, so its last layer is not dominated.
    """
    base = tmp_path_factory.mktemp("sunk")
    config = Config(data_dir=base / "data")
    model = str(sink_folder(base / "sinking"))
    for tokens in ("all", "without_dominating"):
        settings = RunSettings(n=12, max_length=24, pooling="mean", tokens=tokens)
        metrics = (*TOKEN_METRICS, *POOLED) if tokens == "all" else POOLED
        execute_run(
            RunRequest(model, "lee-news", metrics, settings), config=config, loading=Loading("cpu")
        )
    return config


def view(config: Config, *series: str, **asked: object) -> DepthView:
    runs = stored.runs(config)
    selection = Selection(tuple(runs["model"].unique()), ("lee-news",), {"tokens": "all"})
    return depth(config, DepthRequest(selection, series, **asked))  # type: ignore[arg-type]


def test_the_layers_the_token_and_how_far_it_stands_out(sunk: Config) -> None:
    runs = stored.runs(sunk)
    found = dominance.spans(dominance.heavy_layers(sunk, runs), runs)
    (row,) = found.to_dict("records")
    assert (row["first"], row["last"], row["token"]) == (2, 3, "the first token")
    assert row["ratio"] > 100
    (said,) = dominance.notes(found)
    assert said.startswith("Shaded: sinking's layers 2 to 3 of 4, where in most texts the first")
    assert dominance.models(sunk, runs) == ["sinking"]


def test_the_sentence_says_who_makes_the_valley_and_both_numbers(sunk: Config) -> None:
    shown = view(sunk, "prompt_entropy")
    table = shown.table[shown.table["variant"] == ""].set_index("position")
    low = table["value"].idxmin()
    with_it, without = table.loc[low, "value"], table.loc[low, "without"]
    assert with_it < 0.3 < 0.6 < without
    assert shown.sentence == (
        "The first token makes sinking's layers 2 to 3 of 4 look compressed: prompt entropy "
        f"{in_sentence(with_it)} with it, {in_sentence(without)} without."
    )


def test_both_lines_are_drawn_only_where_they_differ(sunk: Config) -> None:
    series = ("prompt_entropy", "norm_ratio", "anisotropy")
    both = view(sunk, *series)
    lighter = both.table[both.table["variant"] == WITHOUT]
    assert set(lighter["series"]) == {"prompt_entropy", "anisotropy"}
    assert set(lighter.loc[lighter["series"] == "anisotropy", "tokens"]) == {"without_dominating"}
    assert WITHOUT not in set(view(sunk, *series, without=False).table["variant"])
    assert len(both.runs) == 2
    assert both.command.count("--tokens without_dominating") == 1
    assert WITHOUT not in both.command


def test_dominated_layers_are_shaded_and_the_hover_says_by_which_token(sunk: Config) -> None:
    shown = view(sunk, "prompt_entropy", "norm_ratio", axis="layer")
    figure = figure_of(shown, Look("light", tuple(shown.table["model"].unique())))
    assert [(shape.x0, shape.x1) for shape in figure.layout.shapes] == [(1.5, 3.5)] * 2
    (hover,) = [trace for trace in figure.data if trace.name == "dominated layers"]
    assert "layers 2 to 3 of 4: the first token dominates, up to" in hover.hovertemplate
    assert figure.layout.yaxis2.type == "log"


def test_a_card_says_how_sensitive_a_metric_is(sunk: Config) -> None:
    said = sensitivity(sunk, "prompt_entropy")
    assert said.startswith("Sensitive to dominating tokens: without them it differs by")
    assert said.endswith("at 2 dominated layers of 1 model.")
    assert sensitivity(sunk, "prompt_entropy_without") == ""
    assert sensitivity(sunk, "speed") == ""  # not stored


def test_a_valley_that_stays_without_them_keeps_its_verb() -> None:
    line = make_line("SmolLM2", (0.9, 0.3, 0.9)).assign(
        heavy=["", "the first token", ""], without=[0.9, 0.5, 0.9]
    )
    assert sentence(line, "prompt_entropy") == (
        "SmolLM2's prompt entropy falls to 0.30 at layer 1 of 2 (0.50 without dominating tokens)."
    )
    gone = line.assign(without=[0.9, 0.88, 0.9])
    assert sentence(gone, "prompt_entropy") == (
        "The first token makes SmolLM2's layer 1 of 2 look compressed: prompt entropy 0.30 with "
        "it, 0.88 without."
    )
    assert remaining(gone, "prompt_entropy") == [
        "Of SmolLM2's valley in prompt entropy, 3% is left without dominating tokens."
    ]


def test_a_mean_over_tasks_knows_the_others_only_where_every_task_does() -> None:
    first = make_line("A", (0.9, 0.3, 0.9), task="a").assign(heavy="", without=[0.9, 0.7, 0.9])
    second = make_line("A", (0.7, 0.5, 0.9), task="b").assign(heavy="", without=[0.7, np.nan, 0.9])
    table, _ = over_tasks(pd.concat([first, second], ignore_index=True))
    assert table["without"].tolist()[0] == pytest.approx(0.8)
    assert np.isnan(table["without"].tolist()[1])


def test_a_mean_over_tasks_without_them_is_over_the_same_tasks() -> None:
    first = make_line("A", (0.9, 0.3, 0.9), task="a").assign(heavy="", without=[0.9, 0.7, 0.9])
    second = make_line("A", (0.7, 0.5, 0.9), task="b").assign(heavy="", without=[0.7, 0.5, np.nan])
    other = [make_line("B", task=task).assign(heavy="", without=np.nan) for task in ("a", "b")]
    means, used = over_tasks(pd.concat([first, second, *other], ignore_index=True))
    assert used == {"prompt_entropy": ["a", "b"]}
    again = dominance.changed_means(means)
    assert set(again["model"]) == {"A"}
    assert again["value"].tolist()[:2] == pytest.approx([0.8, 0.6])
    assert np.isnan(again["value"].tolist()[2])
    assert again["reason"].tolist()[2] == "not known without dominating tokens on every task"
    assert set(again["task"]) == {"mean of 2 tasks"}


def test_pooling_leaves_the_token_out(sunk: Config, tmp_path: Path) -> None:
    from lrd_core.extraction.hidden_states import extract
    from lrd_core.models.load import load_model

    loaded = load_model(str(sink_folder(tmp_path / "model")), device="cpu")
    texts = ["rain", "the river and the rain"]
    every = extract(loaded, texts, pooling="mean").embeddings[3]
    others = extract(loaded, texts, pooling="mean", tokens="without_dominating").embeddings[3]
    assert (np.abs(every).max(axis=1) > 20 * np.abs(others).max(axis=1)).all()
    far = extract(loaded, texts, pooling="mean", tokens="without_dominating:1e9").embeddings[3]
    np.testing.assert_array_equal(far, every)


def test_strips_count_the_valleys_that_a_token_makes(sunk: Config) -> None:
    selection = Selection(("sinking",), ("lee-news",), {"tokens": "all"})
    shown = strips(sunk, StripsRequest(selection, ("prompt_entropy",)))
    assert shown.sentence.endswith(
        "It goes away without the few tokens of huge norm that dominate those layers."
    )
    assert "without" not in shown.saved
