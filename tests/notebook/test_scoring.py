"""Scores of layers from a notebook are those that the command stores."""

import numpy as np
import pytest

import lrd_core
from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.evaluation.execute import execute_scores
from lrd_core.models.loading import Loading
from lrd_core.notebook import in_memory
from lrd_core.settings import RunSettings
from tests.tiny import tiny_model, tiny_tokenizer


def test_scores_are_those_of_the_command(config: Config) -> None:
    settings = RunSettings(max_length=16, pooling="cls")
    execute_scores("all-MiniLM-L6-v2", "lee-sts", settings, config=config, loading=Loading("cpu"))
    store = lrd_core.open_store(config.data_dir)
    stored = store.scores().sort_values("layer")
    found = lrd_core.score_layers("all-MiniLM-L6-v2", "lee-sts", max_length=16, pooling="cls")
    # The first token says nothing before the first block, so layer 0 has no score.
    np.testing.assert_array_equal(found.table()["score"], stored["score"].astype("float64"))
    assert found.best_layer == int(stored.loc[stored["score"].idxmax(), "layer"])
    found.save(store)
    assert len(store.scores()) == len(stored), "they are the same rows"


def test_a_model_in_memory_can_be_scored(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = tiny_model("bert"), tiny_tokenizer()
    found = lrd_core.score_layers(pair, "lee-sts", layers=[0, 4], name="mine")
    found.save(config.data_dir)
    stored = lrd_core.open_store(config.data_dir).scores()
    assert (set(stored["model"]), sorted(stored["layer"])) == ({"mine"}, [0, 4])
    monkeypatch.setattr(in_memory, "MOST_HASHED", 10)
    unnamed = lrd_core.score_layers(pair, "lee-sts", layers=[0])
    with pytest.raises(InputError, match="give it a name of its own"):
        unnamed.save(config.data_dir)
