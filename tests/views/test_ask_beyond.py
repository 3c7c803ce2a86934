"""More than one layer and smaller vectors in words: computed from what the tables hold."""

from dataclasses import replace

import pytest

from lrd_core.asking.answers import Answer
from lrd_core.asking.several import GREEDY, SINGLE
from lrd_core.config import Config
from lrd_core.plots.ask_smaller import smaller_figure
from lrd_core.plots.theme import Look
from lrd_core.views.ask import AskRequest, ask_command, question_of
from lrd_core.views.ask_beyond import several_table, several_words, smaller_view, smaller_view_of

QUESTION = question_of(["m"], "news", AskRequest().settings, AskRequest().run)


def small(layer: int, how: str, size: int, score: float) -> dict[str, object]:
    return {
        "model": "m",
        "layer": layer,
        "how": how,
        "values": 8,
        "bytes": size,
        "n": 50,
        "score": score,
        "low": score - 0.05,
        "high": score + 0.05,
    }


def way(name: str, layers: list[int], gain: float) -> dict[str, object]:
    return {
        "model": "m",
        "way": name,
        "layers": layers,
        "score": 0.8 + gain,
        "n": 50,
        "low": 0.7,
        "high": 0.9,
        "gain": gain,
        "gain_low": gain - 0.02,
        "gain_high": gain + 0.1,
    }


@pytest.fixture
def answer() -> Answer:
    return Answer(
        *("news", "r", "classification", "probe accuracy", 100, 0, {}, [], [], [], {"m": "r"}),
        several=[way(SINGLE, [2], 0.0), way(GREEDY, [1, 2], 0.05)],
        smaller=[
            small(1, "float32", 32, 0.80),
            small(1, "int8", 8, 0.79),
            small(2, "float32", 32, 0.82),
            small(2, "binary", 1, 0.70),
        ],
    )


def test_the_smallest_vectors_that_reach_the_best_ones_are_named(answer: Answer) -> None:
    view = smaller_view_of(QUESTION, answer)
    assert view.sentence == (
        "On news, int8 vectors of layer 1 of m take 8 bytes and reach 79.0%; the best whole ones, "
        "of layer 2, take 32 and reach 82.0% (77.0% to 87.0%)."
    )
    assert view.command == ask_command(QUESTION)
    assert "50 rows with as many known" in view.notes[0]
    figure = smaller_figure(view, Look())
    assert [trace.name for trace in figure.data] == [
        "float32, 32 bytes",
        "int8, 8 bytes",
        "binary, 1 byte",
    ]


def test_several_layers_are_worth_it_only_where_the_draws_say_so(answer: Answer) -> None:
    assert several_words(answer).startswith(f"Of m, the {GREEDY} is better")
    unsure = replace(answer, several=[way(SINGLE, [2], 0.0), way(GREEDY, [1, 2], 0.01)])
    assert several_words(unsure).startswith("No mean, set or concatenation")
    table = several_table(answer)
    assert table["Layers"].tolist() == ["2", "1, 2"]
    assert table["Points above one layer"].tolist() == ["", "+5.0 (+3.0 to +15.0)"]


def test_the_bundled_answer_has_them(config: Config) -> None:
    view = smaller_view(config, AskRequest())
    assert not view.empty
    assert {"float32", "int8", "binary"} <= set(view.table["how"])
    assert smaller_view(config, AskRequest(models=("nobody",))).empty
