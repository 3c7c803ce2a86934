"""Strips as numbers: a row a model, families apart, orders, marks, and what the sentence says."""

import numpy as np
import pandas as pd
import pytest

from lrd_core.config import Config
from lrd_core.store import connect
from lrd_core.store.scores import save_scores
from lrd_core.views import coverage, stored
from lrd_core.views.strip_order import ordered, same_places, size_in_words
from lrd_core.views.strips import StripsRequest, StripsView, clipped, strips
from lrd_core.views.task_means import task_means
from lrd_core.views.view import Selection
from tests.example_store import add_run, layer_scores, run_record, valley

DEPTHS = {"deep-a": 0.5, "deep-b": 0.3, "flat-a": 0.0, "flat-b": 0.01}


@pytest.fixture
def filled(config: Config) -> Config:
    """Two decoders with a valley of known depth, two encoders without; one lacks a task."""
    with connect(config) as connection:
        for name, depth in DEPTHS.items():
            family = "decoder embedder" if name.startswith("deep") else "encoder embedder"
            blocks = 10 if name.endswith("a") else 20
            for task in ("news", "verses")[: 1 if name == "flat-b" else 2]:
                run = run_record(name, task, blocks, family)
                add_run(connection, run, valley(blocks, depth))
                save_scores(connection, layer_scores(run, best=7))
    return config


def asked(config: Config, *tasks: str, **options: object) -> StripsView:
    order = coverage.model_order(stored.runs(config))
    selection = Selection(order, tasks or ("news",), {}, order)
    return strips(config, StripsRequest(selection, **options))  # type: ignore[arg-type]


def test_families_stand_together_and_the_deepest_valley_first(filled: Config) -> None:
    view = asked(filled, series=("prompt_entropy",))
    assert list(view.rows["name"]) == ["flat-b", "flat-a", "deep-a", "deep-b"]
    assert view.measure == "Valley"
    told = dict(zip(view.rows["name"], view.rows["told"], strict=True))
    # 0.5 below the level, less what the valley still takes from the embedding.
    assert told["deep-a"] == "0.50"
    assert told["flat-a"] == "0.00"


def test_the_sentence_counts_what_is_drawn(filled: Config) -> None:
    view = asked(filled, series=("prompt_entropy",))
    assert view.sentence == (
        "Prompt entropy has a clear valley in 2 of 2 decoder embedders (median 0.40) and "
        "0 of 2 encoder embedders."
    )
    speed = asked(filled, series=("speed",))
    assert speed.sentence.startswith("Grassmann speed has a clear peak in 2 of 2 decoder")


def test_rows_stand_by_score_size_and_name(filled: Config) -> None:
    assert list(asked(filled, order="name").rows["name"]) == [
        *("flat-a", "flat-b", "deep-a", "deep-b")
    ]
    assert set(asked(filled, order="size").rows["told"]) == {"22M"}
    scored = asked(filled, order="score")
    assert scored.measure == "Score"
    # The best layer is 7: the last of 10 blocks lies nearer to it than the last of 20.
    assert list(scored.rows["name"]) == ["flat-a", "flat-b", "deep-a", "deep-b"]
    assert scored.rows["told"].tolist() == ["84.0", "64.0", "84.0", "64.0"]


def test_marks_are_the_valley_and_the_best_layer(filled: Config) -> None:
    view = asked(filled, series=("prompt_entropy",))
    assert view.marks is not None
    marks = view.marks.set_index(["name", "kind"])["position"]
    assert marks["deep-a", "valley"] == 4
    assert marks["deep-b", "best"] == 7
    assert ("flat-a", "valley") not in marks.index
    assert asked(filled, marks=False).marks is None


def test_a_task_that_one_model_lacks_is_left_out_of_the_mean(filled: Config) -> None:
    view = asked(filled, "news", "verses", series=("prompt_entropy",))
    assert set(view.table["task"]) == {"news"}
    assert len(view.rows) == 4


def test_without_a_common_task_the_most_shared_one_is_drawn_and_said() -> None:
    def line(model: str, task: str, value: float) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "model": model,
                "task": task,
                "variation": "",
                "variant": "",
                "series": "speed",
                "position": [0.5, 1.5],
                "value": value,
                "low": np.nan,
                "high": np.nan,
            }
        )

    rows = [("a", "x", 1.0), ("b", "x", 2.0), ("c", "y", 3.0)]
    found, said = task_means(pd.concat([line(*row) for row in rows]))
    assert set(found["model"]) == {"a", "b"}
    assert set(found["task"]) == {"x"}
    assert "1 model without it left out" in said[0]


def test_nothing_stored_gives_an_empty_view(filled: Config) -> None:
    assert asked(filled, series=("rankme",)).empty
    assert asked(filled, "unknown").empty


def test_values_beyond_the_colours_are_said() -> None:
    drawn = pd.DataFrame({"series": "speed", "value": [0.0, 1.0, 9.0]})
    assert clipped(drawn, {"speed": (0.0, 1.0)}).startswith("1 value beyond")
    assert clipped(drawn, {"speed": (0.0, 9.0)}) == ""


def test_likeness_puts_equal_rows_beside_each_other() -> None:
    shapes = {"a": 0.0, "b": 5.0, "c": 0.1, "d": 5.1}
    table = pd.concat(
        pd.DataFrame(
            {"name": name, "family": "f", "series": "speed", "position": [0, 1, 2]}
            | {"num_blocks": 2, "value": [level, 0, level]}
        )
        for name, level in shapes.items()
    )
    names = ordered(table, "similarity", None)  # type: ignore[arg-type]
    assert abs(names.index("a") - names.index("c")) == 1
    assert abs(names.index("b") - names.index("d")) == 1


def test_numbers_of_a_column_have_the_same_decimals() -> None:
    assert same_places({"a": 0.456, "b": 0.0024}) == {"a": "0.46", "b": "0.00"}
    assert same_places({"a": 123.4}) == {"a": "123"}
    assert same_places({}) == {}
    assert (size_in_words(22e6), size_in_words(7.11e9)) == ("22M", "7.1B")
